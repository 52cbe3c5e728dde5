"""What a gate keeps back at this moment, for who looks at the gate."""

from odoo import fields, models
from odoo.fields import Domain

from ..tools.gates import MODELS

# So many open documents are looked at, the newest first.
LOOK_AT = 1000
OPEN_DOCUMENTS = {
    "stock.picking": Domain("state", "=", "assigned"),
    "account.move": Domain("state", "=", "draft") & Domain("move_type", "=", "out_invoice"),
}


class IntegrationGate(models.Model):
    _inherit = "integration.gate"

    held_count = fields.Integer(
        string="Held Now",
        compute="_compute_held_count",
        help="Transfers that are ready, and drafts of invoices, among the newest thousand.",
    )

    def _held_documents(self):
        """:return: the open documents that this gate keeps back, of those the user may read"""
        self.ensure_one()
        model = MODELS[self.document_step]
        domain = OPEN_DOCUMENTS[model]
        if self.company_id:
            domain &= Domain("company_id", "=", self.company_id.id)
        documents = self.env[model].search(domain, order="id desc", limit=LOOK_AT)
        held = {item.document_id for item in self._held(documents) if item.rule.id == self.id}
        return documents.filtered(lambda document: document.id in held)

    def _compute_held_count(self):
        """Count what is kept back; of documents that the user may not read, none."""
        for gate in self:
            model = self.env[MODELS[gate.document_step]]
            gate.held_count = len(gate._held_documents()) if model.has_access("read") else 0

    def action_open_held(self):
        """Open the documents that are kept back."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Held by “%s”", self.name),
            "res_model": MODELS[self.document_step],
            "view_mode": "list,form",
            "domain": [("id", "in", self._held_documents().ids)],
        }
