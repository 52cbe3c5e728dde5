"""Exchanges: what replaces what comes back is noted, as Odoo merges it with what waits to leave."""

from collections import defaultdict

from odoo import models


class StockReturnPicking(models.TransientModel):
    """Moves to the customer that an exchange makes, or makes larger, are those that replace."""

    _inherit = "stock.return.picking"

    def action_create_exchanges(self):
        lines = self.product_return_moves.move_id.sale_line_id
        if not lines:
            return super().action_create_exchanges()
        demand = {move.id: move.product_uom_qty for move in self._integration_leaving(lines)}
        action = super().action_create_exchanges()
        backs = self.env["stock.picking"].browse(action["res_id"]).move_ids
        self._integration_note_exchange(backs, self._integration_leaving(lines), demand)
        return action

    def _integration_leaving(self, lines):
        """:return: the open moves that bring goods of order lines, those next to the customer first

        What goes to him again is none of them.
        """
        # Odoo makes the moves of an exchange as superuser, too.
        moves = self.env["stock.move"].sudo().search(
            [
                ("sale_line_id", "in", lines.ids),
                ("state", "not in", ("draft", "done", "cancel")),
                ("origin_returned_move_id", "=", False),
            ],
            order="id",
        )  # fmt: skip
        moves = moves.filtered(
            lambda move: (move.location_final_id or move.location_dest_id).usage == "customer"
        )
        return moves.sorted(lambda move: move.location_dest_id.usage != "customer")

    def _integration_note_exchange(self, backs, leaving, demand):
        """Note which moves bring what was asked in exchange.

        :param backs: the moves of the return
        :param leaving: the open moves to the customer
        :param dict demand: what was asked of them before the exchange, by their ids
        """
        asked = defaultdict(list)
        for back in backs:
            asked[back.sale_line_id, back.product_id].append([back, back.product_uom_qty])
        for move in leaving:
            grown = move.product_uom_qty - demand.get(move.id, 0.0)
            replaces = dict(move.integration_replaces or {})
            for part in asked[move.sale_line_id, move.product_id]:
                back, quantity = part
                unit = back.product_uom
                taken = min(quantity, move.product_uom._compute_quantity(grown, unit, round=False))
                if unit.compare(taken, 0.0) <= 0:
                    continue
                part[1] -= taken
                share = unit._compute_quantity(taken, move.product_uom, round=False)
                grown -= share
                replaces[str(back.id)] = replaces.get(str(back.id), 0.0) + share
            if replaces != (move.integration_replaces or {}):
                move.integration_replaces = replaces
