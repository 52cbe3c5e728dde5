"""How a transaction stands, in one word: the same on documents, lists and the control tower."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.return_root import RETURN

# Most urgent first.
STATUSES = [
    ("missed", "Late"),
    ("stuck", "Needs a person"),
    ("warning", "At risk"),
    ("on_track", "On track"),
    ("failed", "Failed"),
    ("completed", "Completed"),
    ("cancelled", "Cancelled"),
]
UNDER_WAY = ("missed", "stuck", "warning", "on_track")
# Nothing moves until somebody acts, whatever the clock says.
STUCK_CAUSES = (
    "message_failed",
    "mapping",
    "quarantined",
    "transformation",
    "acknowledgement_overdue",
    "condition",
    "environment",
    "manual",
    "exception",
)


class IntegrationTransactionStatus(models.Model):
    _inherit = "integration.transaction"

    # Not stored: the timeliness changes by the clock, in SQL.
    status = fields.Selection(STATUSES, compute="_compute_status", search="_search_status")

    @api.depends("state", "timeliness", "cause", "retry_at")
    def _compute_status(self):
        for transaction in self:
            status = transaction.state
            if status == "in_progress":
                status = transaction.timeliness
                if status != "missed" and transaction.cause in STUCK_CAUSES:
                    # What is tried again by itself needs nobody yet.
                    status = "warning" if transaction.retry_at else "stuck"
            transaction.status = status

    @api.model
    def _search_status(self, operator, value):
        """Find transactions by their status; the indexes of state and timeliness serve it."""
        if operator != "in":
            return NotImplemented
        late = Domain("timeliness", "=", "missed")
        standing = Domain("cause", "in", STUCK_CAUSES) & ~late
        timely = [status for status in value if status in ("on_track", "warning")]
        under_way = Domain("timeliness", "in", timely) & ~standing
        if "missed" in value:
            under_way |= late
        if "stuck" in value:
            under_way |= standing & Domain("retry_at", "=", False)
        if "warning" in value:
            under_way |= standing & Domain("retry_at", "!=", False)
        ended = [status for status in value if status and status not in UNDER_WAY]
        under_way &= Domain("state", "=", "in_progress")
        return Domain("state", "in", ended) | under_way

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let lists and charts group by the status, as if it were stored."""
        if field_expr != "status":
            return super()._field_to_sql(alias, field_expr, query)
        state = self._field_to_sql(alias, "state", query)
        timeliness = self._field_to_sql(alias, "timeliness", query)
        return SQL(
            """CASE WHEN %(state)s <> 'in_progress' THEN %(state)s
                    WHEN %(timeliness)s <> 'missed' AND %(cause)s IN %(stuck)s
                    THEN CASE WHEN %(retry_at)s IS NULL THEN 'stuck' ELSE 'warning' END
                    ELSE %(timeliness)s END""",
            state=state,
            timeliness=timeliness,
            cause=self._field_to_sql(alias, "cause", query),
            retry_at=self._field_to_sql(alias, "retry_at", query),
            stuck=STUCK_CAUSES,
        )

    @api.model
    def _urgency_sql(self, alias):
        """Return the SQL of how urgent a transaction is: the smallest is shown.

        Of two that stand alike a return goes before its order: the document is more of it.
        """
        return SQL(
            "array_position(%s::varchar[], (%s)::varchar), %s <> %s, %s",
            [status for status, _label in STATUSES],
            self._field_to_sql(alias, "status"),
            SQL.identifier(alias, "res_model"),
            RETURN.model,
            SQL.identifier(alias, "id"),
        )

    def _most_urgent(self):
        """Return the transaction that a document shows when it belongs to several."""
        rank = {status: position for position, (status, _label) in enumerate(STATUSES)}
        return min(
            self,
            key=lambda owner: (
                owner.state != "in_progress",
                rank[owner.status],
                owner.res_model != RETURN.model,
                owner.id,
            ),
            default=self,
        )[:1]
