"""Maintenance of a whole system."""

from odoo import fields, models


class IntegrationSystem(models.Model):
    """Windows of the system itself; its endpoints follow them, too."""

    _name = "integration.system"
    # The mixin first: it comes before the one that writes the health.
    _inherit = ["integration.maintenance.mixin", "integration.system"]

    maintenance_ids = fields.One2many("integration.maintenance", "system_id")

    def _maintenance_windows(self):
        """Those that name no endpoint."""
        windows = self.env["integration.maintenance"].search(
            [("system_id", "in", self.ids), ("endpoint_id", "=", False)]
        )
        return {system: windows.filtered(lambda w, s=system: w.system_id == s) for system in self}
