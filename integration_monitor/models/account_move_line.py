"""Journal items: the instalments of an invoice, whose dates are deadlines."""

from odoo import models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    def write(self, vals):
        if (
            "date_maturity" in vals
            and "invoice_due" in self.env["integration.process.step"]._deadline_sources()
        ):
            # With payment terms it is the date that counts; the invoice's own one stays.
            self.filtered(
                lambda item: item.display_type == "payment_term" and item.parent_state == "posted"
            ).move_id._integration_note(())
        return super().write(vals)
