"""Counting issues: set-based, from the lines that the roll-up finds new, and from exceptions."""

import logging

import psycopg2

from odoo import SUPERUSER_ID, api, models
from odoo.tools import SQL

from ..tools import fingerprint
from ..tools.errors import category_of
from ..tools.observation import CLOCK_SKEW, utcnow

_logger = logging.getLogger(__name__)

# Distinct faults that one statement takes up.
MAX_FAULTS = 2000
_PAGE = 500
_INT4 = 2**31 - 1

_NEW_FAULTS = """
    WITH lines AS MATERIALIZED (
        -- A fault of the future, of a clock that was set back since, was seen now at the latest.
        SELECT fingerprint, COALESCE(company_id, 0) AS company, message_id, kind,
               date_trunc('hour', least(occurred_at, %(now)s)) AS hour, sum(count) AS n,
               min(least(occurred_at, %(now)s)) AS first_seen,
               max(least(occurred_at, %(now)s)) AS last_seen, min(id) AS sample
          FROM integration_log_data
         WHERE %(new)s AND outcome = 'error' AND fingerprint IS NOT NULL
         GROUP BY 1, 2, 3, 4, 5
    ), attempts AS (
        -- The call and the message that made it are one failure: the kind with most lines counts.
        SELECT fingerprint, company, hour, max(n) AS n, min(first_seen) AS first_seen,
               max(last_seen) AS last_seen, min(sample) AS sample
          FROM lines WHERE message_id IS NOT NULL GROUP BY fingerprint, company, message_id, hour
         UNION ALL
        SELECT fingerprint, company, hour, n, first_seen, last_seen, sample
          FROM lines WHERE message_id IS NULL
    ), hours AS (
        SELECT fingerprint, company, hour, sum(n) AS n, min(first_seen) AS first_seen,
               max(last_seen) AS last_seen, min(sample) AS sample
          FROM attempts GROUP BY 1, 2, 3
    )
    SELECT fingerprint, company, sum(n)::bigint, min(first_seen), max(last_seen), min(sample),
           array_agg(hour), array_agg(n::bigint)
      FROM hours GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""
_SAMPLES = """
    SELECT id, error_class, error_message, system_id, endpoint_id, flow_id, kind, direction,
           message_id, host, operation
      FROM integration_log_data WHERE id = ANY(%s) AND occurred_at >= %s
"""
_LATEST = f"excluded.write_date + interval '{CLOCK_SKEW.total_seconds()} s'"
_UPSERT = f"""
    INSERT INTO integration_issue AS i (
           fingerprint, company_id, name, sample_message, error_class, category, state, state_rank,
           system_id, endpoint_id, flow_id, first_seen, last_seen, state_since, count,
           open_exception_count, amount_at_stake, create_uid, write_uid, create_date, write_date)
    VALUES %s
    ON CONFLICT (fingerprint, COALESCE(company_id, 0)) DO UPDATE SET
           count = least(i.count::bigint + excluded.count, 2147483647),
           first_seen = least(i.first_seen, excluded.first_seen),
           -- What a clock told that was set back since would stand until it is there again.
           last_seen = greatest(CASE WHEN i.last_seen <= {_LATEST} THEN i.last_seen END,
                                excluded.last_seen),
           state_since = CASE WHEN i.state_since <= {_LATEST} THEN i.state_since
                              ELSE excluded.write_date END,
           sample_message = excluded.sample_message,
           write_date = excluded.write_date
    RETURNING i.id, i.fingerprint, COALESCE(i.company_id, 0)
"""
_ROW = "(%s, %s, %s, %s, %s, %s, 'new', 2, %s, %s, %s, %s, %s, %s, %s, 0, 0, {uid}, {uid}, %s, %s)"
_HOURS = """
    INSERT INTO integration_issue_occurrence AS o (issue_id, hour, count) VALUES %s
    ON CONFLICT (issue_id, hour) DO UPDATE
       SET count = least(o.count::bigint + excluded.count, 2147483647)
"""

_SAME_FAULT = SQL("i.fingerprint = f.fingerprint AND COALESCE(i.company_id, 0) = f.company_id")


class IntegrationIssue(models.Model):
    """The engine's side of an issue; runs in the transaction of the cursor it is given."""

    _inherit = "integration.issue"

    @api.model
    def _count_faults(self, cr, new):
        """Count new failed lines, take exceptions over, and let states follow.

        :param SQL new: condition on ``integration_log_data`` that holds for the new lines
        """
        self.flush_model()
        self.env["integration.exception"].flush_model()
        cr.execute(SQL(_NEW_FAULTS, new=new, now=utcnow()))
        faults = cr.fetchall()
        seen = set()
        for start in range(0, len(faults), MAX_FAULTS):
            seen |= self._upsert_faults(cr, faults[start : start + MAX_FAULTS])
        seen |= self._take_over_exceptions(cr)
        self._refresh_stakes(cr)
        ordered = sorted(seen)
        for start in range(0, len(ordered), MAX_FAULTS):
            self._move_states(cr, set(ordered[start : start + MAX_FAULTS]))
        self.invalidate_model()
        self.env["integration.issue.occurrence"].invalidate_model()

    @api.model
    def _upsert_faults(self, cr, faults):
        """Add faults to their issues. :return: set of the issues' ids"""
        # The time lets PostgreSQL leave older partitions alone.
        since = min(fault[3] for fault in faults)
        cr.execute(SQL(_SAMPLES, [fault[5] for fault in faults], since))
        samples = {line["id"]: line for line in cr.dictfetchall()}
        rows = []
        for mark, company, number, first, last, sample, _hours, _numbers in faults:
            line = samples.get(sample) or {}
            error_class, text = line.get("error_class"), line.get("error_message")
            rows.append(
                (
                    mark,
                    company or None,
                    self._title(line) or error_class or "?",
                    text,
                    error_class,
                    category_of(error_class),
                    line.get("system_id"),
                    line.get("endpoint_id"),
                    line.get("flow_id"),
                    first,
                    last,
                    first,
                    min(number, _INT4),
                )
            )
        found = self._insert_issues(cr, rows)
        ids = {(mark, company): issue_id for issue_id, mark, company in found}
        hours = [
            (ids[mark, company], hour, min(number, _INT4))
            for mark, company, *_rest, starts, numbers in faults
            for hour, number in zip(starts, numbers, strict=True)
        ]
        cr.execute_values(_HOURS, hours, page_size=_PAGE)
        return set(ids.values())

    @api.model
    def _title(self, line):
        """:return: what names the faults that are like this line, with what ran or the host"""
        scope = fingerprint.scope_of(line)
        return fingerprint.title(line.get("error_message"), scope["operation"] or scope["host"])

    @api.model
    def _take_over_exceptions(self, cr):
        """Make issues of open exceptions that have none, and note when they were seen last.

        :return: set of the ids of issues that were made or seen again
        """
        cr.execute(
            SQL(
                """UPDATE integration_issue i
                      SET last_seen = greatest(i.last_seen, f.last_seen), category = f.category
                     FROM (%s) f
                    WHERE %s AND (i.last_seen < f.last_seen OR i.category != f.category)
                RETURNING i.id""",
                self._exception_faults(),
                _SAME_FAULT,
            )
        )
        return {row[0] for row in cr.fetchall()} | self._insert_missing(cr)

    @api.model
    def _insert_missing(self, cr, exception_ids=None):
        """Make issues of open exceptions that have none. :return: set of their ids

        :param exception_ids: of these exceptions only
        """
        cr.execute(
            SQL(
                """SELECT f.* FROM (%s) f
                    WHERE NOT EXISTS (SELECT 1 FROM integration_issue i WHERE %s) LIMIT %s""",
                self._exception_faults(exception_ids),
                _SAME_FAULT,
                MAX_FAULTS,
            )
        )
        rows = [
            (mark, company, fingerprint.title(text) or "?", text, error_class, category)
            + (*where, first, last, first, 0)
            for mark, company, error_class, category, text, *where, first, last in cr.fetchall()
        ]
        return {row[0] for row in self._insert_issues(cr, rows)} if rows else set()

    @api.model
    def _exception_faults(self, exception_ids=None):
        """:return: query of the faults of open exceptions, with their newest words"""
        return SQL(
            """SELECT DISTINCT ON (fingerprint, company_id)
                      fingerprint, company_id, error_class, category,
                      COALESCE(error_message, name) AS text, system_id, endpoint_id, flow_id,
                      opened_at, greatest(opened_at, last_seen_at) AS last_seen
                 FROM integration_exception
                WHERE is_open AND fingerprint IS NOT NULL %s
                ORDER BY fingerprint, company_id, last_seen_at DESC NULLS LAST""",
            SQL("AND id = ANY(%s)", list(exception_ids)) if exception_ids is not None else SQL(),
        )

    @api.model
    def _insert_issues(self, cr, rows):
        """Insert or add to issues. :return: rows of (id, fingerprint, company or 0)"""
        template = _ROW.format(uid=int(self.env.uid or SUPERUSER_ID))
        now = utcnow()
        rows = [(*row, now, now) for row in rows]
        return cr.execute_values(_UPSERT, rows, template=template, page_size=_PAGE, fetch=True)

    @api.model
    def _refresh_stakes(self, cr, issue_ids=None):
        """Take over how many exceptions are open and what they cost, where it changed.

        :param issue_ids: only these; default: all
        """
        cr.execute(
            SQL(
                """UPDATE integration_issue i
                      SET open_exception_count = COALESCE(e.n, 0),
                          amount_at_stake = COALESCE(e.amount, 0)
                     FROM integration_issue j
                     LEFT JOIN (SELECT fingerprint, company_id, count(*) AS n,
                                       sum(amount_at_stake) AS amount
                                  FROM integration_exception
                                 WHERE is_open AND fingerprint IS NOT NULL
                                 GROUP BY 1, 2) e
                       ON e.fingerprint = j.fingerprint
                          AND e.company_id = COALESCE(j.company_id, 0)
                    WHERE i.id = j.id %s
                      AND (j.open_exception_count > 0 OR e.n IS NOT NULL)
                      AND (i.open_exception_count, i.amount_at_stake)
                          IS DISTINCT FROM (COALESCE(e.n, 0), COALESCE(e.amount, 0))""",
                SQL("AND i.id = ANY(%s)", list(issue_ids)) if issue_ids is not None else SQL(),
            )
        )

    @api.model
    def _note_exceptions(self, exceptions):
        """Show what was just opened as issues at once; the roll-up does what cannot be done now.

        Only makes what is missing: issues that exist may be locked by the roll-up.

        :param exceptions: ``integration.exception`` records, opened in this transaction
        """
        if not exceptions:
            return
        exceptions.flush_recordset()
        cr = self.env.cr
        try:
            with cr.savepoint(flush=False):
                made = self._insert_missing(cr, exceptions.ids)
                if made:
                    self._refresh_stakes(cr, made)
                    self.invalidate_model()
        except psycopg2.Error as error:
            # Another worker makes the same issue at this moment; the exception itself is kept.
            _logger.info("Issues of new exceptions wait for the roll-up: %s", type(error).__name__)
