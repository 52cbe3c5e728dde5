"""The drain job: claim, commit, work, settle, commit, until nothing is due."""

import logging
import time

from psycopg2 import OperationalError, errorcodes

from odoo import fields, models
from odoo.tools import SQL

from ..instrumentation import log_writer
from ..tools.dead_peers import NOTICED_WITHIN_A_MINUTE
from .integration_flow_load import CLAIMED_COLUMNS
from .integration_flow_wake import LIVE_REASONS

_logger = logging.getLogger(__name__)

SLICE_SECONDS = 20.0
# A lane that got no lease of its endpoint looks again after so long.
LEASE_SECONDS = 3
# A call does not wait for the disk to have its claim: a PostgreSQL that dies within the second
# leaves the message as it was, and it is sent again with the same idempotency key to the same
# endpoint, as it is when a worker dies before it settles. Where it might go elsewhere instead, to
# another endpoint or to a person, the claim is on disk first. What is handled here counts its
# attempts on disk: it may be what the database dies of.
QUICK_COMMIT = SQL("SET LOCAL synchronous_commit TO off;")
CONFLICT_CODES = (
    errorcodes.SERIALIZATION_FAILURE,
    errorcodes.DEADLOCK_DETECTED,
    errorcodes.LOCK_NOT_AVAILABLE,
)


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
        self._load_for_work()
        closed = self._leave_at_gate()
        if closed:
            return closed
        if not self._account_works():
            self._commit_step()
            return self.env._("Waits: the service account cannot be used.")
        settled = 0
        for endpoint in self._ways():
            turn = self._new_turn(SLICE_SECONDS, endpoint)
            self._run(turn)
            settled += turn.settled
        log_writer.flush()
        return self.env._("%(count)s messages settled", count=settled)

    def _ways(self):
        """:return: the endpoints to which this run of the lane sends, one after the other"""
        return [self.sudo().endpoint_id]  # endpoints are for administrators

    def _run(self, turn):
        """Work on the messages that are due at the turn's endpoint; commits."""
        while self._lock_lane(turn):
            leased, yielded = turn.slot is not None, False
            try:
                while leased and not yielded and turn.rest > 0 and self._drain_one(turn):
                    yielded = self._yields(turn)
            finally:
                self._unlock_lane(turn)
            if turn.rest <= 0:
                # The lane's rest continues in a new job, so that other lanes get their turn.
                self.sudo()._wake()
                self._commit_step()
                break
            # A message committed after our last look found the lane taken: look once more.
            if not self._has_due(turn):
                break
            if not leased:
                # All places of the endpoint are taken: this worker is for others.
                turn.wake_in(LEASE_SECONDS)
            if not leased or yielded or turn.token_wait:
                break
        self._wake_again(turn)
        if turn.gated:
            self._show_gate()

    def _drain_one(self, turn):
        """Claim, work on and settle one message, or a batch of them.

        :param turn: the ``Turn`` of this run of the lane
        :return: whether the lane may go on
        """
        self._load_for_work()
        self._read_limits(turn)
        if turn.batches and self._drain_batch(turn):
            return True
        self._load_for_work()
        try:
            claim = self._claim(turn)
            if turn.token_wait:
                self._rollback_step()
                return self._wait_for_token(turn)
            if not claim:
                # A token that was taken for nothing goes back.
                self._rollback_step()
                return False
            message = self.env["integration.message"].browse(claim[0])
            known = message._known_of_claim(turn)
            self._commit_step()
            turn.watched = True
        except OperationalError as error:
            if error.pgcode not in CONFLICT_CODES:
                raise
            # Somebody touched the same row: look again with a new snapshot.
            self._rollback_step()
            return self._has_due(turn)
        message_id, attempt = claim
        began = time.monotonic()
        if not message._work(attempt, known):
            turn.suspect = True
        else:
            turn.worked_alone(time.monotonic() - began)
        if turn.probe:
            self._end_probe(turn, message_id)
        turn.settled += 1
        log_writer.flush()
        return True

    def _claim(self, turn=None):
        """Take the next due message: state processing, one attempt more.

        Switches and gates are read afresh in the same statement, so that a pause acts at once.

        :param turn: the ``Turn`` of this run of the lane; None: without limits of the endpoint
        :return: tuple (message id, attempt) or None
        """
        if turn is not None:
            turn.claimed = ()
            if not self._take_token(turn):
                return None
        now = fields.Datetime.now()
        # First, as no message is due while the breaker is not closed: looking for one reads all.
        probe = self._claim_probe(turn, now) if turn is not None and turn.suspect else None
        if probe:
            return probe
        self.env.cr.execute(self._claim_query(now, turn, retries=turn is None or turn.retries))
        row = self.env.cr.fetchone()
        if not row:
            return None
        claim, claimed = row[:5], row[5:]
        if not self._within_budget(turn, claim):
            self._rollback_step()
            self._hold_retries(turn)
            return self._claim(turn)
        if not self._within_pace(turn, claim):
            return None
        if turn is not None:
            turn.claimed = claimed
        return claim[:2]

    def _claim_query(self, now, turn=None, retries=True, probe=False):
        """:return: the statement that claims the next due message"""
        return SQL(
            """%(settings)s WITH due AS MATERIALIZED (%(due)s)
               UPDATE integration_message m SET %(values)s %(way)s FROM due WHERE m.id = due.id
            RETURNING m.id, m.attempt_count, m.attempt_count - COALESCE(m.attempt_start, 0),
                      m.answer IS NOT NULL, m.received_at, %(claimed)s""",
            settings=self._claim_settings(turn),
            claimed=CLAIMED_COLUMNS,
            due=self._due_query(now, turn, retries=retries, probe=probe),
            values=self._claim_values(now),
            way=self._way_assignment(turn),
        )

    def _claim_settings(self, turn):
        """:return: what the claiming transaction sets of the connection, with the same statement"""
        settings = []
        if turn is not None and not turn.watched:
            settings.append(SQL(NOTICED_WITHIN_A_MINUTE))
        if turn is not None and not turn.durable:
            settings.append(QUICK_COMMIT)
        return SQL(" ").join(settings)

    def _claim_values(self, now):
        """:return: what a claim sets on message ``m``"""
        return SQL(
            """state = 'processing', held = FALSE, hold_reason = NULL,
               attempt_count = COALESCE(m.attempt_count, 0) + 1,
               budget_at = COALESCE(m.budget_at, %(now)s), claimed_at = %(now)s,
               last_job_uuid = %(job)s, write_date = %(now)s""",
            now=now,
            job=self.env.context.get("job_uuid") or None,
        )

    def _way_assignment(self, turn):
        """:return: what a claim writes down of the endpoint that it sends to"""
        return SQL("")

    def _way_condition(self, turn, now):
        """:return: the condition on message ``m`` and flow ``f`` for the turn's endpoint"""
        return SQL("TRUE")

    def _has_due(self, turn=None):
        """:return: whether a message of this lane could be claimed now, see :meth:`_next_due`"""
        return self._next_due(turn) is not None

    def _next_due(self, turn=None):
        """Look with a new snapshot; a row that another transaction holds does not count.

        :param turn: the ``Turn`` of this run of the lane, when its retries may have to wait
        :return: id of the message that would be claimed now, or None
        """
        self._rollback_step()
        self._load_for_work()
        retries = turn is None or turn.retries
        self.env.cr.execute(self._due_query(fields.Datetime.now(), turn, retries=retries))
        row = self.env.cr.fetchone()
        self._rollback_step()
        return row[0] if row else None

    def _due_query(self, now, turn=None, retries=True, probe=False, limit=1):
        """The next due messages of this lane, by priority and age, locked.

        A held message is skipped unless its switch was released meanwhile. With ``ordering`` a
        message waits for those before it (see ``integration_message_ordering``).

        :param turn: the ``Turn`` of this run of the lane
        :param bool retries: False: first attempts only
        :param bool probe: the message that tries whether an endpoint answers again
        :param int limit: so many messages at most
        """
        self.ensure_one()
        return SQL(
            """SELECT m.id, m.priority, m.attempt_count
                 FROM integration_message m
                 JOIN integration_flow f ON f.id = m.flow_id
                 LEFT JOIN integration_endpoint e ON e.id = %(endpoint)s
                WHERE m.flow_id = %(flow)s AND m.state IN ('pending', 'retry')
                  AND (m.held IS NOT TRUE OR m.hold_reason IN %(live)s)
                  AND (m.next_attempt_at IS NULL OR m.next_attempt_at <= %(now)s)
                  AND f.active AND f.state = 'active'
                  AND (e.id IS NULL OR (e.active AND e.state = 'active'))
                  AND %(gate)s AND %(budget)s AND %(way)s AND %(first)s
                ORDER BY m.priority, m.id
                LIMIT %(limit)s
                  FOR NO KEY UPDATE OF m SKIP LOCKED""",
            flow=self.id,
            limit=limit,
            now=now,
            live=LIVE_REASONS,
            endpoint=SQL("f.endpoint_id")
            if turn is None or not turn.elsewhere
            else turn.endpoint_id,
            way=self._way_condition(turn, now),
            gate=self._gate_condition(now, probe=probe),
            budget=SQL("TRUE")
            if retries
            else SQL("m.attempt_count <= COALESCE(m.attempt_start, 0)"),
            first=self._first_condition(),
        )

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
