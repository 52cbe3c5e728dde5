"""Maintenance of an endpoint: its own windows and those of its system."""

from odoo import api, fields, models


class IntegrationEndpoint(models.Model):
    """Messages for an endpoint in maintenance wait; what comes in is worked on all the same."""

    _name = "integration.endpoint"
    # The mixin first: it comes before the one that writes the health.
    _inherit = ["integration.maintenance.mixin", "integration.endpoint"]

    maintenance_ids = fields.One2many("integration.maintenance", "endpoint_id")

    def _maintenance_windows(self):
        """Those that name the endpoint, and those of its whole system."""
        windows = self.env["integration.maintenance"].search(
            [
                ("system_id", "in", self.system_id.ids),
                "|", ("endpoint_id", "=", False), ("endpoint_id", "in", self.ids),
            ]
        )  # fmt: skip
        return {
            endpoint: windows.filtered(
                lambda w, e=endpoint: w.system_id == e.system_id
                and w.endpoint_id in (e, e.browse())
            )
            for endpoint in self
        }

    @api.model_create_multi
    def create(self, vals_list):
        """Let a new endpoint follow the windows of its system."""
        endpoints = super().create(vals_list)
        endpoints._plan_maintenance()
        return endpoints

    @api.model
    def _sweep_maintenance(self, now):
        """Move on to the next windows where one is over; called each minute.

        :param datetime now: UTC
        """
        over = [("maintenance_until", "<=", now)]
        self.env["integration.system"].sudo().search(over)._plan_maintenance(now)
        ended = self.sudo().search(over)._plan_maintenance(now)
        ended._after_gate_change()

    def _after_gate_change(self):
        """Show what waits as held, or let it go."""
        flows = self._outbound_flows()
        flows._sync_holds()
        flows._wake()
