"""What is left of a partner's quota, as its last answers told."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.observation import utcnow

# Older figures say nothing any more.
QUOTA_DAYS = 31


class IntegrationEndpoint(models.Model):
    """The newest quota of the endpoint, read from the log when its form is opened."""

    _inherit = "integration.endpoint"

    quota_text = fields.Char(
        string="Quota", compute="_compute_quota", help="What the partner's last answers told."
    )
    quota_at = fields.Datetime(string="Quota Told", compute="_compute_quota")

    @api.depends("name")
    def _compute_quota(self):
        """Read the newest line with a quota of each endpoint; an index serves exactly that."""
        # To the microsecond, as lines are written: whole seconds would add up to one.
        now = utcnow()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT e.id, l.occurred_at, l.quota_limit, l.quota_remaining, l.quota_reset
                  FROM unnest(%s::integer[]) AS e(id)
                 CROSS JOIN LATERAL (
                       SELECT occurred_at, quota_limit, quota_remaining, quota_reset
                         FROM integration_log_data
                        WHERE endpoint_id = e.id AND quota_remaining IS NOT NULL
                          AND occurred_at > %s
                        ORDER BY occurred_at DESC
                        LIMIT 1) l
                """,
                self.ids,
                now - timedelta(days=QUOTA_DAYS),
            )
        )
        newest = {endpoint_id: told for endpoint_id, *told in rows}
        for endpoint in self:
            told = newest.get(endpoint._origin.id)
            endpoint.quota_at = told[0] if told else False
            endpoint.quota_text = self._quota_words(now, *told) if told else False

    @api.model
    def _quota_words(self, now, told_at, limit, remaining, reset):
        """Describe a quota for a person, for example “8 of 40 left, renewed in 12 s”.

        :param reset: seconds after ``told_at``, or None
        """
        if limit is None:
            left = self.env._("%(left)s left", left=remaining)
        else:
            left = self.env._("%(left)s of %(limit)s left", left=remaining, limit=limit)
        if reset is None:
            return left
        seconds = (told_at + timedelta(seconds=reset) - now).total_seconds()
        if seconds <= 0:
            return self.env._("%(quota)s, renewed since then", quota=left)
        return self.env._(
            "%(quota)s, renewed in %(time)s", quota=left, time=self._short_duration(seconds)
        )

    @api.model
    def _short_duration(self, seconds):
        """:return: seconds in the unit that fits: s, min, h or days"""
        for size, words in (
            (2 * 86400, self.env._("%(n)s days", n=round(seconds / 86400))),
            (2 * 3600, self.env._("%(n)s h", n=round(seconds / 3600))),
            (120, self.env._("%(n)s min", n=round(seconds / 60))),
        ):
            if seconds >= size:
                return words
        return self.env._("%(n)s s", n=max(round(seconds), 1))
