"""States of issues: judged by ``tools.issue_state``, read and written for many at once."""

from datetime import timedelta

import psycopg2

from odoo import api, models
from odoo.tools import SQL

from ..tools.issue_state import Facts, next_state
from ..tools.observation import CLOCK_SKEW, utcnow

# Issues judged by one sweep: those that changed least recently come first.
SWEEP_LIMIT = 5000
KEPT_DAYS = 400
GC_BATCH = 500
_HISTORY = timedelta(days=8)


class IntegrationIssue(models.Model):
    """Transitions by the clock and by what was seen."""

    _inherit = "integration.issue"

    @api.model
    def _auto_resolve_days(self):
        """:return: days of silence after which an issue counts as resolved; 0: never"""
        return self.env["ir.config_parameter"]._integration_number("issue_auto_resolve_days")

    @api.model
    def _sweep_states(self):
        """Scheduled hourly: what only time changes; news grow old, escalations end, silence.

        Runs and commits on a cursor of its own, as the roll-up does.

        :return: whether it ran; False when the roll-up changed the same issues at this moment
        """
        try:
            with self.env.registry.cursor() as cr:
                self._sweep_states_on(cr)
                return True
        except psycopg2.errors.SerializationFailure:
            return False

    @api.model
    def _sweep_states_on(self, cr):
        """The work of :meth:`_sweep_states` in the transaction of ``cr``."""
        self.env["integration.exception"].flush_model()
        self.flush_model()
        self._refresh_stakes(cr)
        cr.execute(
            SQL(
                "SELECT id FROM integration_issue WHERE state != 'resolved'"
                " ORDER BY state_since, id LIMIT %s",
                SWEEP_LIMIT,
            )
        )
        self._move_states(cr, {row[0] for row in cr.fetchall()})
        self.invalidate_model()

    @api.autovacuum
    def _gc_issues(self):
        """Remove resolved issues that were not seen for longer than figures are kept.

        :return: tuple (number removed, whether more may be left)
        """
        limit = self.env["integration.log"]._retention_now() - timedelta(days=KEPT_DAYS)
        old = self.search([("state", "=", "resolved"), ("last_seen", "<", limit)], limit=GC_BATCH)
        old.unlink()
        return len(old), len(old) == GC_BATCH

    @api.model
    def _move_states(self, cr, issue_ids):
        """Give issues the states they should have now: two statements for any number.

        :param set issue_ids: what was seen, or what may have grown old
        """
        if not issue_ids:
            return
        now = utcnow()
        days = self._auto_resolve_days()
        moved = [
            (issue_id, state)
            for issue_id, facts in self._facts(cr, issue_ids, now)
            if (state := next_state(facts, now, days)) != facts.state
        ]
        if moved:
            self._write_states(cr, moved, now)

    @api.model
    def _facts(self, cr, issue_ids, now):
        """:return: list of (id, ``Facts``) of the issues"""
        cr.execute(
            SQL(
                """SELECT i.id, i.state, i.state_since, i.first_seen, i.last_seen, i.count,
                          i.archived_until, i.archived_count, i.user_id IS NOT NULL,
                          i.open_exception_count, o.hours, o.numbers
                     FROM integration_issue i
                     LEFT JOIN LATERAL (
                          SELECT array_agg(hour) AS hours, array_agg(count) AS numbers
                            FROM integration_issue_occurrence
                           WHERE issue_id = i.id AND hour >= %s) o ON TRUE
                    WHERE i.id = ANY(%s)""",
                now - _HISTORY,
                sorted(issue_ids),
            )
        )
        return [
            (
                issue_id,
                Facts(
                    state=state,
                    state_since=since,
                    first_seen=first,
                    # In the future, of a clock that was set back: not seen since anybody decided.
                    last_seen=last if last <= now + CLOCK_SKEW else min(last, since, now),
                    count=count or 0,
                    hourly=dict(zip(hours or (), numbers or (), strict=True)),
                    archived_until=until,
                    archived_count=limit or None,  # the ORM writes zero for none
                    taken=taken,
                    open_exceptions=waiting or 0,
                ),
            )
            for (
                issue_id,
                state,
                since,
                first,
                last,
                count,
                until,
                limit,
                taken,
                waiting,
                hours,
                numbers,
            ) in cr.fetchall()
        ]

    @api.model
    def _write_states(self, cr, moved, now):
        """Write new states: one statement."""
        cr.execute(
            SQL(
                """UPDATE integration_issue i
                      SET state = v.state, state_since = %(now)s,
                          state_rank = array_position(
                              ARRAY['escalating', 'regressed', 'new', 'ongoing', 'archived',
                                    'resolved'], v.state) - 1,
                          resolved_at = CASE WHEN v.state = 'resolved' THEN %(now)s END,
                          resolved_by_id = NULL, archived_until = NULL, archived_count = NULL,
                          write_date = %(now)s
                     FROM (VALUES %(moved)s) AS v (id, state)
                    WHERE i.id = v.id::int""",
                now=now,
                moved=SQL(", ").join(SQL("%s", row) for row in moved),
            )
        )
