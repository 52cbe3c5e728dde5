"""What every document that takes part in a business transaction has."""

from odoo import fields, models


class IntegrationDocumentMixin(models.AbstractModel):
    """Adds the banner, the status and the way to the transaction to a document."""

    _name = "integration.document.mixin"
    _description = "Document of a Business Transaction (mixin)"

    integration_transaction_ids = fields.Many2many(
        "integration.transaction",
        string="Business Transactions",
        compute="_compute_integration_transactions",
    )
    integration_transaction_count = fields.Integer(compute="_compute_integration_transactions")
    integration_banner = fields.Html(
        compute="_compute_integration_transactions", sanitize=False
    )
    integration_status = fields.Selection(
        [
            ("on_track", "On track"),
            ("warning", "At risk"),
            ("missed", "Late"),
            ("failed", "Failed"),
            ("completed", "Completed"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_integration_transactions",
    )

    def _compute_integration_transactions(self):
        links = self.env["integration.transaction.document"].search_fetch(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)],
            ["transaction_id", "res_id"],
        )
        ids_by_document = {}
        for link in links:
            ids_by_document.setdefault(link.res_id, []).append(link.transaction_id.id)
        for document in self:
            transactions = self.env["integration.transaction"].browse(
                ids_by_document.get(document._origin.id, [])
            )
            document.integration_transaction_ids = transactions
            document.integration_transaction_count = len(transactions)
            document.integration_banner = False
            document.integration_status = False
