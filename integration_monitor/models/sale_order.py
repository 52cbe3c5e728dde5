from odoo import fields, models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "integration.document.mixin"]

    integration_correlation_id = fields.Char(
        string="Correlation ID", copy=False, readonly=True, index="btree_not_null"
    )
