"""Why refused messages are replayed all the same."""

from odoo import fields, models


class IntegrationReplayOverride(models.TransientModel):
    """Asks somebody entitled for a reason."""

    _name = "integration.replay.override"
    _description = "Override refusals of a replay"

    replay_id = fields.Many2one("integration.replay", required=True)
    overridable_count = fields.Integer(related="replay_id.overridable_count")
    reason = fields.Text(required=True)

    def action_override(self):
        """Note the reason; the messages are planned then."""
        self.ensure_one()
        self.replay_id._override(self.reason)
        return {"type": "ir.actions.act_window_close"}
