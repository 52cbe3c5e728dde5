"""The public call for exchanges that use no ``requests``: SFTP, SMTP, files, sockets.

    from odoo.addons.integration_monitor.exchange import exchange

One block is one line of the integration log, written when the block is left, however it is left.
See ``readme/DEVELOP.md`` for an example.
"""

import hmac
import logging
import time
from decimal import Decimal

from odoo.exceptions import UserError

from .instrumentation import log_writer
from .instrumentation.log_rows import BATCH_MARK
from .instrumentation.wrapping import flush_outside_executions
from .tools import classify, context, control_totals, tracing
from .tools.observation import Observation, utcnow

_logger = logging.getLogger(__name__)

MAX_NOTES = 16
DIRECTIONS = ("inbound", "outbound")
_SHOWN = 40  # characters of what cannot be read


class exchange:  # noqa: N801 - used like a function, as ``contextlib.closing`` is
    """Observe one exchange with another system.

    :param env: the environment of the caller
    :param str name: what is exchanged, in words; the same for each run (``"price list"``)
    :param str endpoint: code of the endpoint; of the flow's company, else of the user's
    :param str flow: code of the flow; gives system, company and the owner of exceptions
    :param str direction: inbound or outbound, as Odoo sees it; default: the flow's, else outbound
    :param str host: where, for people to read
    :param str correlation_id: the business transaction it belongs to; default: the current one
    :param str batch: what tells batches apart whose totals are compared, such as a file's name;
        default: each run replaces the one before

    Exceptions pass through unchanged. Nothing that goes wrong in observing reaches the caller: a
    code that nobody knows, and a number that cannot be read, are noted in the line's details.

    Each block is an exchange of its own, also with an object that is used again.
    """

    def __init__(
        self,
        env,
        name,
        *,
        endpoint=None,
        flow=None,
        direction=None,
        host=None,
        correlation_id=None,
        batch=None,
    ):
        self._env = env
        self._name = str(name)
        self._given = {"endpoint": endpoint, "flow": flow}
        self._direction = direction
        self._host = None if host is None else str(host)
        self._given_correlation_id = None if correlation_id is None else str(correlation_id)
        self._correlation_id = self._given_correlation_id
        self._batch = batch
        self._start_counting()
        self._target = {}
        self._company_id = self._batch_mark = None
        self._began = self._occurred_at = self._bound = None
        self.trace_id = self.span_id = self._parent_span_id = None

    def announced(self, number):
        """Add to the records that the sender says the batch has."""
        self._add(self._totals, "announced", number)

    def received(self, number):
        """Add to the records that came."""
        self._add(self._totals, "received", number)

    def applied(self, number):
        """Add to the records that were booked."""
        self._add(self._totals, "applied", number)

    def bytes(self, *, sent=None, received=None):
        """Add to the bytes that went out and came in."""
        self._add(self._bytes, "sent", sent)
        self._add(self._bytes, "received", received)

    def note(self, key, value):
        """Keep a small fact for people, such as a file's name; secrets are masked."""
        if len(self._notes) < MAX_NOTES or key in self._notes:
            self._notes[str(key)] = value

    def __enter__(self):
        try:
            self._begin()
        except Exception:  # observing must never break what it observes
            _logger.warning("Exchange %s: it cannot be described.", self._name, exc_info=True)
        return self

    def __exit__(self, kind, error, traceback):
        try:
            if self._bound is not None:
                self._bound.__exit__(None, None, None)
            log_writer.record(self._env, self._observation(error))
            # In a thread of the caller's own nobody else would write it.
            flush_outside_executions()
        except Exception:  # observing must never break what it observes
            _logger.warning("Exchange %s: it cannot be recorded.", self._name, exc_info=True)
        self._start_counting()
        return False

    def _start_counting(self):
        """Forget what was counted and noted, for the next exchange."""
        self._totals = {"announced": None, "received": None, "applied": None}
        self._bytes = {"sent": None, "received": None}
        self._notes = {}
        self._unreadable = {}

    def _begin(self):
        """Note time and place, and let calls inside the block belong to this exchange."""
        self._began = time.monotonic()
        self._occurred_at = utcnow()
        current = context.current()
        self.trace_id = current.trace_id or tracing.new_trace_id()
        self.span_id = tracing.new_span_id()
        self._parent_span_id = current.span_id
        self._correlation_id = self._given_correlation_id or current.correlation_id
        self._target = {}
        # Now: after a failed statement nothing can be read any more.
        self._company_id = self._env.company.id
        try:
            self._target = self._env["integration.flow"]._exchange_target(
                self._given["flow"] or None, self._given["endpoint"] or None
            )
            if self._batch is not None:
                self._batch_mark = self._mark_of(str(self._batch))
        except Exception:  # without a target the line still tells what happened
            _logger.warning("Exchange %s: flow and endpoint unknown", self._name, exc_info=True)
        self._bound = context.bound(
            correlation_id=self._correlation_id,
            trace_id=self.trace_id,
            span_id=self.span_id,
            flow_id=self._target.get("flow_id") or current.flow_id,
            endpoint_id=self._target.get("endpoint_id") or current.endpoint_id,
        )
        self._bound.__enter__()

    def _mark_of(self, name):
        """:return: what tells names apart that look the same when they are redacted or cut

        Keyed with the database's secret, lest anybody who reads the log try out account numbers.
        """
        # The secret is not readable by users, and does not leave.
        secret = self._env["ir.config_parameter"].sudo().get_param("database.secret") or ""
        found = hmac.new(secret.encode(), name.encode("utf-8", "replace"), "sha256").hexdigest()
        return f"a{found[:15]}"  # never all digits: the writer takes it for an id

    def _observation(self, error):
        """:return: the line of this exchange"""
        outcome, error_class, message = self._outcome(error)
        totals = self._totals
        target = self._target
        return Observation(
            kind="custom",
            outcome=outcome,
            occurred_at=self._occurred_at or utcnow(),
            direction=(
                self._direction
                if self._direction in DIRECTIONS
                else target.get("direction") or "outbound"
            ),
            system_id=target.get("system_id"),
            endpoint_id=target.get("endpoint_id"),
            flow_id=target.get("flow_id"),
            correlation_id=self._correlation_id,
            trace_id=self.trace_id,
            span_id=self.span_id,
            parent_span_id=self._parent_span_id,
            host=self._host,
            operation=self._name,
            error_class=error_class,
            error_message=message,
            duration_ms=(time.monotonic() - self._began) * 1000 if self._began else None,
            request_bytes=self._bytes["sent"],
            response_bytes=self._bytes["received"],
            company_id=target.get("company_id") or self._company_id,
            user_id=self._env.uid,
            records_announced=totals["announced"],
            records_received=totals["received"],
            records_applied=totals["applied"],
            detail=self._detail() or None,
        )

    def _outcome(self, error):
        """:return: tuple (outcome, error class, message)"""
        # A generator whose caller wants no more of it is closed with an exception.
        if error is not None and not isinstance(error, GeneratorExit):
            known = classify.error_class_of(error)
            if known == "unknown" and isinstance(error, UserError):
                # Also one that Odoo refuses (AccessError): it says nothing about the partner's
                # credentials, and must not take the endpoint for down.
                known = "business"
            return "error", known, f"{type(error).__name__}: {error}"
        for name in self._totals:
            if name in self._unreadable:
                return (
                    "error",
                    "contract",
                    f"The number of {name} records cannot be read: {self._unreadable[name]}.",
                )
        mismatch = control_totals.mismatch(**self._totals)
        if mismatch:
            return "error", "contract", mismatch
        return "ok", None, None

    def _detail(self):
        """:return: the small facts of the line"""
        detail = dict(self._notes)
        if self._batch is not None:
            detail["batch"] = str(self._batch)
            detail[BATCH_MARK] = self._batch_mark
        if self._direction not in (None, *DIRECTIONS):
            detail["unknown_direction"] = str(self._direction)
        for what in self._target.get("unknown", ()):
            detail[f"unknown_{what}"] = str(self._given[what])
        for what, shown in self._unreadable.items():
            detail[f"unreadable_{what}"] = shown
        return detail

    def _add(self, counters, name, number):
        """Add a number to a counter; none says nothing. What cannot be read is kept to be told."""
        if number is None:
            return
        try:
            counters[name] = (counters[name] or 0) + control_totals.count_of(number)
        except Exception:  # whatever the caller's object does when it is asked for its number
            what = name if counters is self._totals else f"bytes_{name}"
            self._unreadable[what] = _shown(number)


def _shown(value):
    """:return: in a few characters what should have been a number, else its type"""
    if type(value) in (str, bytes):
        return repr(value[:_SHOWN])
    short = type(value) is int and value.bit_length() < 64
    return str(value) if short or type(value) in (float, Decimal) else type(value).__name__
