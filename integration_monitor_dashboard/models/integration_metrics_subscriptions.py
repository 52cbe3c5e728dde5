"""Gauges of subscribers, and of the last push of stock and prices to each channel."""

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.integration_monitor.models.integration_event_type import STATE_CODES

from ..tools.exposition import Series


class IntegrationMetrics(models.AbstractModel):
    """Labels are codes of systems and flows: each subscriber has a flow of his own."""

    _inherit = "integration.metrics"

    @api.model
    def _gauges(self):
        """Add the gauges of subscriptions and pushes."""
        return [*super()._gauges(), *self._subscription_gauges(), self._push_gauge()]

    @api.model
    def _subscription_gauges(self):
        """Return how far each subscriber is behind."""
        figures = self.env["integration.subscription.lag"]._figures()
        flows = self.env["integration.flow"].browse(row["flow_id"] for row in figures.values())
        labels = {flow.id: (flow.system_id.code, flow.code) for flow in flows}
        rows = [(labels[row["flow_id"]], row) for row in figures.values()]
        return [
            Series(
                "gauge", "integration_subscription_events_behind",
                "Events that are not handed over to the subscriber yet.", ("system", "flow"),
                [(names, row["behind_count"]) for names, row in rows],
            ),
            Series(
                "gauge", "integration_subscription_lag_seconds",
                "Age of the oldest event that the subscriber was not told of, in whole minutes.",
                ("system", "flow"),
                [(names, (row["lag_minutes"] or 0) * 60) for names, row in rows],
            ),
            Series(
                "gauge", "integration_subscription_paused", "1 while the subscription is paused.",
                ("system", "flow"),
                [(names, int(row["state"] == "paused")) for names, row in rows],
            ),
        ]  # fmt: skip

    @api.model
    def _push_gauge(self):
        """Return how long ago each channel last took a stock level or a price.

        Of subscribers and of flows that push by themselves; without a push yet there is no row.
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT s.code, f.code, c.code,
                       EXTRACT(EPOCH FROM now() AT TIME ZONE 'UTC' - last.done_at)
                  FROM integration_flow f
                  JOIN integration_system s ON s.id = f.system_id
                 CROSS JOIN unnest(%s::text[]) AS c (code)
                 CROSS JOIN LATERAL (
                       SELECT m.done_at FROM integration_message m
                        WHERE m.flow_id = f.id AND m.event_code = c.code
                          AND m.state = 'done' AND m.direction = 'outbound'
                        ORDER BY m.done_at DESC LIMIT 1) last
                 WHERE f.active AND f.direction = 'outbound'
                """,
                list(STATE_CODES),
            )
        )
        return Series(
            "gauge", "integration_last_push_age_seconds",
            "Time since a channel last took a stock level or a price.",
            ("system", "flow", "event"),
            [(labels, float(age)) for *labels, age in rows],
        )  # fmt: skip
