"""What happens to the messages of a flow while its partner is out."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL
from odoo.tools.misc import format_datetime

FALLBACKS = [
    ("hold", "They wait, and are sent when the partner is back"),
    ("endpoint", "They go to another endpoint"),
    ("manual", "A person does it by hand"),
]
# What decides where messages go.
WAYS = frozenset({"endpoint_id", "fallback", "fallback_endpoint_id", "fallback_shared_keys"})


class IntegrationFlow(models.Model):
    """The declared fallback: waiting, another endpoint, or a person."""

    _inherit = "integration.flow"

    fallback = fields.Selection(
        FALLBACKS,
        string="While the Partner Is Out",
        default="hold",
        required=True,
        tracking=True,
        help="While the breaker of the endpoint is open, during its maintenance, or while it is "
        "paused.",
    )
    fallback_endpoint_id = fields.Many2one(
        "integration.endpoint",
        string="Other Endpoint",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        domain="[('id', '!=', endpoint_id)]",
        help="Takes the same messages, with the same keys, while the first one is out.",
    )
    fallback_shared_keys = fields.Boolean(
        string="Both Know Each Other's Keys",
        tracking=True,
        help="Both endpoints belong to one system that remembers the Idempotency-Key of each "
        "request, whichever took it. Without that a message whose attempt may have taken effect "
        "at one of them is repeated there only.",
    )
    fallback_throttle_minutes = fields.Integer(
        string="Shortest Pause (minutes)",
        default=15,
        help="A partner who asks to be left alone for a shorter time is waited for.",
    )
    diversion = fields.Char(compute="_compute_diversion")

    _fallback_throttle_minutes_range = models.Constraint(
        "CHECK (fallback_throttle_minutes >= 0)",
        "The shortest pause is zero minutes or more.",
    )

    @api.constrains("fallback", "fallback_endpoint_id", "endpoint_id", "direction")
    def _check_fallback(self):
        """A fallback needs what it uses."""
        for flow in self:
            if flow.fallback != "hold" and flow.direction != "outbound":
                raise ValidationError(
                    self.env._(
                        "Flow “%(flow)s” receives messages and calls nobody: let them wait.",
                        flow=flow.name,
                    )
                )
            if flow.fallback != "endpoint":
                continue
            if not flow.fallback_endpoint_id:
                raise ValidationError(
                    self.env._(
                        "Choose the other endpoint that the messages of “%(flow)s” go to while "
                        "its own one is out.",
                        flow=flow.name,
                    )
                )
            if flow.fallback_endpoint_id == flow.endpoint_id:
                raise ValidationError(
                    self.env._(
                        "The other endpoint of “%(flow)s” is its own one: choose another.",
                        flow=flow.name,
                    )
                )

    def write(self, vals):
        """What waits follows a changed endpoint or fallback at once."""
        result = super().write(vals)
        if not WAYS.isdisjoint(vals):
            self._sync_ways()
            self.sudo()._sync_holds()  # messages are the engine's
            self.sudo()._wake()
        return result

    def _diverts(self, now):
        """Tell whether due messages go to the other endpoint now.

        The same rule as :meth:`_diverted_condition`, which the lanes read with each claim.

        :param datetime now: UTC
        """
        own = self.endpoint_id
        if self.fallback != "endpoint" or own._environment_refusal():
            return False
        reason = own._hold_reason(now)
        if own.state == "paused" or not own.active or reason in ("breaker", "maintenance"):
            return True
        if reason != "rate_limit" or not own.throttled_since:
            return False
        asked = (own.throttled_until - own.throttled_since).total_seconds()
        return asked > self.fallback_throttle_minutes * 60

    @api.model
    def _diverted_condition(self, now):
        """:return: the condition on flow ``f`` whose messages go to its other endpoint now"""
        return SQL(
            """EXISTS (
                   SELECT 1 FROM integration_endpoint own
                    WHERE own.id = f.endpoint_id AND f.fallback = 'endpoint' AND (
                          own.state = 'paused' OR own.active IS NOT TRUE
                          OR own.breaker_state <> 'closed'
                          OR (own.maintenance_from <= %(now)s AND own.maintenance_until > %(now)s)
                          OR (own.throttled_until > %(now)s AND own.throttled_until
                              > own.throttled_since
                                + f.fallback_throttle_minutes * interval '1 minute')))""",
            now=now,
        )

    def _diverted_since(self, now):
        """:return: since when the flow's own endpoint is out (UTC), or False"""
        own = self.endpoint_id
        if own.state == "paused":
            return own.paused_at
        since = {
            "breaker": own.breaker_since,
            "maintenance": own.maintenance_from,
            "rate_limit": own.throttled_since,
        }
        return since.get(own._hold_reason(now), False)

    @api.depends(
        "fallback",
        "fallback_endpoint_id.name",
        "endpoint_id.state",
        "endpoint_id.breaker_state",
        "endpoint_id.throttled_until",
        "endpoint_id.maintenance_from",
    )
    def _compute_diversion(self):
        """Say which way messages take now, when it is not the usual one."""
        now = fields.Datetime.now()
        for flow in self:
            flow.diversion = False
            if not flow._diverts(now):
                continue
            since = flow._diverted_since(now)
            flow.diversion = self.env._(
                "Now by way of %(other)s, since %(since)s: %(own)s is out.",
                other=flow.fallback_endpoint_id.display_name,
                own=flow.endpoint_id.display_name,
                since=format_datetime(self.env, since, dt_format="short") if since else "?",
            )
