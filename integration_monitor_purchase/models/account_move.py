from odoo import models

from ..tools.purchase_counts import BILL_TYPES
from .purchase_order import MODEL


class AccountMove(models.Model):
    """Vendor bills and refunds of purchases; their payments are found by them."""

    _inherit = "account.move"

    def _integration_by_root(self):
        bills = self.filtered(
            lambda move: move.move_type in BILL_TYPES and move.line_ids.purchase_line_id
        )
        return [*super()._integration_by_root(), (MODEL, bills)]
