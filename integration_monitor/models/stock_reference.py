from odoo import fields, models


class StockReference(models.Model):
    _inherit = "stock.reference"

    integration_correlation_id = fields.Char(
        string="Correlation ID", copy=False, readonly=True, index="btree_not_null"
    )
