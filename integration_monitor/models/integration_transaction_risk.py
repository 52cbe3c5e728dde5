"""What an order is worth while it is in trouble, and its colour on boards and calendars."""

from odoo import api, fields, models
from odoo.tools import SQL

from .integration_transaction import AMOUNT_GROUPS

AT_RISK = ("missed", "stuck", "warning")
# Indexes of Odoo's palette: red, orange, yellow, green; grey is none.
COLORS = {"missed": 1, "stuck": 2, "warning": 3, "on_track": 10, "failed": 1}


class IntegrationTransactionRisk(models.Model):
    _inherit = "integration.transaction"

    # Not stored, as the status that it follows from.
    value_at_risk = fields.Monetary(
        compute="_compute_value_at_risk",
        currency_field="company_currency_id",
        groups=AMOUNT_GROUPS,
        help="The order's amount in the company's currency while it is late, at risk or needs a "
        "person; else nothing.",
    )
    color = fields.Integer(compute="_compute_color")

    @api.depends("status", "amount_company")
    def _compute_value_at_risk(self):
        for transaction in self:
            at_risk = transaction.status in AT_RISK
            transaction.value_at_risk = transaction.amount_company if at_risk else 0

    @api.depends("status")
    def _compute_color(self):
        for transaction in self:
            transaction.color = COLORS.get(transaction.status, 0)

    def _field_to_sql(self, alias, field_expr, query=None):
        """Let lists and charts add up the value at risk, as if it were stored."""
        if field_expr != "value_at_risk":
            return super()._field_to_sql(alias, field_expr, query)
        return SQL(
            "CASE WHEN %s IN %s THEN COALESCE(%s, 0) ELSE 0 END",
            self._field_to_sql(alias, "status", query),
            AT_RISK,
            self._field_to_sql(alias, "amount_company", query),  # who may not read it is refused
        )
