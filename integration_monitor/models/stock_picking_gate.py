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
        """As the transfer; what is scrapped goes to nobody."""
        if self.env["integration.gate"]._rules("stock.picking"):
            moves = self.filtered(lambda move: move.location_dest_id.usage != "inventory")
            pickings = moves.picking_id.filtered(lambda picking: picking.state != "done")
            self.env["integration.gate"]._check(pickings)
        return super()._action_done(cancel_backorder=cancel_backorder)
