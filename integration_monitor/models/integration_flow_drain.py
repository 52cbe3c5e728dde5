"""The drain job: claim, commit, work, settle, commit, until nothing is due."""

import logging
import time

from psycopg2 import OperationalError, errorcodes

from odoo import fields, models
from odoo.tools import SQL

from ..instrumentation import log_writer

_logger = logging.getLogger(__name__)

SLICE_SECONDS = 20.0
CONFLICT_CODES = (
    errorcodes.SERIALIZATION_FAILURE,
    errorcodes.DEADLOCK_DETECTED,
    errorcodes.LOCK_NOT_AVAILABLE,
)
# First key of the advisory lock of a lane; the second is the flow's id.
LANE_LOCK = 0x1A7E


class IntegrationFlow(models.Model):
    """Draining: runs as queue job with its own cursor, as the flow's service account."""

    _inherit = "integration.flow"

    def _drain(self):
        """Work on the due messages of this flow for at most 20 seconds; the job function.

        One drain runs per lane; a second one leaves at once, for the first looks again after it
        has let the lane go. Each message is claimed and committed before it is worked on: a
        worker that dies leaves the claim and the counted attempt behind, for the sweep to find.

        :return: text for the job: how many messages were settled
        """
        self.ensure_one()
        if self.sudo()._hold_reason() == "environment":
            self._sync_holds()
            self._commit_step()
            return self.env._("Held: this Odoo belongs to another environment.")
        if not self._account_works():
            self._commit_step()
            return self.env._("Waits: the service account cannot be used.")
        until = time.monotonic() + SLICE_SECONDS
        settled = 0
        while self._lock_lane():
            try:
                while time.monotonic() < until and self._drain_one():
                    settled += 1
            finally:
                self._unlock_lane()
            if time.monotonic() >= until:
                # The lane's rest continues in a new job, so that other lanes get their turn.
                self.sudo()._wake()
                self._commit_step()
                break
            # A message committed after our last look found the lane taken: look once more.
            if not self._has_due():
                break
        log_writer.flush()
        return self.env._("%(count)s messages settled", count=settled)

    def _drain_one(self):
        """Claim, work on and settle one message.

        :return: whether there was one
        """
        try:
            claim = self._claim()
            self._commit_step()
        except OperationalError as error:
            if error.pgcode not in CONFLICT_CODES:
                raise
            # Somebody touched the same row: look again with a new snapshot.
            self._rollback_step()
            return self._has_due()
        if not claim:
            return False
        message_id, attempt = claim
        self.env["integration.message"].browse(message_id)._work(attempt)
        log_writer.flush()
        return True

    def _claim(self):
        """Take the next due message: state processing, one attempt more.

        Switches are read afresh in the same statement, so that a pause acts at once.

        :return: tuple (message id, attempt) or None
        """
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """UPDATE integration_message
                      SET state = 'processing', held = FALSE, hold_reason = NULL,
                          attempt_count = COALESCE(attempt_count, 0) + 1,
                          budget_at = COALESCE(budget_at, %(now)s), claimed_at = %(now)s,
                          last_job_uuid = %(job)s, write_date = %(now)s
                    WHERE id = (%(next)s)
                RETURNING id, attempt_count""",
                now=now,
                job=self.env.context.get("job_uuid") or None,
                next=self._due_query(now),
            )
        )
        return self.env.cr.fetchone()

    def _has_due(self):
        """Look with a new snapshot; a row that another transaction holds does not count.

        :return: whether a message of this lane could be claimed now
        """
        self._rollback_step()
        self.env.cr.execute(self._due_query(fields.Datetime.now()))
        found = bool(self.env.cr.fetchone())
        self._rollback_step()
        return found

    def _due_query(self, now):
        """The next due message of this lane, by priority and age, locked.

        A held message is skipped unless its switch was released meanwhile. With ``ordering`` a
        message waits for its unfinished predecessors of the same key, but not for the one that it
        repeats.
        """
        self.ensure_one()
        return SQL(
            """SELECT m.id
                 FROM integration_message m
                 JOIN integration_flow f ON f.id = m.flow_id
                 LEFT JOIN integration_endpoint e ON e.id = f.endpoint_id
                WHERE m.flow_id = %(flow)s AND m.state IN ('pending', 'retry')
                  AND (m.held IS NOT TRUE OR m.hold_reason IN ('paused', 'environment'))
                  AND (m.next_attempt_at IS NULL OR m.next_attempt_at <= %(now)s)
                  AND f.active AND f.state = 'active'
                  AND (e.id IS NULL OR (e.active AND e.state = 'active'))
                  AND (f.ordering IS NOT TRUE OR m.ordering_key IS NULL OR NOT EXISTS (
                      SELECT 1 FROM integration_message b
                       WHERE b.flow_id = m.flow_id AND b.ordering_key = m.ordering_key
                         AND b.id < m.id AND b.id IS DISTINCT FROM m.replay_of_id
                         AND b.state IN
                             ('pending', 'processing', 'retry', 'dead', 'quarantined')))
                ORDER BY m.priority, m.id
                LIMIT 1
                  FOR NO KEY UPDATE OF m SKIP LOCKED""",
            flow=self.id,
            now=now,
        )

    def _lock_lane(self):
        """Take the lane for this connection. :return: False when another drain has it"""
        self.env.cr.execute(SQL("SELECT pg_try_advisory_lock(%s, %s)", LANE_LOCK, self.id))
        return self.env.cr.fetchone()[0]

    def _unlock_lane(self):
        """Let the lane go; a connection that died has let it go already."""
        if self.env.cr.closed:
            return
        self._rollback_step()
        self.env.cr.execute(SQL("SELECT pg_advisory_unlock(%s, %s)", LANE_LOCK, self.id))

    def _commit_step(self):
        """End one step of the drain durably.

        Claim and settlement are separate transactions on purpose: a crash between them must
        leave the claim behind. The job function has ``allow_commit``, so this cursor is its own.
        """
        self.env.cr.commit()  # pylint: disable=invalid-commit

    def _rollback_step(self):
        """Forget the current step: its changes, its snapshot and the cached records."""
        self.env.cr.rollback()
        self.env.clear()
