"""The documents of a business transaction."""

from odoo import api, fields, models


class IntegrationTransactionDocument(models.Model):
    """Link of one document to one transaction; n:m, for an invoice may hold two orders."""

    _name = "integration.transaction.document"
    _description = "Document of a Business Transaction"
    _order = "transaction_id, id"
    _log_access = False
    _rec_name = "document_name"

    transaction_id = fields.Many2one(
        "integration.transaction", required=True, readonly=True, ondelete="cascade"
    )
    res_model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", required=True, readonly=True)
    document_name = fields.Char(readonly=True)
    role = fields.Selection(
        [
            ("order", "Order"),
            ("pick", "Picking"),
            ("pack", "Packing"),
            ("out", "Delivery"),
            ("internal", "Internal transfer"),
            ("return", "Return"),
            ("in", "Receipt"),
            ("invoice", "Invoice"),
            ("refund", "Credit note"),
            ("payment", "Payment"),
        ],
        readonly=True,
    )
    state = fields.Char(readonly=True, help="State of the document when it last changed.")

    _link_uniq = models.Constraint(
        "UNIQUE(transaction_id, res_model, res_id)",
        "The document belongs to this transaction already.",
    )
    _document_index = models.Index("(res_model, res_id)")

    state_label = fields.Char(compute="_compute_state_label", string="State in Words")
    may_open = fields.Boolean(
        compute="_compute_may_open",
        help="Whether the document still exists and the current user may read it.",
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_may_open(self):
        readable = self._readable({(link.res_model, link.res_id) for link in self})
        for link in self:
            link.may_open = (link.res_model, link.res_id) in readable

    @api.model
    def _readable(self, documents):
        """Return which documents exist and may be read by the user, a few queries a model.

        :param documents: set of (model, id)
        """
        ids = {}
        for model, res_id in documents:
            ids.setdefault(model, []).append(res_id)
        readable = set()
        for model, res_ids in ids.items():
            if model in self.env and self.env[model].has_access("read"):
                found = self.env[model].browse(res_ids).exists()._filtered_access("read")
                readable.update((model, res_id) for res_id in found.ids)
        return readable

    def _compute_state_label(self):
        for link in self:
            link.state_label = link._label_of(link.state)

    def _label_of(self, state):
        """Return the word that the document's own form shows for a state."""
        if not state or self.res_model not in self.env:
            return state
        # A posted invoice is recorded by how far it is paid.
        for name in ("state", "payment_state"):
            field = self.env[self.res_model]._fields.get(name)
            labels = dict(field._description_selection(self.env)) if field else {}
            if state in labels:
                return labels[state]
        return state

    def action_open_document(self):
        """Open the document; Odoo's own access rules decide whether the user may."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [[False, "form"]],
        }
