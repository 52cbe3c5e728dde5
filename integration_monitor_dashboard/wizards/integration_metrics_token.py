"""Shows a new token for metrics, once."""

from odoo import api, fields, models


class IntegrationMetricsToken(models.TransientModel):
    """A dialog; the token is in the answer that opens it and is never stored."""

    _name = "integration.metrics.token"
    _description = "New token for metrics"

    token = fields.Char(store=False, readonly=True)
    example = fields.Text(store=False, readonly=True)

    @api.model
    def _action_show(self, token):
        """Return the dialog that shows ``token`` and how a scraper uses it."""
        base = self.env["ir.config_parameter"].sudo().get_param("web.base.url", "")  # address only
        scheme, _separator, host = base.partition("://")
        example = (
            "scrape_configs:\n"
            "  - job_name: odoo-integrations\n"
            f"    scheme: {scheme or 'http'}\n"
            "    metrics_path: /integration/metrics\n"
            "    authorization:\n"
            f"      credentials: {token}\n"
            "    static_configs:\n"
            f"      - targets: ['{host}']\n"
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New token for metrics"),
            "res_model": self._name,
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_token": token, "default_example": example},
        }
