"""The reference that Odoo carries from an order to all its moves, return and purchases."""

from odoo import fields, models


class StockReference(models.Model):
    """Carries the correlation id where context and custom fields do not reach."""

    _inherit = "stock.reference"

    integration_correlation_id = fields.Char(
        string="Correlation ID", copy=False, readonly=True, index="btree_not_null"
    )
