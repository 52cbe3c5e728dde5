from odoo import fields, models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _integration_register_payment(self, journal):
        """Register one payment for each open invoice of the recordset, dated today (UTC)."""
        for invoice in self.filtered(
            lambda move: move.payment_state not in ("paid", "in_payment", "reversed")
        ):
            self.env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            ).create(
                {"journal_id": journal.id, "payment_date": fields.Date.context_today(invoice)}
            )._create_payments()
