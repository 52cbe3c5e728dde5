"""Which runbook to start, when the proposal is not the right one."""

from odoo import fields, models


class IntegrationRunbookStart(models.TransientModel):
    """Chooses among all runbooks that have steps."""

    _name = "integration.runbook.start"
    _description = "Start a runbook"

    exception_id = fields.Many2one("integration.exception", required=True, readonly=True)
    company_id = fields.Many2one(related="exception_id.company_id")
    runbook_id = fields.Many2one(
        "integration.runbook",
        required=True,
        domain="[('step_ids', '!=', False), ('company_id', 'in', (False, company_id))]",
    )
    purpose = fields.Text(related="runbook_id.purpose")

    def action_confirm(self):
        """Start it."""
        self.ensure_one()
        return self.exception_id.with_context(
            integration_runbook_id=self.runbook_id.id
        ).action_runbook_start()
