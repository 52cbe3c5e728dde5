"""Why a step is left out, or a runbook stopped."""

from odoo import fields, models
from odoo.exceptions import UserError


class IntegrationRunbookSkip(models.TransientModel):
    """Asks for the reason; it is signed with it."""

    _name = "integration.runbook.skip"
    _description = "Skip a step of a runbook"

    run_id = fields.Many2one("integration.runbook.run", required=True, readonly=True)
    line_id = fields.Many2one("integration.runbook.run.line", readonly=True)
    whole = fields.Boolean(readonly=True)
    step_name = fields.Char(related="line_id.name")
    reason = fields.Char(required=True, help="It is kept with the run, with your name.")

    def action_confirm(self):
        """Skip the step, or stop the run."""
        self.ensure_one()
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Give the reason: whoever reads this later asks for it."))
        if self.whole:
            self.run_id._stop(reason)
        else:
            self.line_id._skip(reason)
        return True
