"""Where a lane waits: breaker, maintenance, the partner's wish to wait, retry budget."""

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

from .integration_flow_drain import CONFLICT_CODES

# Holds that end by themselves at a known time, or by a probe.
GATES = ("maintenance", "breaker", "rate_limit")
# Retries beyond the budget wait so long until it is looked at again.
BUDGET_SECONDS = 30
BUDGET_BATCH = 1000


class IntegrationFlow(models.Model):
    """The gates of an endpoint, as the lanes see them. Inbound lanes call nobody."""

    _inherit = "integration.flow"

    def _hold_reason(self):
        """Add what concerns the endpoint: maintenance, breaker, pause of the partner."""
        reason = super()._hold_reason()
        if reason or self.direction != "outbound":
            return reason
        return self.endpoint_id._hold_reason(fields.Datetime.now())

    def _gate_opens_at(self):
        """:return: (whether the endpoint's gate is closed, when it opens or None)"""
        if self.direction != "outbound":
            return False, None
        return self.endpoint_id._gate(fields.Datetime.now())

    def _working_since(self, endpoint, now):
        """Return the last moment at which messages had to wait for flow or endpoint, or None.

        The time until a message is given up is counted from there: waiting is no attempt.

        :param endpoint: where its messages, or those in question, are sent; unless it is inbound
        :param datetime now: UTC
        """
        moments = [self.resumed_at]
        if self.direction == "outbound":
            moments.append(endpoint._available_since(now))
        return max((moment for moment in moments if moment and moment <= now), default=None)

    def _leave_at_gate(self):
        """Show what waits as held when the lane has nothing to do before a known time.

        :return: text for the job, or False when the lane may work
        """
        reason = self.sudo()._hold_reason()
        if reason == "environment":
            self._sync_holds()
            self._commit_step()
            return self.env._("Held: this Odoo belongs to another environment.")
        if reason not in GATES or not self.sudo()._gate_opens_at()[0]:
            return False
        self._show_gate()
        labels = dict(
            self.env["integration.message"]._fields["hold_reason"]._description_selection(self.env)
        )
        return self.env._("Held: %(reason)s.", reason=labels[reason])

    def _show_gate(self):
        """Come back when the gate opens; show or release what waits for the endpoint.

        Commits. What is shown is corrected by the sweep, should somebody work on the same rows.
        """
        flow = self.sudo()  # bookkeeping of the engine, which the service account may not write
        opens_at = flow._look_again_at()
        if opens_at and flow._has_waiting():
            flow._wake(eta=opens_at)
        self._commit_step()
        try:
            (flow.endpoint_id._outbound_flows() | flow)._sync_holds()
            self._commit_step()
        except OperationalError as error:
            self._rollback_step()
            if error.pgcode not in CONFLICT_CODES:
                raise

    def _look_again_at(self):
        """:return: when the next closed gate of the lane opens by itself, or None"""
        closed, opens_at = self._gate_opens_at()
        return opens_at if closed else None

    def _has_waiting(self):
        """:return: whether a message of this lane waits, due or not"""
        self.env.cr.execute(
            SQL(
                """SELECT 1 FROM integration_message
                    WHERE flow_id = %s AND state IN ('pending', 'retry') LIMIT 1""",
                self.id,
            )
        )
        return bool(self.env.cr.fetchone())

    def _within_budget(self, turn, claim):
        """Tell whether a claimed message may be tried; retries only within the budget.

        :param claim: row (id, attempt, attempts of the present budget, whether it has an answer,
            when it was received)
        """
        _message_id, _attempt, tries, answered, _received_at = claim
        if turn is None or turn.endpoint_id is None or tries <= 1 or answered:
            return True
        return self._turn_endpoint(turn)._may_retry(fields.Datetime.now())

    def _hold_retries(self, turn):
        """Let the due retries of this lane wait; first attempts go on. Commits."""
        turn.retries = False
        turn.wake_in(BUDGET_SECONDS)
        self.env.cr.execute(
            SQL(
                """UPDATE integration_message SET held = TRUE, hold_reason = 'budget'
                    WHERE id IN (
                          SELECT id FROM integration_message
                           WHERE flow_id = %(flow)s AND state = 'retry' AND held IS NOT TRUE
                             AND attempt_count > COALESCE(attempt_start, 0)
                             AND (next_attempt_at IS NULL OR next_attempt_at <= %(now)s)
                           ORDER BY priority, id LIMIT %(batch)s
                             FOR NO KEY UPDATE SKIP LOCKED)""",
                flow=self.id,
                now=fields.Datetime.now(),
                batch=BUDGET_BATCH,
            )
        )
        self._commit_step()
        try:
            # The engine says of the transactions why they wait.
            self.sudo()._refresh_waiting_blame()
            self._commit_step()
        except OperationalError as error:
            self._rollback_step()
            if error.pgcode not in CONFLICT_CODES:
                raise

    def _claim_probe(self, turn, now):
        """Claim the one message that tries whether the partner answers again.

        In the transaction that claims the message, so that both or none is ours.

        :return: as :meth:`_claim`
        """
        turn.gated = self._is_gated(turn, now)
        if not turn.gated:
            return None
        endpoint = self._turn_endpoint(turn)
        if endpoint._gate(now)[0] or not endpoint._try_lock():
            return None
        self.env.cr.execute(self._claim_query(now, turn, probe=True))
        claim = self.env.cr.fetchone()
        if not claim:
            return None
        if not endpoint._give_probe(claim[0], now):
            self._rollback_step()
            return None
        self.env.flush_all()
        turn.probe = True
        return claim[0], claim[1]

    def _is_gated(self, turn, now):
        """:return: whether something else than the messages keeps the lane from working"""
        if turn.endpoint_id is None:
            return False
        self.env.cr.execute(
            SQL(
                """SELECT 1 FROM integration_endpoint e
                    WHERE e.id = %s AND (e.breaker_state <> 'closed' OR e.throttled_until > %s
                          OR (e.maintenance_from <= %s AND e.maintenance_until > %s))""",
                turn.endpoint_id, now, now, now,
            )
        )  # fmt: skip
        return bool(self.env.cr.fetchone())

    def _end_probe(self, turn, message_id):
        """After the probe: take it back if it told nothing, and release or hold what waits."""
        turn.probe = False
        self._turn_endpoint(turn)._release_probe(message_id)
        self._set_pace(turn, fields.Datetime.now())
        self._show_gate()

    @api.model
    def _open_condition(self, now):
        """Return the condition on flow ``f`` and endpoint ``e`` for a lane that nothing holds."""
        return SQL(
            """(e.id IS NULL OR f.direction = 'inbound' OR (
                   COALESCE(e.breaker_state, 'closed') = 'closed'
                   AND (e.throttled_until IS NULL OR e.throttled_until <= %(now)s)
                   AND (e.maintenance_from <= %(now)s AND e.maintenance_until > %(now)s)
                       IS NOT TRUE))""",
            now=now,
        )

    def _gate_condition(self, now, probe=False):
        """Return the condition on message ``m``, flow ``f`` and endpoint ``e`` for being due.

        :param bool probe: as the one message that is sent although the breaker is not closed
        """
        breaker = (
            SQL("(e.breaker_state <> 'closed' AND m.answer IS NULL)")
            if probe
            # What the partner has answered already needs no call.
            else SQL("(COALESCE(e.breaker_state, 'closed') = 'closed' OR m.answer IS NOT NULL)")
        )
        return SQL(
            """(e.id IS NULL OR f.direction = 'inbound' OR (
                   (e.throttled_until IS NULL OR e.throttled_until <= %(now)s)
                   AND (e.maintenance_from <= %(now)s AND e.maintenance_until > %(now)s) IS NOT TRUE
                   AND %(breaker)s))""",
            now=now,
            breaker=breaker,
        )
