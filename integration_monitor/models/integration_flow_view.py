"""What a flow shows: counters, its webhook address, buttons to its records."""

from odoo import api, models


class IntegrationFlow(models.Model):
    """Counters and buttons of a flow; nothing here changes it."""

    _inherit = "integration.flow"

    def _compute_counts(self):
        """Count messages by state and open exceptions: three queries for any number of flows."""
        self.last_message_at = False
        self.message_count = self.waiting_count = self.dead_count = self.exception_count = 0
        if not self.ids:
            return
        # Counters are shown to whoever may read the flow; nothing of a message is revealed.
        groups = (
            self.env["integration.message"]
            .sudo()
            ._read_group(
                [("flow_id", "in", self.ids)], ["flow_id", "state"], ["__count", "received_at:max"]
            )
        )
        for flow, state, count, last in groups:
            flow = self.browse(flow.id)
            flow.message_count += count
            flow.last_message_at = max(filter(None, (flow.last_message_at, last)), default=False)
            if state in ("pending", "retry", "processing"):
                flow.waiting_count += count
            elif state in ("dead", "quarantined"):
                flow.dead_count += count
        groups = (
            self.env["integration.exception"]
            .sudo()
            ._read_group(
                [("flow_id", "in", self.ids), ("is_open", "=", True)], ["flow_id"], ["__count"]
            )
        )
        for flow, count in groups:
            self.browse(flow.id).exception_count = count

    @api.depends("code", "direction")
    def _compute_webhook_path(self):
        """The address a partner posts to, below Odoo's own address."""
        for flow in self:
            inbound = flow.direction == "inbound" and flow.code
            flow.webhook_path = f"/integration/webhook/{flow.code}" if inbound else False

    def action_open_messages(self):
        """Open the messages of this flow."""
        return self._open_related("integration_monitor.action_integration_message")

    def action_open_waiting(self):
        """Open the messages of this flow that wait or are in work."""
        return self._open_related(
            "integration_monitor.action_integration_message",
            [("state", "in", ("pending", "processing", "retry"))],
        )

    def action_open_exceptions(self):
        """Open the open exceptions of this flow."""
        return self._open_related(
            "integration_monitor.action_integration_exception", [("is_open", "=", True)]
        )

    def _open_related(self, xmlid, domain=()):
        """:return: the action, narrowed to this flow"""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        action["domain"] = [("flow_id", "=", self.id), *domain]
        action["context"] = {}
        return action
