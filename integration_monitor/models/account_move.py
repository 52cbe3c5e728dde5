"""Customer invoices and credit notes as documents of a business transaction."""

from odoo import api, models

from ..tools.root import SALE

SALES_TYPES = frozenset({"out_invoice", "out_refund"})


class AccountMove(models.Model):
    """An invoice reaches milestones when it is posted and when it is paid."""

    _name = "account.move"
    _inherit = ["account.move", "integration.document.mixin"]

    _integration_computed = frozenset({"payment_state"})
    _integration_written = frozenset({"state"})

    def write(self, vals):
        if (
            "invoice_date_due" in vals
            and "invoice_due" in self.env["integration.process.step"]._deadline_sources()
        ):
            # What is not posted yet has no due date that counts.
            self.filtered(lambda move: move.state == "posted")._integration_note(())
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        moves = super().create(vals_list)
        moves._integration_note_new({"state": False, "payment_state": False})
        return moves

    def _integration_by_root(self):
        """Only customer invoices and credit notes belong to sales orders."""
        return [(SALE.model, self.filtered(lambda move: move.move_type in SALES_TYPES))]
