"""The documents of a business transaction."""

from odoo import api, fields, models

from ..tools.related import RELATED_ROLES
from .integration_loose_reference_mixin import OwnedMany2one


class IntegrationTransactionDocument(models.Model):
    """Link of one document to one transaction; n:m, for an invoice may hold two orders."""

    _name = "integration.transaction.document"
    _description = "Document of a Business Transaction"
    _order = "transaction_id, id"
    _log_access = False
    _rec_name = "document_name"

    @api.model
    def _of_own(self):
        """:return: the domain of links that are none to root documents of other transactions"""
        return [("role", "not in", RELATED_ROLES)]

    transaction_id = OwnedMany2one(
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
            ("quality", "Quality control"),
            ("put_away", "Put away"),
            ("invoice", "Invoice"),
            ("refund", "Credit note"),
            ("payment", "Payment"),
            ("dropship", "Dropship delivery"),
            ("again", "Sent again"),
            ("sent_back", "Sent back to the vendor"),
            # Root documents of other transactions, see RELATED.
            ("sale", "Sales order"),
            ("purchase", "Purchase"),
            ("dropship_purchase", "Dropship purchase"),
        ],
        readonly=True,
    )

    _link_uniq = models.Constraint(
        "UNIQUE(transaction_id, res_model, res_id)",
        "The document belongs to this transaction already.",
    )
    _document_index = models.Index("(res_model, res_id)")

    state_label = fields.Char(compute="_compute_shown", string="State")
    shown_name = fields.Char(
        compute="_compute_shown",
        string="Document",
        help="What the document is called; of a draft without a number, what Odoo calls it.",
    )
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

    @api.depends("res_model", "res_id", "document_name")
    @api.depends_context("lang")
    def _compute_shown(self):
        """Tell name and state as the document's own form does; they are read when shown."""
        self.state_label = False
        for link in self:
            link.shown_name = link.document_name
        for model, links in self.grouped("res_model").items():
            if model not in self.env:
                continue
            # Who follows a transaction sees how its documents stand, also of those of others.
            documents = self.env[model].sudo().browse(links.mapped("res_id")).exists()
            known = {document.id: document for document in documents}
            for link in links:
                if document := known.get(link.res_id):
                    link.state_label = self._label_of(document)
                    if link.document_name in (False, "", "/"):
                        link.shown_name = document.display_name

    @api.model
    def _label_of(self, document):
        # A posted invoice is told by how far it is paid.
        paid = "payment_state" in document._fields and document.state == "posted"
        field = document._fields["payment_state" if paid else "state"]
        labels = dict(field._description_selection(self.env))
        return labels.get(document[field.name], document[field.name])

    def action_open_document(self):
        """Open the document; Odoo's own access rules decide whether the user may."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [[False, "form"]],
        }
