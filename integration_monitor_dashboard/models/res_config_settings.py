"""The settings page: the token for metrics."""

from odoo import api, fields, models

from .integration_metrics import TOKEN_SINCE_PARAMETER


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    integration_metrics_url = fields.Char(compute="_compute_integration_metrics")
    integration_metrics_ready = fields.Boolean(compute="_compute_integration_metrics")
    integration_metrics_token_since = fields.Datetime(compute="_compute_integration_metrics")

    @api.depends_context("uid")
    def _compute_integration_metrics(self):
        metrics = self.env["integration.metrics"]
        parameters = metrics._parameters()
        base = parameters.get_param("web.base.url", "")
        for settings in self:
            settings.integration_metrics_url = f"{base}/integration/metrics"
            settings.integration_metrics_ready = metrics._token_is_set()
            settings.integration_metrics_token_since = parameters.get_param(TOKEN_SINCE_PARAMETER)

    def action_rotate_integration_metrics_token(self):
        """Make a new token and show it once."""
        return self.env["integration.metrics.token"]._action_show(
            self.env["integration.metrics"]._rotate_token()
        )

    def action_remove_integration_metrics_token(self):
        """End the token; the route answers 503 from now on."""
        self.env["integration.metrics"]._remove_token()
        return {"type": "ir.actions.client", "tag": "soft_reload"}
