"""The circuit breaker of an endpoint: one row, shared by all workers, written only on change."""

import math
from dataclasses import asdict, replace
from datetime import timedelta

from odoo import fields, models

from ..tools import breaker
from ..tools.backoff import RETRY_AFTER_CAP

# Columns of the state machine's fields.
COLUMNS = {
    "state": "breaker_state",
    "until": "breaker_until",
    "trips": "breaker_trips",
    "failures": "breaker_failures",
    "timeouts": "breaker_timeouts",
    "probe": "breaker_probe",
    "probe_until": "breaker_probe_until",
    "forced": "breaker_forced",
}
# A probe whose worker died is given to another one this long after its call must have ended.
PROBE_SPARE = 15
# After the breaker closed, one lane at a time calls for so long: what waited comes back gently.
EASE_SECONDS = 30


class IntegrationEndpoint(models.Model):
    """State of the breaker and of the pause that a partner asked for; rules: tools/breaker."""

    _inherit = "integration.endpoint"

    breaker_state = fields.Selection(
        [("closed", "Closed"), ("open", "Open"), ("half_open", "Trying")],
        string="Breaker",
        default="closed",
        required=True,
        readonly=True,
        copy=False,
        help="Closed: calls go. Open: messages wait, the partner does not answer. Trying: one "
        "message at a time tries whether he does again.",
    )
    breaker_reason = fields.Char(readonly=True, copy=False)
    breaker_since = fields.Datetime(readonly=True, copy=False)
    breaker_until = fields.Datetime(string="Next Probe", readonly=True, copy=False)
    breaker_trips = fields.Integer(
        readonly=True, copy=False, help="How often it opened since it was last closed."
    )
    breaker_trips_total = fields.Integer(
        readonly=True, copy=False, aggregator=None, help="How often it opened altogether."
    )
    breaker_failures = fields.Integer(readonly=True, copy=False)
    breaker_timeouts = fields.Integer(readonly=True, copy=False)
    breaker_probe = fields.Integer(
        readonly=True, copy=False, help="ID of the message that tries whether the partner answers."
    )
    breaker_probe_until = fields.Datetime(readonly=True, copy=False)
    breaker_forced = fields.Boolean(
        string="Opened by a Person", readonly=True, copy=False, help="Only a person closes it."
    )
    # Unlike "since" it moves with each failed probe: by this clock "until" was reckoned.
    breaker_opened_at = fields.Datetime(readonly=True, copy=False)
    breaker_closed_at = fields.Datetime(readonly=True, copy=False)
    throttled_until = fields.Datetime(
        string="Slowed Down Until",
        readonly=True,
        copy=False,
        help="The partner asked to be left alone until then (Retry-After).",
    )
    throttled_since = fields.Datetime(readonly=True, copy=False)

    def _breaker(self):
        """:return: where the breaker stands, as the ``State`` of the state machine"""
        values = {name: self[column] or None for name, column in COLUMNS.items()}
        for name in ("trips", "failures", "timeouts"):
            values[name] = values[name] or 0
        values["forced"] = bool(values["forced"])
        return breaker.State(**values)

    def _set_breaker(self, before, after, reason=None, error_class=None):
        """Write what changed, and tell log and people when the state did.

        :param before: ``State`` as it was read
        :param after: ``State`` that follows
        :param str reason: for a person; kept while the breaker is not closed
        :param str error_class: kind of the failure that opened it
        """
        if before == after:
            return
        old, new = asdict(before), asdict(after)
        values = {
            COLUMNS[name]: value or False for name, value in new.items() if value != old[name]
        }
        now = fields.Datetime.now()
        if (before.state == breaker.CLOSED) != (after.state == breaker.CLOSED):
            values["breaker_since"] = now
        if after.state == breaker.CLOSED and before.state != breaker.CLOSED:
            values.update(breaker_reason=False, breaker_closed_at=now)
        elif reason:
            values["breaker_reason"] = reason[:250]
        if after.state == breaker.OPEN and before.state != breaker.OPEN:
            values.update(breaker_trips_total=self.breaker_trips_total + 1, breaker_opened_at=now)
        self.write(values)
        if before.state != after.state and breaker.HALF_OPEN != after.state:
            self._tell_breaker(after, reason, error_class)

    def _count_failure(self, failure, message):
        """Let one failed attempt count for breaker and pause; in the settling transaction.

        :param failure: the ``IntegrationError`` of the attempt
        :param message: the message that was attempted
        :return: when a failed probe may be repeated (the attempt is then not the message's
            fault), or None
        """
        endpoint = self.sudo()  # the engine's own notes, whoever made the call
        if not endpoint:
            return None
        if message.answer:
            # The partner answered well; what failed came afterwards.
            endpoint._count_success(message)
            return None
        now = fields.Datetime.now()
        endpoint._note_pause(failure, message, now)
        if failure.error_class not in breaker.FAULT_CLASSES:
            return None
        before = endpoint._breaker()
        probing = before.state == breaker.HALF_OPEN and before.probe == message.id
        if before.state != breaker.CLOSED and not probing:
            return None
        if before.state == breaker.CLOSED and not endpoint._try_lock():
            return None  # another lane counts its own failure at this moment
        calls = failures = 0
        policy = message.flow_id.retry_policy_id
        settings = endpoint._breaker_settings()
        if settings.enabled and settings.share and not probing:
            # The log has it as soon as this attempt is settled.
            counted = endpoint._calls_of_window(now, endpoint.breaker_window)
            calls, failures = counted[0] + 1, counted[1] + 1
        after = breaker.failed(
            before,
            settings,
            now,
            timeout=failure.error_class == "timeout",
            message=message.id,
            calls=calls,
            failures=failures,
        )
        if after.until and failure.retry_after and policy.respect_retry_after:
            wanted = timedelta(seconds=math.ceil(min(failure.retry_after, RETRY_AFTER_CAP)))
            after = replace(after, until=max(after.until, now + wanted))
        endpoint._set_breaker(before, after, failure.message or str(failure), failure.error_class)
        if after.state != breaker.OPEN:
            return None
        endpoint._outbound_flows()._wake()
        return after.until if probing else None

    def _count_success(self, message):
        """Let one answered call count for the breaker; writes only when that changes something."""
        endpoint = self.sudo()  # the engine's own notes, whoever made the call
        if not endpoint:
            return
        before = endpoint._breaker()
        after = breaker.succeeded(before, message.id if message else None)
        if after == before:
            return
        if before.state == breaker.CLOSED and not endpoint._try_lock():
            return  # the next success forgets the failures, too
        endpoint._set_breaker(before, after)
        if before.state != breaker.CLOSED:
            endpoint._outbound_flows()._wake()

    def _note_pause(self, failure, message, now):
        """Leave the partner alone for as long as he asked: all messages of the endpoint.

        :param datetime now: UTC
        """
        wanted = failure.retry_after
        asked = failure.error_class == "rate_limit" or getattr(failure, "status", None) == 503
        if not wanted or not asked or not message.flow_id.retry_policy_id.respect_retry_after:
            return
        until = now + timedelta(seconds=math.ceil(min(wanted, RETRY_AFTER_CAP)))
        if not self.throttled_until or self.throttled_until < until:
            since = self.throttled_since if self._hold_reason(now) == "rate_limit" else False
            self.write({"throttled_until": until, "throttled_since": since or now})
            self._outbound_flows()._wake()

    def _give_probe(self, message_id, now):
        """Make a message the probe; in the transaction that claims it.

        The row is locked: of several workers one gets the probe, the others find it given.

        :param datetime now: UTC
        :return: whether the message is the probe now
        """
        before = self._breaker()
        seconds = math.ceil(self.deadline_seconds + self.connect_timeout) + PROBE_SPARE
        after = breaker.claim_probe(before, now, message_id, seconds)
        if after is None:
            return False
        self._set_breaker(before, after)
        return True

    def _release_probe(self, message_id):
        """Let the next message try, when this one told nothing about the partner."""
        before = self._breaker()
        self._set_breaker(before, breaker.release_probe(before, message_id))

    def _outbound_flows(self):
        """:return: the flows whose messages call this endpoint"""
        return self.sudo().flow_ids.filtered(lambda f: f.active and f.direction == "outbound")

    def _hold_reason(self, now):
        """Say why messages for this endpoint wait.

        :param datetime now: UTC
        :return: code of ``HOLD_REASONS``, or False
        """
        if not self:
            return False
        if self._in_maintenance(now):
            return "maintenance"
        if self.breaker_state != breaker.CLOSED:
            return "breaker"
        if self.throttled_until and self.throttled_until > now:
            return "rate_limit"
        return False

    def _gate(self, now):
        """Say whether no message at all may go to this endpoint now, not even a probe.

        :param datetime now: UTC
        :return: tuple (whether it is closed, when it opens or None when a person opens it)
        """
        reason = self._hold_reason(now)
        if not reason:
            return False, None
        if reason == "maintenance":
            return True, self.maintenance_until
        state = self._breaker()
        if state.state != breaker.CLOSED and not breaker.may_probe(state, now):
            return True, breaker.holds_until(state, now)
        if self.throttled_until and self.throttled_until > now:
            return True, self.throttled_until
        return False, None

    def _available_since(self, now):
        """:return: the last moment at which messages had to wait for this endpoint, or None"""
        moments = (self.breaker_closed_at, self.maintenance_ended_at, self.throttled_until,
                   self.resumed_at)  # fmt: skip
        return max((moment for moment in moments if moment and moment <= now), default=None)

    def _is_easing(self, now):
        """:return: whether the breaker has closed just now"""
        closed = self.breaker_closed_at
        return bool(closed and now - closed < timedelta(seconds=EASE_SECONDS))
