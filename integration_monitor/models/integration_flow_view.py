"""What a flow shows: counters, its webhook address, buttons to its records."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL


class IntegrationFlow(models.Model):
    """Counters and buttons of a flow; nothing here changes it."""

    _inherit = "integration.flow"

    def _compute_counts(self):
        """Count messages and open exceptions: two queries, each bounded by an index."""
        self.last_message_at = False
        self.message_count = self.waiting_count = self.dead_count = self.exception_count = 0
        if not self.ids:
            return
        self.env["integration.message"].flush_model(["flow_id", "state", "received_at"])
        self.env.cr.execute(
            SQL(
                """SELECT f.id, last.received_at, day.number, unfinished.waiting, unfinished.dead
                     FROM unnest(%(ids)s) AS f(id)
                     LEFT JOIN LATERAL (
                          SELECT received_at FROM integration_message
                           WHERE flow_id = f.id ORDER BY received_at DESC LIMIT 1) last ON TRUE
                    CROSS JOIN LATERAL (
                          SELECT count(*) AS number FROM integration_message
                           WHERE flow_id = f.id AND received_at >= %(since)s) day
                    CROSS JOIN LATERAL (
                          SELECT count(*) FILTER (
                                     WHERE state NOT IN ('dead', 'quarantined')) AS waiting,
                                 count(*) FILTER (
                                     WHERE state IN ('dead', 'quarantined')) AS dead
                            FROM integration_message
                           WHERE flow_id = f.id AND state IN
                                 ('pending', 'processing', 'retry', 'dead', 'quarantined')
                          ) unfinished""",
                ids=self.ids,
                since=fields.Datetime.now() - timedelta(days=1),
            )
        )
        for flow_id, last, number, waiting, dead in self.env.cr.fetchall():
            flow = self.browse(flow_id)
            flow.last_message_at = last or False
            flow.message_count = number
            flow.waiting_count = waiting
            flow.dead_count = dead
        # Counters are shown to whoever may read the flow; nothing of an exception is revealed.
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
