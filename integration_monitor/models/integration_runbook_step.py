"""One step of a runbook."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class IntegrationRunbookStep(models.Model):
    """What to do, how to see that it is done, and what the engine can do for the person."""

    _name = "integration.runbook.step"
    _description = "Integration runbook step"
    _order = "sequence, id"

    runbook_id = fields.Many2one(
        "integration.runbook", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="runbook_id.company_id")
    sequence = fields.Integer(default=10)
    name = fields.Char(string="Step", required=True, translate=True)
    text = fields.Text(string="What to Do", translate=True)
    check_text = fields.Text(
        string="Check", translate=True, help="How to see that the step is done."
    )
    action = fields.Selection(
        "_selection_action",
        help="What Do does. Empty: the person does it, and presses Next Step.",
    )

    @api.model
    def _selection_action(self):
        """What the engine can do for a person."""
        return [
            ("retry", self.env._("Retry")),
            ("replay", self.env._("Replay")),
            ("probe", self.env._("Probe the endpoint")),
            ("pause", self.env._("Pause the flow")),
            ("resume", self.env._("Resume the flow")),
            ("notify", self.env._("Notify the partner by mail")),
        ]

    @api.constrains("name", "text", "action")
    def _check_content(self):
        """A step must say or do something."""
        for step in self:
            if not (step.name or "").strip():
                raise ValidationError(self.env._("Say in a few words what the step is."))
