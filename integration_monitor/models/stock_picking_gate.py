"""The guard in front of the validation of transfers."""

from odoo import models


class StockPicking(models.Model):
    """Whatever validates a transfer comes by here."""

    _name = "stock.picking"
    _inherit = ["stock.picking", "integration.gate.mixin"]

    def _integration_is_open(self):
        return self.state not in ("done", "cancel")

    def _action_done(self):
        """Keep back what a gate keeps back, before anything is moved, mailed or booked."""
        self.env["integration.gate"]._check(self)
        return super()._action_done()


class StockMove(models.Model):
    """Moves of a transfer that are done without it, for example by a manufacturing order."""

    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        """As the transfer."""
        self._integration_check_gates()
        return super()._action_done(cancel_backorder=cancel_backorder)

    def write(self, vals):
        """Over RPC the state can be written, too."""
        if vals.get("state") == "done":
            self._integration_check_gates()
        return super().write(vals)

    def _integration_check_gates(self):
        """Refuse moves of held transfers; what is scrapped goes to nobody."""
        Gate = self.env["integration.gate"]
        if not Gate._rules("stock.picking"):
            return
        moves = self.filtered(lambda move: move.location_dest_id.usage != "inventory")
        pickings = moves.picking_id.filtered(lambda picking: picking.state != "done")
        Gate._check(pickings, record=False)
