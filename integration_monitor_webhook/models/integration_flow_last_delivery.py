"""What arrived last at a webhook address, and why something was refused."""

from datetime import timedelta, timezone

from babel.dates import format_timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import babel_locale_parse

UNREADABLE = "secrets unreadable"


class IntegrationFlow(models.Model):
    """Tells whether the partner delivers, in the words of whoever looks."""

    _inherit = "integration.flow"

    webhook_last_delivery_at = fields.Datetime(
        string="Last Delivery At", compute="_compute_webhook_last"
    )
    webhook_last_delivery_text = fields.Char(
        string="Last Delivery", compute="_compute_webhook_last"
    )
    webhook_last_refusal_at = fields.Datetime(
        string="Last Refused Delivery At", compute="_compute_webhook_last"
    )
    webhook_last_refusal_text = fields.Char(
        string="Last Refused Delivery", compute="_compute_webhook_last"
    )
    webhook_last_refusal = fields.Char(string="Why It Was Refused", compute="_compute_webhook_last")

    def _compute_webhook_last(self):
        """The last accepted and the last refused delivery, each from the end of an index."""
        found = {row[0]: row[1:] for row in self._last_deliveries()}
        for flow in self:
            received_at, refused_at, reason = found.get(flow.id, (False, False, False))
            flow.webhook_last_delivery_at = received_at
            flow.webhook_last_refusal_at = refused_at
            flow.webhook_last_delivery_text = self._ago(received_at) or self.env._("none yet")
            flow.webhook_last_refusal_text = self._ago(refused_at)
            flow.webhook_last_refusal = refused_at and self._describe_refusal(reason)

    def _last_deliveries(self):
        """Rows (flow id, received at, refused at, reason of the refusal)."""
        if not self.ids:
            return []
        # Apart from the ORM: only times and reasons, of flows that the user reads already.
        return self.env.execute_query(
            SQL(
                """
                SELECT flow.id, last.received_at, refused.occurred_at, refused.error_message
                  FROM unnest(%(ids)s) AS flow(id)
                  LEFT JOIN LATERAL (
                       SELECT received_at FROM integration_message
                        WHERE flow_id = flow.id AND direction = 'inbound'
                        ORDER BY id DESC LIMIT 1
                  ) AS last ON true
                  LEFT JOIN LATERAL (
                       SELECT occurred_at, error_message FROM integration_log
                        WHERE flow_id = flow.id AND kind = 'webhook_in' AND outcome = 'refused'
                          AND retention_class = 'refused'
                          AND occurred_at > now() AT TIME ZONE 'UTC' - interval '7 days'
                        ORDER BY occurred_at DESC LIMIT 1
                  ) AS refused ON true
                """,
                ids=self.ids,
            )
        )

    @api.model
    def _ago(self, moment):
        """A time as words of the user's language, for example “3 minutes ago”; or False."""
        if not moment:
            return False
        now = fields.Datetime.now().replace(tzinfo=timezone.utc)
        delta = moment.replace(tzinfo=timezone.utc) - now
        if delta > -timedelta(seconds=2):
            return self.env._("just now")
        locale = babel_locale_parse(self.env.lang)
        return format_timedelta(delta, add_direction=True, locale=locale)

    @api.model
    def _describe_refusal(self, reason):
        """Say in words what an administrator or the partner must do about a refusal."""
        words = {
            "no_match": self.env._("The signature does not fit: the partner uses another secret."),
            "no_secret": self.env._("This flow has no active secret: make a new one."),
            "missing_header": self.env._("The signature headers are missing."),
            "bad_id": self.env._("The header webhook-id is not valid."),
            "bad_timestamp": self.env._("The header webhook-timestamp is no Unix time in seconds."),
            "too_old": self.env._(
                "The time stamp is too old: the partner's clock is wrong, or it repeats an old "
                "request without signing it anew."
            ),
            "too_new": self.env._(
                "The time stamp lies in the future: the partner's clock is wrong."
            ),
        }
        if (reason or "").startswith(UNREADABLE):
            return self.env._(
                "This server cannot read the secret: its encryption key is missing or was changed."
            )
        return words.get(reason, reason)
