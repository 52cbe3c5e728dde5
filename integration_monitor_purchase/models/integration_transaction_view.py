from odoo import api, fields, models

from ..tools.purchase_root import PURCHASE


class IntegrationTransaction(models.Model):
    """What a purchase costs is told to those who may read the purchase, and by no other way."""

    _inherit = "integration.transaction"

    purchase_amount = fields.Monetary(
        compute="_compute_purchase_amount",
        currency_field="currency_id",
        help="Total of the purchase order, for those who may read it.",
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_purchase_amount(self):
        self.purchase_amount = 0.0
        purchases = self.filtered(lambda transaction: transaction.res_model == PURCHASE.model)
        Order = self.env[PURCHASE.model]
        if not purchases or not Order.has_access("read"):
            return
        orders = Order.search_fetch([("id", "in", purchases.mapped("res_id"))], ["amount_total"])
        amounts = {order.id: order.amount_total for order in orders}
        for transaction in purchases:
            transaction.purchase_amount = amounts.get(transaction.res_id, 0.0)
