"""The guard in front of the posting of customer invoices."""

from odoo import fields, models
from odoo.fields import Domain

# Set by the scheduled action alone: what it holds back there waits for its next run.
SKIP = "integration_skip_gated"


class AccountMove(models.Model):
    """Whatever posts an invoice comes by here."""

    _name = "account.move"
    _inherit = ["account.move", "integration.gate.mixin"]

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

    def write(self, vals):
        """Over RPC the state can be written, too."""
        Gate = self.env["integration.gate"]
        if vals.get("state") == "posted" and Gate._rules("account.move"):
            Gate._check(self.filtered(lambda move: move.state == "draft"), record=False)
        return super().write(vals)

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
