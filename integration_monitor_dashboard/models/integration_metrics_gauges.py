"""Gauges for Prometheus: what waits, what is broken, at this moment."""

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.integration_monitor.instrumentation import log_writer

from ..tools.exposition import Series


class IntegrationMetrics(models.AbstractModel):
    _inherit = "integration.metrics"

    @api.model
    def _gauges(self):
        """Return the gauges; each reads a small partial index, never finished work."""
        return [
            *self._message_gauges(),
            *self._health_gauges(),
            Series(
                "gauge", "integration_exceptions_open", "Exceptions that a person must look at.",
                ("category", "severity"), self._grouped(SQL(
                    "SELECT category, severity, count(*) FROM integration_exception"
                    " WHERE is_open GROUP BY 1, 2"
                )),
            ),
            Series(
                "gauge", "integration_transactions_open",
                "Business transactions under way, by what they wait for.",
                ("cause", "timeliness"), self._grouped(SQL(
                    "SELECT cause, timeliness, count(*) FROM integration_transaction"
                    " WHERE state = 'in_progress' GROUP BY 1, 2"
                )),
            ),
            Series(
                "gauge", "integration_queue_jobs", "Background jobs that are not finished.",
                ("channel", "state"), self._grouped(SQL(
                    "SELECT channel, state, count(*) FROM queue_job"
                    " WHERE state IN ('wait_dependencies', 'pending', 'enqueued', 'started',"
                    " 'failed') GROUP BY 1, 2"
                )),
            ),
            Series(
                "gauge", "integration_log_writer_lines",
                "Lines of the log by what became of them, in the worker that answered the scrape.",
                ("result",), [
                    ((result,), log_writer.stats().get(result, 0))
                    for result in ("recorded", "written", "dropped", "coalesced", "failed")
                ],
            ),
        ]  # fmt: skip

    @api.model
    def _message_gauges(self):
        """Return unfinished messages by flow and state, and the age of the oldest that waits."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT s.code, f.code, m.state, count(*),
                       EXTRACT(EPOCH FROM now() AT TIME ZONE 'UTC' - min(m.received_at))
                  FROM integration_message m
                  JOIN integration_flow f ON f.id = m.flow_id
                  JOIN integration_system s ON s.id = f.system_id
                 WHERE m.state IN ('pending', 'processing', 'retry', 'dead', 'quarantined')
                 GROUP BY 1, 2, 3
                """
            )
        )
        oldest = {}
        for system, flow, state, _count, age in rows:
            if state in ("pending", "processing", "retry"):
                oldest[system, flow] = max(oldest.get((system, flow), 0.0), float(age or 0))
        return [
            Series(
                "gauge", "integration_messages", "Messages that are not done.",
                ("system", "flow", "state"),
                [((system, flow, state), count) for system, flow, state, count, _age in rows],
            ),
            Series(
                "gauge", "integration_oldest_waiting_message_age_seconds",
                "Age of the oldest message that still waits.", ("system", "flow"),
                list(oldest.items()),
            ),
        ]  # fmt: skip

    @api.model
    def _health_gauges(self):
        """Return the health of endpoints, and what is paused."""
        endpoints = self.env.execute_query(
            SQL(
                """
                SELECT s.code, e.code, e.health, e.state = 'paused'
                  FROM integration_endpoint e
                  JOIN integration_system s ON s.id = e.system_id
                 WHERE e.active
                """
            )
        )
        flows = self.env.execute_query(
            SQL(
                """
                SELECT s.code, f.code, f.state = 'paused'
                  FROM integration_flow f
                  JOIN integration_system s ON s.id = f.system_id
                 WHERE f.active
                """
            )
        )
        return [
            Series(
                "gauge", "integration_endpoint_health",
                "1 for the state that the endpoint is in, 0 for the others.",
                ("system", "endpoint", "health"), [
                    ((system, endpoint, health), int(health == actual))
                    for system, endpoint, actual, _paused in endpoints
                    for health in ("up", "degraded", "down", "unknown")
                ],
            ),
            Series(
                "gauge", "integration_endpoint_paused", "1 while the endpoint is switched off.",
                ("system", "endpoint"),
                [((system, code), int(paused)) for system, code, _health, paused in endpoints],
            ),
            Series(
                "gauge", "integration_flow_paused", "1 while the flow is switched off.",
                ("system", "flow"),
                [((system, code), int(paused)) for system, code, paused in flows],
            ),
        ]  # fmt: skip

    @api.model
    def _grouped(self, query):
        """Return rows of labels and a count as (labels, count)."""
        return [(labels, count) for *labels, count in self.env.execute_query(query)]
