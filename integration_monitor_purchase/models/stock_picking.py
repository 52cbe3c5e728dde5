from odoo import models

from .purchase_order import MODEL


class StockPicking(models.Model):
    """Receipts and returns name their purchase; what follows them was linked by the recorder.

    What goes back within the house is known by what it takes back.
    """

    _inherit = "stock.picking"

    def _integration_by_root(self):
        bought = self.filtered(
            lambda picking: picking.move_ids.purchase_line_id
            or (picking.return_id and picking.picking_type_id.code == "internal")
        )
        return [*super()._integration_by_root(), (MODEL, bought)]

    def _action_done(self):
        result = super()._action_done()
        self._integration_settle_short()
        return result

    def action_cancel(self):
        result = super().action_cancel()
        self._integration_settle_short()
        return result

    def _integration_settle_short(self):
        """Look anew at what is missing of their purchases; others cost no statement."""
        # Whoever receives goods need not read what was ordered.
        self.sudo().move_ids.purchase_line_id._integration_settle_short()
