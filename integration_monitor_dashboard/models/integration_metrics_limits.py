"""Figures of the limits of endpoints: breakers, what waits behind them, calls under way."""

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.integration_monitor.models.integration_flow_lane import LEASE_LOCK

from ..tools.exposition import Series

BREAKER_STATES = {"closed": 0, "half_open": 1, "open": 2}
LABELS = ("system", "endpoint")


class IntegrationMetrics(models.AbstractModel):
    _inherit = "integration.metrics"

    @api.model
    def _counters(self):
        """Add how often breakers opened."""
        return [*super()._counters(), self._trips_counter()]

    @api.model
    def _gauges(self):
        """Add the gauges of breakers, of what waits for endpoints, and of calls under way."""
        return [*super()._gauges(), *self._limit_gauges(), *self._waiting_gauges()]

    @api.model
    def _trips_counter(self):
        """Count from the endpoint itself: the log is purged, this only grows."""
        return Series(
            "counter", "integration_breaker_trips", "How often the circuit breaker opened.", LABELS,
            self._grouped(SQL(
                "SELECT s.code, e.code, COALESCE(e.breaker_trips_total, 0)"
                " FROM integration_endpoint e"
                " JOIN integration_system s ON s.id = e.system_id"
            )),
        )  # fmt: skip

    @api.model
    def _limit_gauges(self):
        """Return breakers, maintenance, and leases: taken ones are locks of running lanes."""
        endpoints = self.env["integration.endpoint"].search_fetch(
            [], ["code", "system_id", "breaker_state", "max_concurrency", "maintenance_from"]
        )
        taken = dict(
            self.env.execute_query(
                SQL(
                    """
                    SELECT objid::bigint, count(*) FROM pg_locks
                     WHERE locktype = 'advisory' AND granted AND objsubid = 2
                       AND database = (SELECT oid FROM pg_database
                                        WHERE datname = current_database())
                       AND classid::bigint >= %(first)s AND classid::bigint < %(first)s + 256
                     GROUP BY 1
                    """,
                    first=LEASE_LOCK,
                )
            )
        )
        now = fields.Datetime.now()
        labels = {endpoint: (endpoint.system_id.code, endpoint.code) for endpoint in endpoints}
        # Companies may use the same codes: the worst breaker counts, the others add up.
        states = {labels[e]: 0 for e in endpoints}
        for endpoint in endpoints:
            state = BREAKER_STATES[endpoint.breaker_state]
            states[labels[endpoint]] = max(states[labels[endpoint]], state)
        return [
            Series(
                "gauge", "integration_breaker_state",
                "Circuit breaker of the endpoint: 0 closed, 1 half-open, 2 open.", LABELS,
                states.items(),
            ),
            Series(
                "gauge", "integration_endpoint_maintenance",
                "1 while the endpoint is in maintenance.", LABELS,
                [(labels[e], int(e._in_maintenance(now))) for e in endpoints],
            ),
            Series(
                "gauge", "integration_endpoint_leases",
                "Lanes that call the endpoint at this moment.", LABELS,
                [(labels[e], taken.get(e.id, 0)) for e in endpoints],
            ),
            Series(
                "gauge", "integration_endpoint_leases_limit",
                "Lanes that may call the endpoint at the same time.", LABELS,
                [(labels[e], e._lease_limit()) for e in endpoints],
            ),
        ]  # fmt: skip

    @api.model
    def _waiting_gauges(self):
        """Return what is held for each endpoint, and for how long the oldest is due."""
        held = self._grouped(
            SQL(
                """
                SELECT s.code, e.code, m.hold_reason, count(*)
                  FROM integration_message m
                  JOIN integration_endpoint e ON e.id = m.endpoint_id
                  JOIN integration_system s ON s.id = e.system_id
                 WHERE m.held AND m.state IN ('pending', 'retry') AND m.direction = 'outbound'
                 GROUP BY 1, 2, 3
                """
            )
        )
        due = self._grouped(
            SQL(
                """
                SELECT s.code, e.code, EXTRACT(EPOCH FROM %(now)s - min(
                           COALESCE(m.next_attempt_at, m.received_at)))::float
                  FROM integration_message m
                  JOIN integration_endpoint e ON e.id = m.endpoint_id
                  JOIN integration_system s ON s.id = e.system_id
                 WHERE m.state IN ('pending', 'retry') AND m.direction = 'outbound'
                   AND (m.next_attempt_at IS NULL OR m.next_attempt_at <= %(now)s)
                 GROUP BY 1, 2
                """,
                now=fields.Datetime.now(),
            )
        )
        return [
            Series(
                "gauge", "integration_endpoint_held_messages",
                "Messages that wait for the endpoint on purpose.", (*LABELS, "reason"), held,
            ),
            Series(
                "gauge", "integration_endpoint_oldest_due_message_age_seconds",
                "For how long the oldest message to the endpoint is due, held or not.",
                LABELS, due,
            ),
        ]  # fmt: skip
