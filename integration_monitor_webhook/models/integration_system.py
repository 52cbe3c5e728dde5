"""The button that connects a system."""

from odoo import models


class IntegrationSystem(models.Model):
    """Opens the wizard for a system that exists already."""

    _inherit = "integration.system"

    def write(self, vals):
        result = super().write(vals)
        if "active" in vals:
            # An archived system retires the webhook addresses of its flows.
            self.env.registry.clear_cache()
        return result

    def action_connect_partner(self):
        """Open 'Connect a partner' to add flows to this system."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor_webhook.integration_connect_wizard_action"
        )
        action["context"] = {"default_system_id": self.id}
        return action
