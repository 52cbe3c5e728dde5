"""Counting calls to hosts that no endpoint knows, along with the traffic."""

from odoo import api, models
from odoo.tools import SQL

# What the counters hold.
INT4 = 2**31 - 1


class IntegrationMetric(models.Model):
    """The roll-up also keeps the list of discovered hosts."""

    _inherit = "integration.metric"

    @api.model
    def _count_lines(self, cr, new):
        """Add the new lines' unknown hosts to ``integration.discovery``: one statement."""
        result = super()._count_lines(cr, new)
        cr.execute(
            SQL(
                """
                INSERT INTO integration_discovery AS d (
                       host, scheme, port, company_id, state, first_seen, last_seen,
                       call_count, failure_count, method, path_template, create_date, write_date)
                SELECT host, (array_agg(scheme ORDER BY occurred_at DESC, id DESC))[1], port,
                       company_id, 'new', min(occurred_at), max(occurred_at),
                       least(sum(count), %(most)s),
                       least(COALESCE(sum(count) FILTER (WHERE outcome = 'error'), 0), %(most)s),
                       (array_agg(method ORDER BY occurred_at DESC, id DESC))[1],
                       (array_agg(path_template ORDER BY occurred_at DESC, id DESC))[1],
                       clock_timestamp() AT TIME ZONE 'UTC', clock_timestamp() AT TIME ZONE 'UTC'
                  FROM (SELECT *, CASE WHEN detail->>'scheme' = 'http' THEN 'http'
                                       ELSE 'https' END AS scheme,
                               CASE WHEN detail->>'port' ~ '^[0-9]{1,5}$'
                                    THEN (detail->>'port')::integer ELSE 0 END AS port
                          FROM integration_log_data
                         WHERE kind = 'http_out' AND endpoint_id IS NULL AND host > ''
                           -- The counting must not stop because what a line names is gone.
                           AND (company_id IS NULL
                                OR company_id IN (SELECT id FROM res_company))
                           AND %(new)s) line
                 GROUP BY host, port, company_id
                 ORDER BY host, port, company_id
                ON CONFLICT (host, port, COALESCE(company_id, 0)) DO UPDATE SET
                       scheme = excluded.scheme,
                       first_seen = least(d.first_seen, excluded.first_seen),
                       last_seen = greatest(d.last_seen, excluded.last_seen),
                       -- Full counters stay full: who ignores a host need not hear of it.
                       call_count = least(d.call_count::bigint + excluded.call_count, %(most)s),
                       failure_count =
                           least(d.failure_count::bigint + excluded.failure_count, %(most)s),
                       method = excluded.method,
                       path_template = excluded.path_template,
                       write_date = excluded.write_date,
                       -- Its endpoint was deleted or archived: somebody has to decide again.
                       state = CASE WHEN d.state = 'adopted' AND NOT EXISTS (
                                              SELECT FROM integration_endpoint e
                                               WHERE e.id = d.endpoint_id AND e.active)
                                    THEN 'new' ELSE d.state END
                """,
                new=new,
                most=INT4,
            )
        )
        self.env["integration.discovery"].invalidate_model()
        return result
