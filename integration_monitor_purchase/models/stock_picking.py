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
