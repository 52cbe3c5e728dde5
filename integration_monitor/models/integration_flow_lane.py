"""One run of a lane: its place at the endpoint, its tokens, and when it comes back."""

import math
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from odoo import fields, models
from odoo.tools import SQL

from ..tools.flow_control import Rate

# First key of the advisory lock of a lane; the second is the flow's id.
LANE_LOCK = 0x1A7E
# First key of the leases of an endpoint is this plus the slot; the second is the endpoint's id.
LEASE_LOCK = 0x1EA5E00
# A lane waits so long for a token itself; for longer it leaves its place to others.
TOKEN_SECONDS = 1.0
# Most messages of a batch, and how long it takes further ones: what is slow works alone.
BATCH_LIMIT = 64
BATCH_SECONDS = 0.1
# Limits that somebody changes while a lane works count after so long.
LOOK_SECONDS = 1.0


@dataclass(slots=True)
class Turn:
    """What one run of a lane knows. ``again`` asks for a wake-up in so many seconds."""

    until: float  # monotonic clock
    endpoint_id: int | None = None
    elsewhere: bool = False  # at another endpoint than the flow's own
    limit: int = 0
    slot: int | None = None
    rate: Rate | None = None
    pace: Rate | None = None  # of what waited for the endpoint
    waited_until: datetime | None = None  # what came before waited for it
    paced: bool = False  # the last claim was of such a message
    retries: bool = True
    token_wait: float = 0.0
    suspect: bool = False  # something failed, or the gate was closed: look before leaving
    gated: bool = False
    probe: bool = False
    again: float | None = None
    settled: int = 0
    inbound: bool = False
    batch: int = 1  # so many messages are claimed at once
    alone: int = 0  # so many are worked on alone before the next batch
    look_at: float = 0.0  # monotonic clock: when the limits are read again
    yield_at: float = field(default_factory=lambda: time.monotonic() + LOOK_SECONDS)
    durable: bool = True  # the claim waits for the disk
    watched: bool = False  # PostgreSQL notices soon if this machine is gone
    claimed: tuple = ()  # the message as it was claimed, see ``integration_message_load``

    def wake_in(self, seconds):
        """Ask for a wake-up in so many seconds, or sooner if somebody asked for that."""
        self.again = seconds if self.again is None else min(self.again, seconds)

    @property
    def batches(self):
        """Whether several messages may be claimed at once: no limit counts each of them."""
        return self.batch > 1 and not (self.rate or self.waited_until or self.suspect)

    def worked_alone(self, seconds):
        """Try a batch next, after a message that was quick."""
        self.alone = max(self.alone - 1, 0)
        self.batch = 2 if not self.alone and seconds < BATCH_SECONDS else 1

    def worked_together(self, claimed, settled, seconds):
        """Take as many as fitted, up to twice as many when all did, and one when none did.

        :param int claimed: messages of the batch
        :param int settled: how many of them are done
        :param float seconds: what that took
        """
        self.settled += settled
        if not settled:
            self.alone, self.batch = claimed, 1
        elif settled < claimed:
            self.batch = settled
        elif claimed == self.batch:
            fits = int(claimed * BATCH_SECONDS / max(seconds, 0.001))
            self.batch = max(min(2 * claimed, fits, BATCH_LIMIT), 1)

    @property
    def rest(self):
        """Seconds until the turn is over."""
        return self.until - time.monotonic()


class IntegrationFlow(models.Model):
    """The bulkhead and the rate limit of an endpoint, as the lanes keep them."""

    _inherit = "integration.flow"

    def _new_turn(self, seconds, endpoint=None):
        """:return: the ``Turn`` of a lane that starts now, at its own endpoint or another one"""
        flow = self.sudo()  # limits are for administrators; the lane must keep them
        turn = Turn(until=time.monotonic() + seconds, inbound=flow.direction == "inbound")
        endpoint = endpoint or flow.endpoint_id
        if endpoint and not turn.inbound:
            turn.endpoint_id = endpoint.id
            turn.elsewhere = endpoint != flow.endpoint_id
            turn.durable = flow.fallback != "hold"
            now = fields.Datetime.now()
            turn.suspect = bool(endpoint._hold_reason(now))
            easing = endpoint._is_easing(now)
            turn.limit = 1 if easing else endpoint._lease_limit()
            self._read_limits(turn, now)
        return turn

    def _read_limits(self, turn, now=None):
        """Let the turn know how fast it may go, once a second.

        :param datetime now: UTC; None: only if it is time to look again
        """
        moment = time.monotonic()
        if turn.endpoint_id is None or (now is None and moment < turn.look_at):
            return
        turn.look_at = moment + LOOK_SECONDS
        turn.rate = self._turn_endpoint(turn)._rate()
        self._set_pace(turn, now or fields.Datetime.now())

    def _turn_endpoint(self, turn):
        """:return: the ``integration.endpoint`` that the turn sends to"""
        # The engine's own notes: limits are for administrators.
        return self.env["integration.endpoint"].sudo().browse(turn.endpoint_id)

    def _lock_lane(self, turn):
        """Take the lane, and a place at its endpoint, for this connection.

        One statement: the places are tried one after the other, and only by who has the lane. A
        connection that dies gives both back.

        :return: False when another drain has the lane; ``turn.slot`` is the place, or None when
            all are taken
        """
        leased = SQL("0")
        if turn.endpoint_id is not None:
            tries = [
                SQL(
                    "WHEN pg_try_advisory_lock(%s, %s) THEN %s",
                    LEASE_LOCK + slot, turn.endpoint_id, slot,
                )
                for slot in range(turn.limit)
            ]  # fmt: skip
            leased = SQL("CASE %s ELSE -1 END", SQL(" ").join(tries))
        self.env.cr.execute(
            SQL(
                "SELECT CASE WHEN pg_try_advisory_lock(%s, %s) THEN %s END",
                LANE_LOCK, self.id, leased,
            )
        )  # fmt: skip
        slot = self.env.cr.fetchone()[0]
        turn.slot = slot if slot is not None and slot >= 0 else None
        return slot is not None

    def _unlock_lane(self, turn):
        """Let the lane and its place go; a connection that died has let them go already."""
        if self.env.cr.closed:
            return
        self._rollback_step()
        place = SQL("NULL")
        if turn.endpoint_id is not None and turn.slot is not None:
            place = SQL("pg_advisory_unlock(%s, %s)", LEASE_LOCK + turn.slot, turn.endpoint_id)
        turn.slot = None
        self.env.cr.execute(SQL("SELECT %s, pg_advisory_unlock(%s, %s)", place, LANE_LOCK, self.id))

    def _wake_again(self, turn):
        """Ask for the wake-up that the turn wants, if any; commits."""
        if turn.again is None:
            return
        now = fields.Datetime.now()
        self.sudo()._wake(eta=now + timedelta(seconds=math.ceil(turn.again) + 1))
        self._commit_step()

    def _take_token(self, turn):
        """Take a token in the claiming transaction. :return: False when there is none yet"""
        turn.token_wait = 0.0
        return turn.rate is None or self._take(turn, turn.rate)

    def _take(self, turn, rate, kind="rate"):
        """Take a token of one bucket; ``turn.token_wait`` says how long to wait for one.

        :return: whether there was one
        """
        # Tokens belong to the engine.
        bucket = self.env["integration.endpoint.bucket"].sudo()
        turn.token_wait = bucket._take(turn.endpoint_id, rate, kind)
        return not turn.token_wait

    def _wait_for_token(self, turn):
        """Wait for the next token if it comes soon, else ask to be woken.

        :return: whether the lane may go on
        """
        if not self._has_due(turn):
            return False
        if turn.token_wait > min(TOKEN_SECONDS, turn.rest):
            turn.wake_in(turn.token_wait)
            return False
        time.sleep(turn.token_wait)
        return True
