"""Why a document passes a gate all the same."""

from odoo import api, fields, models


class IntegrationGateOverrideWizard(models.TransientModel):
    """Asks somebody entitled for a reason."""

    _name = "integration.gate.override.wizard"
    _description = "Override the gates of a document"

    res_model = fields.Selection(
        [("stock.picking", "Transfer"), ("account.move", "Invoice")], required=True
    )
    res_id = fields.Many2oneReference(model_field="res_model", required=True)
    gate_text = fields.Text(compute="_compute_gate_text")
    reason = fields.Text(required=True)

    @api.depends("res_model", "res_id")
    def _compute_gate_text(self):
        """Show what is missing."""
        for wizard in self:
            wizard.gate_text = wizard._document().integration_gate_text

    def _document(self):
        """:return: the transfer or invoice, as the user may see it"""
        return self.env[self.res_model].browse(self.res_id)

    def action_override(self):
        """Note the reason; the document may pass then."""
        self.ensure_one()
        self._document()._integration_override_gate(self.reason)
        return {"type": "ir.actions.act_window_close"}
