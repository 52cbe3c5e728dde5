"""Movements: stock levels that change, for flows that tell others; and gates in front of them."""

from odoo import models

from .integration_event_type import STOCK

LEVEL_STATES = frozenset({"assigned", "partially_available", "confirmed", "done", "cancel"})


class StockMove(models.Model):
    """A move that is reserved, done or cancelled changes what is free to sell.

    Moves of a transfer may be done without it, for example by a manufacturing order.
    """

    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        """Keep back what a gate keeps back, as the transfer does."""
        self._integration_check_gates()
        return super()._action_done(cancel_backorder=cancel_backorder)

    def write(self, vals):
        if vals.get("state") == "done":
            # Over RPC the state can be written, too.
            self._integration_check_gates()
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

    def _integration_check_gates(self):
        """Refuse moves of held transfers; what is scrapped goes to nobody."""
        Gate = self.env["integration.gate"]
        if not Gate._rules("stock.picking"):
            return
        moves = self.filtered(lambda move: move.location_dest_id.usage != "inventory")
        pickings = moves.picking_id.filtered(lambda picking: picking.state != "done")
        Gate._check(pickings, record=False)
