"""Movements: stock levels that change, for flows that tell others; and gates in front of them."""

from odoo import fields, models
from odoo.fields import NO_ACCESS

from .integration_document_mixin import PREFETCH
from .integration_event_type import STOCK

WATCHED = frozenset({"state", "picking_id"})
LEVEL_STATES = frozenset({"assigned", "partially_available", "confirmed", "done", "cancel"})


class StockMove(models.Model):
    """A move that is reserved, done or cancelled changes what is free to sell.

    Moves of a transfer may be done without it, for example by a manufacturing order.
    """

    _inherit = "stock.move"

    integration_replaces = fields.Json(
        copy=False,
        prefetch=PREFETCH,
        groups=NO_ACCESS,
        help="How much of it, in its unit, was asked for in exchange for what comes back, by the "
        "id of the move that brings that. Noted with the exchange, as Odoo keeps no link.",
    )

    def _action_done(self, cancel_backorder=False):
        """Keep back what a gate keeps back, as the transfer does."""
        self._integration_check_gates()
        return super()._action_done(cancel_backorder=cancel_backorder)

    def write(self, vals):
        if WATCHED.isdisjoint(vals):
            return super().write(vals)
        if vals.get("state") == "done":
            # Over RPC the state can be written, too.
            self._integration_check_gates()
        if vals.get("picking_id"):
            self._integration_note_moved(vals["picking_id"])
        result = super().write(vals)
        if vals.get("state") in LEVEL_STATES and self:
            by_event = self.env["integration.flow"]._flow_ids_by_event()
            subscribed = self.env["integration.subscription"]._subscribed()
            if STOCK in subscribed or any(event == STOCK for event, _company in by_event):
                self._integration_note_levels()
        return result

    def _merge_moves_fields(self):
        """What is merged into another move brings with it what it replaces."""
        noted = self.sudo()  # nobody reads or writes the note
        if any(move.integration_replaces for move in noted[1:]):
            total = {}
            for move in noted:
                for key, quantity in (move.integration_replaces or {}).items():
                    total[key] = total.get(key, 0.0) + quantity
            noted[0].integration_replaces = total
        return super()._merge_moves_fields()

    def _integration_note_moved(self, picking_id):
        """Note the orders of moves that leave their transfer for another one.

        That one may belong to another order until now, and nothing else of it needs to change.
        """
        moved = self.filtered(lambda move: move.picking_id and move.picking_id.id != picking_id)
        if moved.sale_line_id:
            moved.sale_line_id.order_id._integration_note(())

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
