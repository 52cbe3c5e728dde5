"""Stock levels that change without a movement: reservations that Odoo's scheduler corrects."""

from odoo import api, models

CORRECTING = "integration_correcting_reservations"


class StockQuant(models.Model):
    """Corrected reservations change what is free to sell, as movements do."""

    _inherit = "stock.quant"

    @api.model
    def _clean_reservations(self):
        """Correct reservations, and note the levels that change by it."""
        corrected = self.with_context(**{CORRECTING: True})
        return super(StockQuant, corrected)._clean_reservations()

    def write(self, vals):
        result = super().write(vals)
        if "reserved_quantity" in vals and self.env.context.get(CORRECTING):
            levels = self.env["integration.milestone"]._notes().levels
            for quant in self:
                if warehouse := quant.location_id.warehouse_id:
                    levels[warehouse.company_id.id, warehouse.id].add(quant.product_id.id)
        return result
