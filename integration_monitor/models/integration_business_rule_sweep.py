"""The sweep of business rules: one statement a rule finds what is new, changed and gone."""

import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: New exceptions of a rule in one run.
BATCH = 100
#: Documents that are older are no longer looked at, unless an exception about them is open.
LOOKBACK_DAYS = 365
#: What a person resolved although it is still so is asked again after this time.
TRUST = timedelta(days=1)
SWEEP_TIMEOUT_MS = 60_000
PREVIEW_TIMEOUT_MS = 10_000

_FINDING = SQL(
    """j.res_model, j.res_id, j.company_id, j.partner_id, j.since, j.amount, j.facts, j.detail,
       j.dedupe_key"""
)


class IntegrationBusinessRule(models.Model):
    """Every rule is judged by itself: one that fails does not blind the others."""

    _inherit = "integration.business.rule"

    @api.model
    def _sweep(self, now=None):
        """Judge all rules, one transaction each; the scheduled action.

        :param datetime now: UTC
        """
        now = now or fields.Datetime.now()
        rules = self.sudo().search([])  # the engine watches all companies
        for done, rule in enumerate(rules, 1):
            rule._sweep_safely(now)
            if self.env.context.get("cron_id"):
                self.env["ir.cron"]._commit_progress(1, remaining=len(rules) - done)

    def _sweep_safely(self, now):
        """Judge one rule; note why if that fails."""
        try:
            with self.env.cr.savepoint():
                self._limit_time(SWEEP_TIMEOUT_MS)
                self._sweep_one(now)
                self._limit_time()
        except psycopg2.errors.SerializationFailure:
            raise
        except Exception as error:
            # One rule must not blind the others; the log has the reason, the rule a word of it.
            _logger.exception("Business rule %s failed", self.id)
            self.env.invalidate_all(flush=False)
            self.write({"swept_at": now, "last_error": self._failure_text(error)})

    def _sweep_one(self, now):
        """Open what is new, tell what changed, close what is no longer so.

        :return: the exceptions opened or told of again
        """
        self.ensure_one()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                %(judged)s
                SELECT 'found', count(*)::int, NULL, NULL::int, NULL::int, NULL::int,
                       NULL::timestamp, NULL::float, NULL, NULL::jsonb, NULL
                  FROM judged j
                 UNION ALL
                SELECT 'open', count(*)::int, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
                  FROM mine
                 UNION ALL
                SELECT 'close', mine.id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
                  FROM mine
                 WHERE NOT EXISTS (SELECT 1 FROM judged j
                                    WHERE j.exception_id = mine.id AND j.verdict <> 'accepted')
                 UNION ALL
               (SELECT j.verdict, j.exception_id, %(finding)s
                  FROM judged j
                 WHERE j.verdict IN ('new', 'changed')
                 ORDER BY j.verdict, j.since, j.dedupe_key
                 LIMIT %(limit)s)
                """,
                judged=self._judged(now),
                finding=_FINDING,
                limit=BATCH,
            )
        )
        count = {row[0]: row[1] for row in rows if row[0] in ("found", "open")}
        exceptions = self.env["integration.exception"]
        closing = exceptions.browse([row[1] for row in rows if row[0] == "close"])
        if closing:
            closing._resolve("auto")
        room = max(self.max_open - count["open"] + len(closing), 0)
        telling = [row for row in rows if row[0] == "changed"]
        telling += [row for row in rows if row[0] == "new"][:room]
        opened = exceptions
        if telling:
            opened = exceptions._open(self._exception_values([row[2:] for row in telling], now))
        self.write({"swept_at": now, "found_count": count["found"], "last_error": False})
        self.env.flush_all()
        return opened

    def _judged(self, now, companies=None):
        """Return the common table expressions ``found``, ``mine`` and ``judged``.

        ``judged`` has the findings with ``exception_id`` (the open one) and ``verdict``: new,
        open, changed (open with other facts), early (within the grace) or accepted (a person
        ignored these facts, or resolved them a moment ago).

        :param companies: only these companies
        """
        self.ensure_one()
        conditions = [SQL("f.company_id IS NOT NULL")]
        if companies is not None:
            conditions.append(SQL("f.company_id = ANY(%s)", companies.ids))
        if self.company_ids:
            conditions.append(SQL("f.company_id = ANY(%s)", self.company_ids.ids))
        if self.warehouse_ids:
            conditions.append(SQL("f.warehouse_id = ANY(%s)", self.warehouse_ids.ids))
        return SQL(
            """
            WITH found AS MATERIALIZED (
                SELECT f.res_model, f.res_id, f.company_id, f.partner_id, f.since,
                       f.amount::float AS amount, COALESCE(f.facts, '') AS facts, f.detail,
                       'rule:' || %(rule)s || ':' || f.key AS dedupe_key
                  FROM (%(find)s) f
                 WHERE %(conditions)s
            ), mine AS MATERIALIZED (
                SELECT e.id, e.dedupe_key, e.business_facts FROM integration_exception e
                 WHERE e.business_rule_id = %(rule)s AND e.is_open
            ), judged AS MATERIALIZED (
                SELECT f.*, mine.id AS exception_id,
                       CASE WHEN COALESCE(mine.business_facts, '') = f.facts AND mine.id IS NOT NULL
                                 THEN 'open'
                            WHEN EXISTS (
                                 SELECT 1 FROM integration_exception e
                                  WHERE e.dedupe_key = f.dedupe_key
                                    AND COALESCE(e.business_facts, '') = f.facts
                                    AND (e.state IN ('ignored', 'discarded')
                                         OR e.state = 'resolved' AND e.resolution = 'manual'
                                            AND e.resolved_at > %(trusted)s)) THEN 'accepted'
                            WHEN mine.id IS NOT NULL THEN 'changed'
                            WHEN f.since > %(due)s THEN 'early'
                            ELSE 'new' END AS verdict
                  FROM found f LEFT JOIN mine ON mine.dedupe_key = f.dedupe_key
            )""",
            rule=self.id,
            find=self._find(now),
            conditions=SQL(" AND ").join(conditions),
            trusted=now - TRUST,
            due=now - timedelta(minutes=self.grace_minutes),
        )

    def _find(self, now):
        """Return the query of what meets the rule, as one row for each matter.

        Columns: ``key`` (text, what tells the matters of a rule apart), ``res_model``, ``res_id``
        (the document), ``company_id``, ``warehouse_id``, ``partner_id``, ``since`` (UTC, NULL:
        for long), ``amount`` (at stake, company currency), ``facts`` (text; what a person ignored
        comes back when they differ) and ``detail`` (jsonb; values for the text, see
        :meth:`_check_words`; ``source_model``, ``source_key``, ``source_value`` name the record
        to correct).

        :rtype: SQL
        """
        return getattr(self, f"_find_{self.check_code}")(now)

    def _watched(self, model, document, date, now):
        """Return the condition that a document is looked at: young enough, or with an exception.

        :param str model: the document's model
        :param SQL document: its id
        :param SQL date: its date, UTC
        """
        return SQL(
            """(%(date)s >= %(oldest)s
                OR %(document)s IN (SELECT e.res_id FROM integration_exception e
                                     WHERE e.business_rule_id = %(rule)s AND e.is_open
                                       AND e.res_model = %(model)s))""",
            date=date,
            oldest=max(self.watch_from, now - timedelta(days=LOOKBACK_DAYS)),
            document=document,
            rule=self.id,
            model=model,
        )

    def _limit_time(self, milliseconds=None):
        """Let no statement of this transaction run longer; None: as long as ever."""
        limit = SQL("%s", milliseconds) if milliseconds else SQL("DEFAULT")
        self.env.cr.execute(SQL("SET LOCAL statement_timeout TO %s", limit))

    def _failure_text(self, error):
        """Say in a sentence why the rule could not be judged."""
        if isinstance(error, psycopg2.errors.QueryCanceled):
            return self.env._(
                "The database needs too long for it: let it watch from a later moment, or narrow "
                "its conditions."
            )
        # The database's words may quote values of documents.
        words = error.args[0] if isinstance(error, UserError) else type(error).__name__
        return self.env._("It could not be judged: %s", words)
