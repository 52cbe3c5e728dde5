"""From log lines to traffic figures: incremental, exact, in SQL."""

import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.histogram import SQL_INDEX, ZERO_BELOW, merge_flat
from ..tools.roll_up_sql import SUM_AGGREGATE, SUM_FUNCTION, SUMS

_logger = logging.getLogger(__name__)

RETENTION_DAYS = {"minute": 7, "hour": 400}
LIFETIME_BUCKET = "1970-01-01 00:00:00"
_PURGE_BATCH = 20000


class IntegrationMetric(models.Model):
    """The roll-up of ``integration.metric``.

    Which lines are new is decided by transactions, not by times or ids: a line is new when its
    transaction was not yet visible in the snapshot of the last roll-up. A line that a slow
    transaction commits late is therefore counted once, neither lost nor doubled.
    """

    _inherit = "integration.metric"

    def init(self):
        """Create the watermark's table and the function that adds JSON counters."""
        cr = self.env.cr
        cr.execute(SQL(SUM_FUNCTION))
        cr.execute(SQL(SUM_AGGREGATE))
        # The hour and the lifetime are updated each minute: in place, sparing the indexes.
        cr.execute(SQL("ALTER TABLE integration_metric SET (fillfactor = 50)"))
        cr.execute(
            SQL(
                """
                CREATE TABLE IF NOT EXISTS integration_metric_watermark (
                    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
                    snapshot pg_snapshot NOT NULL,
                    last_id bigint NOT NULL,
                    baseline_id bigint NOT NULL,
                    counted_at timestamp,
                    failed_at timestamp
                )
                """
            )
        )
        cr.execute(
            SQL(
                "ALTER TABLE integration_metric_watermark"
                " ADD COLUMN IF NOT EXISTS counted_at timestamp,"
                " ADD COLUMN IF NOT EXISTS failed_at timestamp"
            )
        )
        # Nothing is visible in this snapshot: the first roll-up counts the whole log.
        cr.execute(
            SQL(
                "INSERT INTO integration_metric_watermark (snapshot, last_id, baseline_id)"
                " VALUES ('1:1:', 0, 0) ON CONFLICT DO NOTHING"
            )
        )

    @api.model
    def _drop_storage(self):
        """Uninstallation: drop what the ORM does not know of."""
        self.env.cr.execute(SQL("DROP TABLE IF EXISTS integration_metric_watermark"))
        self.env.cr.execute(SQL("DROP AGGREGATE IF EXISTS integration_jsonb_total(jsonb)"))
        self.env.cr.execute(SQL("DROP FUNCTION IF EXISTS integration_jsonb_sum(jsonb, jsonb)"))

    @api.model
    def _roll_up(self):
        """Count the lines that came since the last time; by cron each minute, or on request.

        Runs and commits on a cursor of its own, so that its snapshot is fresh. A caller whose
        transaction began before sees the new figures in its next transaction only.

        :return: whether it ran; False while another worker or server is at it.
        """
        try:
            with self.env.registry.cursor() as cr:
                return self._roll_up_on(cr)
        except psycopg2.errors.SerializationFailure:
            return False  # another one finished between our snapshot and our lock

    @api.model
    def _roll_up_on(self, cr):
        """The work of :meth:`_roll_up` in the transaction of ``cr``."""
        # Who asks for the health waits for this; what is locked now is counted in a minute.
        cr.execute(SQL("SET LOCAL lock_timeout = '1s'"))
        cr.execute(
            SQL(
                """
                SELECT snapshot::text, last_id, baseline_id, pg_current_snapshot()::text,
                       pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmax(snapshot)
                  FROM integration_metric_watermark
                   FOR UPDATE SKIP LOCKED
                """
            ),
            log_exceptions=False,
        )
        found = cr.fetchone()
        if not found:
            return False
        last_snapshot, last_id, baseline_id, snapshot, other_cluster = found
        # Thousands of small groups: neither a disk nor a compiler is of help.
        cr.execute(SQL("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"))
        cr.execute(SQL("SELECT COALESCE(max(id), 0) FROM integration_log_data"))
        newest_id = max(cr.fetchone()[0], last_id)
        unseen = SQL("NOT pg_visible_in_snapshot(txid, %s::pg_snapshot)", last_snapshot)
        if other_cluster:
            # Restored from a dump: transaction numbers began anew, so ids must tell once. Lines
            # from before count as seen from now on, whatever number they carry.
            new = SQL("id > %s AND (id > %s OR %s)", baseline_id, last_id, unseen)
            baseline_id = newest_id
        else:
            new = SQL(
                # The first term lets the index find the few rows that can be new.
                "txid >= pg_snapshot_xmin(%s::pg_snapshot) AND %s AND id > %s"
                # Lines of this very transaction (tests share one) never enter a snapshot.
                " AND (txid IS DISTINCT FROM pg_current_xact_id_if_assigned() OR id > %s)",
                last_snapshot,
                unseen,
                baseline_id,
                last_id,
            )
        self._count_lines(cr, new)
        cr.execute(
            SQL(
                "UPDATE integration_metric_watermark"
                " SET snapshot = %s::pg_snapshot, last_id = %s, baseline_id = %s, counted_at = %s",
                snapshot,
                newest_id,
                baseline_id,
                fields.Datetime.now(),
            )
        )
        self.env["integration.metric"].invalidate_model()
        return True

    @api.model
    def _count_lines(self, cr, new):
        """Count each new line once, in the transaction of ``cr``; a hook for what else counts.

        :param SQL new: condition on ``integration_log_data`` that holds for the new lines
        """
        cr.execute(self._accumulate_query(new, ("minute", "hour", "lifetime")))

    @api.model
    def _note_failure(self, cr):
        """Let the health page tell that something beside the traffic could not be counted."""
        cr.execute(
            SQL("UPDATE integration_metric_watermark SET failed_at = %s", fields.Datetime.now())
        )

    @api.model
    def _purge(self):
        """Scheduled daily: drop minutes after 7 and hours after 400 days, in batches."""
        for level, days in RETENTION_DAYS.items():
            limit = self.env["integration.log"]._retention_now() - timedelta(days=days)
            while True:
                self.env.cr.execute(
                    SQL(
                        "DELETE FROM integration_metric WHERE id IN ("
                        "SELECT id FROM integration_metric WHERE level = %s AND bucket < %s"
                        " LIMIT %s)",
                        level,
                        limit,
                        _PURGE_BATCH,
                    )
                )
                if self.env.cr.rowcount < _PURGE_BATCH:
                    break

    @api.model
    def _merged_histogram(self, domain):
        """One duration histogram (ms) of all rows of a domain that the user may read."""
        return merge_flat(self.search_fetch(domain, ["histogram"]).mapped("histogram"))

    @api.model
    def _accumulate_query(self, where, levels):
        """Statement that adds the log lines of ``where`` to the figures of ``levels``."""
        return SQL(
            """
            WITH cells AS MATERIALIZED (
                SELECT date_trunc('minute', occurred_at) AS bucket, kind,
                       COALESCE(system_id, 0) AS s, COALESCE(endpoint_id, 0) AS e,
                       COALESCE(flow_id, 0) AS f, COALESCE(company_id, 0) AS c,
                       outcome, error_class, %(slot)s AS slot,
                       sum(count) AS n,
                       -- What a caller claims to send can be any number.
                       sum(COALESCE(request_bytes, 0)::float8 * count) AS sent,
                       sum(COALESCE(response_bytes, 0)::float8 * count) AS received,
                       sum(COALESCE(duration_ms, 0) * count) AS spent,
                       max(COALESCE(duration_ms, 0)) AS longest
                  FROM integration_log_data
                 WHERE %(where)s
                 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
            ), classes AS (
                SELECT bucket, kind, s, e, f, c, jsonb_object_agg(error_class, n) AS value
                  FROM (SELECT bucket, kind, s, e, f, c, error_class, sum(n) AS n
                          FROM cells WHERE error_class IS NOT NULL
                         GROUP BY 1, 2, 3, 4, 5, 6, 7) x
                 GROUP BY 1, 2, 3, 4, 5, 6
            ), slots AS (
                SELECT bucket, kind, s, e, f, c, jsonb_object_agg(slot, n) AS value
                  FROM (SELECT bucket, kind, s, e, f, c, slot, sum(n) AS n
                          FROM cells WHERE slot IS NOT NULL
                         GROUP BY 1, 2, 3, 4, 5, 6, 7) x
                 GROUP BY 1, 2, 3, 4, 5, 6
            ), sums AS (
                SELECT bucket, kind, s, e, f, c,
                       COALESCE(sum(n) FILTER (WHERE outcome = 'ok'), 0) AS ok,
                       COALESCE(sum(n) FILTER (WHERE outcome = 'error'), 0) AS error,
                       COALESCE(sum(n) FILTER (WHERE outcome = 'refused'), 0) AS refused,
                       COALESCE(sum(n) FILTER (WHERE outcome = 'duplicate'), 0) AS duplicate,
                       sum(n) AS total, sum(sent) AS sent, sum(received) AS received,
                       sum(spent) AS spent, max(longest) AS longest
                  FROM cells GROUP BY 1, 2, 3, 4, 5, 6
            ), minutes AS MATERIALIZED (
                SELECT 'minute' AS level, sums.*, classes.value AS classes, slots.value AS slots
                  FROM sums
                  LEFT JOIN classes USING (bucket, kind, s, e, f, c)
                  LEFT JOIN slots USING (bucket, kind, s, e, f, c)
            ), hours AS MATERIALIZED (
                SELECT 'hour' AS level, date_trunc('hour', bucket) AS bucket, kind, s, e, f, c,
                       %(sums)s
                  FROM minutes GROUP BY 2, 3, 4, 5, 6, 7
            ), totals AS (
                SELECT * FROM minutes
                 UNION ALL
                SELECT * FROM hours
                 UNION ALL
                SELECT 'lifetime', %(lifetime)s::timestamp, kind, s, e, f, c, %(sums)s
                  FROM hours GROUP BY 3, 4, 5, 6, 7
            )
            INSERT INTO integration_metric AS m (
                   level, bucket, kind, system_id, endpoint_id, flow_id, company_id,
                   count_ok, count_error, count_refused, count_duplicate, count_total,
                   error_classes, histogram, request_bytes, response_bytes,
                   duration_sum_ms, duration_max_ms)
            SELECT level, bucket, kind, NULLIF(s, 0), NULLIF(e, 0), NULLIF(f, 0), NULLIF(c, 0),
                   ok, error, refused, duplicate, total,
                   classes, slots, least(sent, 9e18)::bigint, least(received, 9e18)::bigint,
                   spent, longest
              FROM totals
             WHERE level = ANY(%(levels)s)
             ORDER BY level, bucket, kind, s, e, f, c
            ON CONFLICT (level, bucket, kind, COALESCE(system_id, 0), COALESCE(endpoint_id, 0),
                         COALESCE(flow_id, 0), COALESCE(company_id, 0))
            DO UPDATE SET
                   count_ok = m.count_ok + excluded.count_ok,
                   count_error = m.count_error + excluded.count_error,
                   count_refused = m.count_refused + excluded.count_refused,
                   count_duplicate = m.count_duplicate + excluded.count_duplicate,
                   count_total = m.count_total + excluded.count_total,
                   error_classes = integration_jsonb_sum(m.error_classes, excluded.error_classes),
                   histogram = integration_jsonb_sum(m.histogram, excluded.histogram),
                   request_bytes =
                       least(m.request_bytes + excluded.request_bytes::numeric, 9e18)::bigint,
                   response_bytes =
                       least(m.response_bytes + excluded.response_bytes::numeric, 9e18)::bigint,
                   duration_sum_ms = m.duration_sum_ms + excluded.duration_sum_ms,
                   duration_max_ms = greatest(m.duration_max_ms, excluded.duration_max_ms)
            """,
            slot=SQL(
                # Without a duration neither branch is taken: the line is not in the histogram.
                "CASE WHEN duration_ms >= %(low)s THEN %(index)s::text"
                " WHEN duration_ms < %(low)s THEN 'zero' END",
                low=ZERO_BELOW,
                index=SQL(SQL_INDEX.format(column="duration_ms")),
            ),
            where=where,
            sums=SQL(SUMS),
            lifetime=LIFETIME_BUCKET,
            levels=list(levels),
        )
