"""Why a breaker is opened, closed or reset."""

from odoo import fields, models


class IntegrationBreakerSwitch(models.TransientModel):
    """Asks an operator for the reason."""

    _name = "integration.breaker.switch"
    _description = "Switch circuit breakers"

    endpoint_ids = fields.Many2many("integration.endpoint", required=True)
    operation = fields.Selection(
        [
            ("open", "Open: stop all calls until somebody closes it"),
            ("close", "Close: let the waiting messages go"),
            ("reset", "Reset: close, and forget failures and the partner's wish to wait"),
        ],
        string="What",
        required=True,
        default="close",
    )
    reason = fields.Char(required=True)

    def action_switch(self):
        """Do it."""
        self.ensure_one()
        self.endpoint_ids._switch_breaker(self.operation, self.reason)
        return {"type": "ir.actions.act_window_close"}
