"""Gauges of what the watch found: queues, silent flows, the parts of the installation."""

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.integration_monitor.models.integration_queue import VERDICTS

from ..tools.exposition import Series

STATUSES = ("ok", "warning", "down")


class IntegrationMetrics(models.AbstractModel):
    _inherit = "integration.metrics"

    @api.model
    def _gauges(self):
        """Add the gauges of queues, silence and health."""
        return [
            *super()._gauges(),
            *self._queue_gauges(),
            self._silence_gauge(),
            self._part_gauge(),
        ]

    @api.model
    def _queue_gauges(self):
        """Return the verdict of each queue, and how many wait in it."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT q.kind, COALESCE(f.code, q.channel), q.verdict, q.waiting
                  FROM integration_queue q LEFT JOIN integration_flow f ON f.id = q.flow_id
                 WHERE f.id IS NULL OR f.active
                """
            )
        )
        return [
            Series(
                "gauge", "integration_queue_verdict",
                "1 for the verdict on the queue, 0 for the others.",
                ("kind", "queue", "verdict"), [
                    ((kind, queue, verdict), int(verdict == actual))
                    for kind, queue, actual, _waiting in rows
                    for verdict, _label in VERDICTS
                ],
            ),
            Series(
                "gauge", "integration_queue_waiting",
                "What waits in the queue, without what is held on purpose.",
                ("kind", "queue"),
                [((kind, queue), waiting or 0) for kind, queue, _verdict, waiting in rows],
            ),
        ]  # fmt: skip

    @api.model
    def _silence_gauge(self):
        """Return which flows are silent for longer than usual."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT s.code, f.code, f.silent_since IS NOT NULL
                  FROM integration_flow f
                  JOIN integration_system s ON s.id = f.system_id
                 WHERE f.active
                """
            )
        )
        return Series(
            "gauge", "integration_flow_silent",
            "1 while the flow is silent for longer than its rhythm explains.", ("system", "flow"),
            [((system, flow), int(silent)) for system, flow, silent in rows],
        )  # fmt: skip

    @api.model
    def _part_gauge(self):
        """Return the parts that GET /integration/health tells of."""
        parts = self.env["integration.health"]._status()["parts"]
        return Series(
            "gauge", "integration_health_part",
            "1 for the status that the part of the installation is in, 0 for the others.",
            ("part", "status"), [
                ((part["name"], status), int(status == part["status"]))
                for part in parts
                for status in STATUSES
            ],
        )  # fmt: skip
