"""Stock levels that change, for flows that tell others about them."""

from odoo import models

from .integration_event_type import STOCK

LEVEL_STATES = frozenset({"assigned", "partially_available", "confirmed", "done", "cancel"})


class StockMove(models.Model):
    """A move that is reserved, done or cancelled changes what is free to sell."""

    _inherit = "stock.move"

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") in LEVEL_STATES and self:
            by_event = self.env["integration.flow"]._flow_ids_by_event()
            subscribed = self.env["integration.subscription"]._subscribed()
            if STOCK in subscribed or any(event == STOCK for event, _company in by_event):
                self._integration_note_levels()
        return result

    def _integration_note_levels(self):
        """Note products by company and warehouse on both sides of the moves."""
        levels = self.env["integration.milestone"]._notes().levels
        for move in self:
            for location in (move.location_id, move.location_dest_id):
                if warehouse := location.warehouse_id:
                    levels[warehouse.company_id.id, warehouse.id].add(move.product_id.id)
