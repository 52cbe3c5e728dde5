"""The circuit breaker of an endpoint as a state machine: no clock, no database.

Closed lets calls through and counts failures in a row; open lets none through until the cool-down
is over; half-open lets one probe through at a time. After M. Nygard, *Release It!*, with the
thresholds of resilience4j. A change of state is a new value: what is equal need not be written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

CLOSED, OPEN, HALF_OPEN = "closed", "open", "half_open"
#: Failures that tell something about the endpoint. A refused document (4xx) tells nothing, a
#: refused sign-in (401, 403) is for a person: waiting does not mend it.
FAULT_CLASSES = frozenset({"dns", "connect", "tls", "timeout", "rate_limit", "server"})
#: The cool-down grows by this factor with each trip that follows a failed probe.
GROWTH = 2.0


@dataclass(frozen=True, slots=True)
class Settings:
    """When the breaker trips and how long it stays open; 0 switches a threshold off."""

    failures: int = 5
    timeouts: int = 3
    share: float = 0.5
    least_calls: int = 10
    cool_down: float = 30.0
    cap: float = 600.0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """Where the breaker stands. ``trips`` counts how often it opened since it last closed."""

    state: str = CLOSED
    until: datetime | None = None  # open: no probe before
    trips: int = 0
    failures: int = 0  # in a row
    timeouts: int = 0  # in a row
    probe: int | None = None  # the message whose call is the probe
    probe_until: datetime | None = None  # then the probe's worker counts as dead
    forced: bool = False  # opened by a person: nothing but a person closes it


def may_probe(state: State, now: datetime) -> bool:
    """Tell whether a probe may be claimed now."""
    if state.state == CLOSED or state.forced:
        return False
    if state.probe is not None and state.probe_until is not None and now < state.probe_until:
        return False
    return state.state == HALF_OPEN or state.until is None or now >= state.until


def holds_until(state: State, now: datetime) -> datetime | None:
    """Say when the next probe may be tried; None when calls may go, or only a person decides."""
    if state.state == CLOSED or state.forced or may_probe(state, now):
        return None
    return state.until if state.state == OPEN else state.probe_until


def claim_probe(state: State, now: datetime, message: int, seconds: float) -> State | None:
    """Give the probe to a message.

    :param seconds: how long its call may take at most
    :return: the new state, or None when there is no probe to give
    """
    if not may_probe(state, now):
        return None
    until = now + timedelta(seconds=seconds)
    return replace(state, state=HALF_OPEN, probe=message, probe_until=until)


def release_probe(state: State, message: int) -> State:
    """Take the probe back from a message that told nothing, so that the next one may try."""
    if state.state != HALF_OPEN or state.probe != message:
        return state
    return replace(state, probe=None, probe_until=None)


def succeeded(state: State, message: int | None = None) -> State:
    """Count a call that the endpoint answered well.

    :param message: the one that called; while not closed only that of the probe counts
    """
    if state.state == CLOSED:
        return replace(state, failures=0, timeouts=0)
    if state.forced or state.state == OPEN or state.probe != message:
        return state  # a call from before the trip comes late
    return close(state)


def failed(
    state: State,
    settings: Settings,
    now: datetime,
    *,
    timeout: bool = False,
    message: int | None = None,
    calls: int = 0,
    failures: int = 0,
) -> State:
    """Count a call that failed for a reason of the endpoint.

    :param timeout: it hung until its time was over, and a worker with it
    :param calls: calls of the window, this one included
    :param failures: those of them that failed for a reason of the endpoint
    """
    if state.state == HALF_OPEN and state.probe == message and not state.forced:
        return _open(state, settings, now)
    if state.state != CLOSED:
        return state
    state = replace(
        state, failures=state.failures + 1, timeouts=state.timeouts + 1 if timeout else 0
    )
    if not settings.enabled:
        return state
    tripped = (
        0 < settings.failures <= state.failures
        or 0 < settings.timeouts <= state.timeouts
        or (0 < settings.share and _share_reached(settings, calls, failures))
    )
    return _open(state, settings, now) if tripped else state


def force_open(state: State) -> State:
    """Open at a person's request; it stays open until a person closes it."""
    return replace(
        state, state=OPEN, until=None, forced=True, probe=None, probe_until=None
    )  # fmt: skip


def close(state: State) -> State:
    """Let calls through again. Whoever fails again at once starts with a fresh count."""
    return State()


def cool_down(settings: Settings, trips: int) -> float:
    """Return the seconds that the breaker stays open at its n-th trip in a row (1 or more)."""
    grown = settings.cool_down * GROWTH ** min(max(trips - 1, 0), 32)
    return min(grown, max(settings.cap, settings.cool_down))


def _open(state: State, settings: Settings, now: datetime) -> State:
    trips = state.trips + 1
    return replace(
        state,
        state=OPEN,
        until=now + timedelta(seconds=cool_down(settings, trips)),
        trips=trips,
        probe=None,
        probe_until=None,
    )


def _share_reached(settings: Settings, calls: int, failures: int) -> bool:
    return calls >= max(settings.least_calls, 1) and failures / calls >= settings.share
