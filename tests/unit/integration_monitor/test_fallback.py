"""Which failed attempts may have had an effect; how long a backlog lasts; what opens a gate."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools import backlog, errors, gates
from integration_monitor.tools.fallback import may_have_taken_effect
from integration_monitor.tools.flow_control import Rate, refill


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.TransportError("refused"), False),
        (errors.TransportError("no such host", error_class="dns"), False),
        (errors.TransportError("reset", maybe_delivered=True), True),
        (errors.TimeoutError_("no connection"), False),
        (errors.TimeoutError_("no answer", maybe_delivered=True), True),
        (errors.RateLimited(429), False),
        (errors.AuthError(401), False),
        (errors.RemoteError(422), False),
        (errors.RemoteError(503), False),
        (errors.RemoteError(500), True),
        (errors.RemoteError(502), True),
        (errors.RemoteError(504), True),
        (errors.BusinessError("no postcode"), False),
        (errors.IntegrationError("the worker stopped"), True),
    ],
)
def test_effect(error: errors.IntegrationError, expected: bool) -> None:
    """What may have arrived is sent to somebody else, and done twice."""
    assert may_have_taken_effect(error) is expected


def test_answer_that_a_hook_refuses() -> None:
    """A hook says no to an answer whose status says yes: the effect is there."""
    error = errors.BusinessError("refused by the hook")
    error.response = type("Answer", (), {"status": 200})()  # type: ignore[attr-defined]
    assert may_have_taken_effect(error)


@pytest.mark.parametrize(
    "error",
    [
        errors.RemoteError(500),
        errors.TimeoutError_("no answer", maybe_delivered=True),
        errors.IntegrationError("the worker stopped"),
    ],
)
def test_failed_before_the_call(error: errors.IntegrationError) -> None:
    """The answer of a token address is taken for that of the partner."""
    error.nothing_sent = True
    assert not may_have_taken_effect(error)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((0, 5, 9), 0),
        ((100, 50, 0), 10),
        ((101, 50, 0), 11),
        ((100, 50, 25), 20),
        ((100, 50, 50), None),
        ((100, 0, 0), None),
    ],
)
def test_minutes_left(counts: tuple[int, int, int], expected: int | None) -> None:
    """A backlog that grows is said to be gone in a quarter of an hour."""
    waiting, finished, arrived = counts
    assert backlog.minutes_left(waiting, finished=finished, arrived=arrived, minutes=5) == expected


@given(waiting=st.integers(1, 10**6), finished=st.integers(1, 10**6), minutes=st.floats(0.1, 1000))
def test_minutes_left_suffice(waiting: int, finished: int, minutes: float) -> None:
    """At the told time something is left."""
    left = backlog.minutes_left(waiting, finished=finished, arrived=0, minutes=minutes)
    assert left is not None
    assert left * finished / minutes >= waiting or math.isclose(
        left * finished / minutes, waiting, rel_tol=1e-9
    )


@given(st.integers(1, 10000), st.lists(st.floats(0, 120), max_size=40))
def test_pace_is_kept(pace: int, rests: list[float]) -> None:
    """More is sent than the pace and its few spare seconds allow, however a lane sleeps."""
    rate = Rate(pace, 60.0, spare=5.0)
    tokens, sent = rate.burst, 0
    for rest in rests:
        while tokens >= 1 and sent < 10**5:
            tokens, sent = tokens - 1, sent + 1
        tokens = refill(tokens, rest, rate)
    assert sent <= rate.burst + sum(rests) * rate.per_second + 1e-6


@pytest.mark.parametrize(
    ("state", "expected", "optional", "is_open"),
    [
        ("reached", 1, False, True),
        ("skipped", 0, True, True),
        ("pending", 0, True, True),
        ("pending", 1, True, False),
        ("pending", 0, False, False),
        ("partial", 2, True, False),
        ("failed", 1, False, False),
    ],
)
def test_gate(state: str, expected: int, optional: bool, is_open: bool) -> None:
    """A gate opens for what is half done, or never for what nobody does."""
    assert gates.is_open(state, expected=expected, optional=optional) is is_open
