"""Who let a document pass a gate, and why; nobody changes that afterwards."""

from odoo import fields, models


class IntegrationGateOverride(models.Model):
    """One gate that one document may pass. A back order is a document of its own."""

    _name = "integration.gate.override"
    _description = "Override of an integration gate"
    _inherit = "integration.audit.mixin"
    _rec_name = "document_name"

    gate_id = fields.Many2one(
        "integration.gate", required=True, readonly=True, index=True, ondelete="restrict"
    )
    reason = fields.Text(readonly=True, required=True)
    res_model = fields.Char(string="Document Model", readonly=True, required=True)
    res_id = fields.Many2oneReference(
        string="Document ID", model_field="res_model", readonly=True, required=True
    )
    document_name = fields.Char(string="Document", readonly=True, help="As it was then.")
    step_name = fields.Char(
        string="Not Reached", readonly=True, help="The milestone that was missing."
    )

    _document_idx = models.Index("(res_model, res_id)")

    def action_open_document(self):
        """Open the document that was let pass."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
