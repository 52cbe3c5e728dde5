"""Customer invoices and credit notes as documents of a business transaction, held by gates."""

from odoo import api, fields, models
from odoo.fields import Domain

from ..tools.root import SALE

# Set by the scheduled action alone: what it holds back there waits for its next run.
SKIP = "integration_skip_gated"
SALES_TYPES = frozenset({"out_invoice", "out_refund"})


class AccountMove(models.Model):
    """An invoice reaches milestones when it is posted and when it is paid."""

    _name = "account.move"
    _inherit = ["account.move", "integration.document.mixin", "integration.gate.mixin"]

    _integration_computed = frozenset({"payment_state"})
    _integration_written = frozenset({"state"})

    def write(self, vals):
        Gate = self.env["integration.gate"]
        if vals.get("state") == "posted" and Gate._rules("account.move"):
            # Over RPC the state can be written, too.
            Gate._check(self.filtered(lambda move: move.state == "draft"), record=False)
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

    def _integration_is_open(self):
        return self.state == "draft"

    def _post(self, soft=True):
        """Keep back what a gate keeps back; what is only scheduled for later may be."""
        Gate = self.env["integration.gate"]
        if not Gate._rules("account.move"):
            return super()._post(soft=soft)
        today = fields.Date.context_today(self)
        posted = self.filtered(lambda move: not soft or not move.date or move.date <= today)
        if self.env.context.get(SKIP):
            held = self.browse({item.document_id for item in Gate._held(posted)})
            return super(AccountMove, self - held)._post(soft=soft)
        Gate._check(posted)
        return super()._post(soft=soft)

    def _autopost_draft_entries(self, batch_size=100):
        """Leave held invoices as they are, and do not let them use up the batch of the others."""
        Gate = self.env["integration.gate"]
        if not Gate._rules("account.move"):
            return super()._autopost_draft_entries(batch_size=batch_size)
        due = self.search(
            Domain("state", "=", "draft")
            & Domain("date", "<=", fields.Date.context_today(self))
            & Domain("auto_post", "!=", "no")
            & Domain("move_type", "=", "out_invoice")
        )
        held = {item.document_id for item in Gate._held(due)}
        return super(AccountMove, self.with_context(**{SKIP: True}))._autopost_draft_entries(
            batch_size=batch_size + len(held)
        )
