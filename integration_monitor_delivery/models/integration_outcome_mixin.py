"""Outcomes by carrier."""

from odoo import api, fields, models
from odoo.tools import SQL


class IntegrationOutcomeMixin(models.AbstractModel):
    """Adds the carrier of the delivery, else of the order."""

    _inherit = "integration.outcome.mixin"

    carrier_id = fields.Many2one(
        "delivery.carrier",
        readonly=True,
        ondelete="set null",
        help="Of the delivery, where the figure is about one; else of the order.",
    )

    @api.model
    def _dimensions(self):
        carrier = SQL("COALESCE(picking.carrier_id, sale.carrier_id)")
        return {**super()._dimensions(), "carrier_id": carrier}
