"""How a delivery method's provider did lately, on its form."""

from datetime import timedelta

from odoo import fields, models

VIEWERS = "integration_monitor.group_viewer"
DAYS = 30


class DeliveryCarrier(models.Model):
    _inherit = "delivery.carrier"

    integration_operation_count = fields.Integer(
        compute="_compute_integration_figures", groups=VIEWERS
    )
    integration_success_rate = fields.Float(
        "Success Rate",
        compute="_compute_integration_figures",
        groups=VIEWERS,
        help="Share of the operations of the last 30 days that succeeded.",
    )
    integration_duration_ms = fields.Float(
        "Average Duration (ms)",
        compute="_compute_integration_figures",
        groups=VIEWERS,
        digits=(12, 0),
        help="Of the operations of the last 30 days.",
    )

    def _compute_integration_figures(self):
        """One query for any number of methods."""
        rows = self.env["integration.carrier.operation"]._read_group(
            [
                ("carrier_id", "in", self.ids),
                ("occurred_at", ">=", fields.Datetime.now() - timedelta(days=DAYS)),
            ],
            ["carrier_id"],
            ["__count", "success:avg", "duration_ms:avg"],
        )
        found = {carrier.id: figures for carrier, *figures in rows}
        for carrier in self:
            count, success, duration = found.get(carrier._origin.id, (0, 0.0, 0.0))
            carrier.integration_operation_count = count
            carrier.integration_success_rate = success
            carrier.integration_duration_ms = duration

    def action_open_integration_operations(self):
        """Open what the provider did, newest first."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor_delivery.action_integration_carrier_operation"
        )
        return {
            **action,
            "name": self.env._("Operations of %s", self.name),
            "domain": [("carrier_id", "=", self.id)],
            "context": {"search_default_last_month": 1},
        }
