"""How often an issue happened, hour by hour."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

KEPT_DAYS = 90
_BATCH = 20000


class IntegrationIssueOccurrence(models.Model):
    """Occurrences of one issue in one hour; written by the roll-up of the log."""

    _name = "integration.issue.occurrence"
    _description = "Integration issue by hour"
    _log_access = False
    _order = "hour desc, id desc"
    _rec_name = "hour"

    issue_id = fields.Many2one(
        "integration.issue", required=True, readonly=True, index=True, ondelete="cascade"
    )
    hour = fields.Datetime(required=True, readonly=True, help="Start, UTC.")
    count = fields.Integer(string="Times Seen", readonly=True, aggregator="sum")

    _hour_uniq = models.UniqueIndex("(issue_id, hour)")

    @api.autovacuum
    def _gc_occurrences(self):
        """Drop hours after 90 days, a bounded batch a day.

        :return: tuple (number removed, whether more may be left)
        """
        limit = self.env["integration.log"]._retention_now() - timedelta(days=KEPT_DAYS)
        self.env.cr.execute(
            SQL(
                "DELETE FROM integration_issue_occurrence WHERE id IN ("
                "SELECT id FROM integration_issue_occurrence WHERE hour < %s LIMIT %s)",
                limit,
                _BATCH,
            )
        )
        self.env.invalidate_all(flush=False)
        return self.env.cr.rowcount, self.env.cr.rowcount == _BATCH
