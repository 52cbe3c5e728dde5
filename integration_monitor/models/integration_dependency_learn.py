"""Learning dependencies: what came in from one system led to a call to another."""

import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

LEARNT_UNTIL = "integration_monitor.dependency_learnt_id"
# How long after something came in a call may still belong to it.
TRACE_HOURS = 24
# Lines of one sweep, the newest ones first; a day of heavy traffic is sampled.
MAX_LINES = 100_000
MAX_PAIRS = 500


class IntegrationDependency(models.Model):
    """The sweep that learns; set-based and bounded."""

    _inherit = "integration.dependency"

    @api.model
    def _learn(self):
        """Scheduled hourly: learn from the lines that were written since the last time.

        New is told by ids: a line carries the time at which its work began, and is written when
        it is over, hours later if it is a long import.

        :return: number of dependencies that were seen
        """
        # Bookkeeping of the sweep itself.
        parameters = self.env["ir.config_parameter"].sudo()
        last_id = int(parameters.get_param(LEARNT_UNTIL) or 0)
        self.env.cr.execute(SQL("SELECT COALESCE(max(id), 0) FROM integration_log_data"))
        newest_id = self.env.cr.fetchone()[0]
        seen = self._learn_since(last_id)
        parameters.set_param(LEARNT_UNTIL, newest_id)
        return seen

    @api.model
    def _learn_since(self, last_id):
        """Learn from pairs of lines of the last day of which one is new: one statement.

        A trace counts once for each pair of systems. What people archived or declared keeps its
        kind, and is counted.

        :param int last_id: lines with greater ids are new
        :return: number of dependencies that were seen
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH calls AS MATERIALIZED (
                    SELECT trace_id, system_id, endpoint_id, occurred_at, id > %(last)s AS is_new
                      FROM integration_log_data
                     WHERE occurred_at >= %(since)s AND direction = 'outbound' AND kind != 'message'
                       AND trace_id IS NOT NULL AND system_id IS NOT NULL
                     ORDER BY occurred_at DESC LIMIT %(lines)s
                ), arrivals AS MATERIALIZED (
                    SELECT trace_id, system_id, endpoint_id, flow_id, id > %(last)s AS is_new
                      FROM integration_log_data
                     WHERE occurred_at >= %(since)s AND direction = 'inbound'
                       AND trace_id IS NOT NULL AND system_id IS NOT NULL
                     ORDER BY occurred_at DESC LIMIT %(lines)s
                ), pairs AS (
                    SELECT a.system_id, a.endpoint_id, c.system_id AS other, c.endpoint_id AS via,
                           max(a.flow_id) AS flow_id, count(DISTINCT c.trace_id) AS traces,
                           max(c.occurred_at) AS last_seen
                      FROM calls c
                      JOIN arrivals a ON a.trace_id = c.trace_id
                     WHERE a.system_id != c.system_id AND (a.is_new OR c.is_new)
                     GROUP BY 1, 2, 3, 4
                )
                INSERT INTO integration_dependency AS d (
                       active, kind, system_id, endpoint_id, depends_on_system_id,
                       depends_on_endpoint_id, flow_id, company_id, evidence_count, last_seen,
                       create_uid, write_uid, create_date, write_date)
                SELECT TRUE, 'learnt', s.id, e.id, o.id, v.id, p.flow_id, s.company_id, p.traces,
                       p.last_seen, %(uid)s, %(uid)s, %(now)s, %(now)s
                  FROM pairs p
                  JOIN integration_system s ON s.id = p.system_id
                  JOIN integration_system o ON o.id = p.other AND o.company_id = s.company_id
                  LEFT JOIN integration_endpoint e
                         ON e.id = p.endpoint_id AND e.system_id = s.id
                  LEFT JOIN integration_endpoint v ON v.id = p.via AND v.system_id = o.id
                 WHERE (p.endpoint_id IS NULL) = (e.id IS NULL)
                   AND (p.via IS NULL) = (v.id IS NULL)
                 ORDER BY p.traces DESC, s.id, o.id, e.id, v.id LIMIT %(pairs)s
                ON CONFLICT (system_id, COALESCE(endpoint_id, 0), depends_on_system_id,
                             COALESCE(depends_on_endpoint_id, 0))
                DO UPDATE SET evidence_count = COALESCE(d.evidence_count, 0)
                                               + excluded.evidence_count,
                              last_seen = greatest(d.last_seen, excluded.last_seen),
                              flow_id = COALESCE(excluded.flow_id, d.flow_id)
                """,
                since=fields.Datetime.now() - timedelta(hours=TRACE_HOURS),
                last=last_id,
                lines=MAX_LINES,
                pairs=MAX_PAIRS,
                uid=self.env.uid,
                now=fields.Datetime.now(),
            )
        )
        seen = self.env.cr.rowcount
        self.invalidate_model()
        if seen:
            _logger.info("Dependencies between systems seen in traces: %d", seen)
        return seen
