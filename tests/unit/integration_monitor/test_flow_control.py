"""Tokens, retry budget, leases and the runner's capacity."""

from __future__ import annotations

from bisect import bisect_left

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools import flow_control, statuses
from integration_monitor.tools.flow_control import Rate


@given(
    calls=st.integers(1, 500),
    seconds=st.sampled_from([1.0, 60.0]),
    steps=st.lists(st.floats(0, 5), max_size=200),
)
def test_never_more_than_agreed(calls: int, seconds: float, steps: list[float]) -> None:
    """Around the turn of a minute twice the agreed number goes through."""
    rate = Rate(calls, seconds)
    tokens, now, taken = rate.burst, 0.0, []
    for step in steps:
        now += step
        tokens = flow_control.refill(tokens, step, rate)
        while tokens >= 1:
            tokens -= 1
            taken.append(now)
    for start in taken:
        # They are in order: counting each anew would take most of a minute.
        within = bisect_left(taken, start + seconds) - bisect_left(taken, start)
        assert within <= calls + rate.burst + 1e-6


def test_waiting_brings_a_token() -> None:
    """A lane wakes up a moment too early, for ever."""
    rate = Rate(3, 60.0)
    wait = flow_control.wait_for_token(0.25, rate)
    assert wait == pytest.approx(15)
    assert flow_control.refill(0.25, wait, rate) == pytest.approx(1)
    assert flow_control.refill(0.5, -100, rate) == 0.5


def test_retry_budget() -> None:
    """A failing partner gets three calls for each message, and most of them are repetitions."""
    assert flow_control.retries_left(0, 0, percent=10, floor=5)
    assert not flow_control.retries_left(10, 6, percent=10, floor=5)
    assert flow_control.retries_left(1000, 104, percent=10, floor=5)
    assert not flow_control.retries_left(1000, 105, percent=10, floor=5)
    assert flow_control.retries_left(10, 10_000, percent=100, floor=1)


@given(wanted=st.integers(1, 100), capacity=st.integers(1, 100))
def test_leases_stay_below_the_runner(wanted: int, capacity: int) -> None:
    """One hanging partner holds every worker of the runner."""
    limit = flow_control.lease_limit(wanted, capacity)
    assert 1 <= limit <= wanted
    assert limit < capacity or capacity == 1


@pytest.mark.parametrize(
    ("channels", "capacity"),
    [
        ("", 1),
        ("root:4", 4),
        ("root", 1),
        ("root:8,root.integration:3", 3),
        ("root:2,integration:5", 2),
        ("root : 4 : sequential ,\n other:1", 4),
        ("root:0,root.integration:6", 6),
    ],
)
def test_capacity_of_the_runner(channels: str, capacity: int) -> None:
    """The configuration says two places, the suite believes in four."""
    assert flow_control.channel_capacity(channels, "root.integration") == capacity


def test_statuses() -> None:
    """A typing error in a policy lets a 200 count as a failure."""
    assert statuses.parse(" 408, 500-502;429 ") == {408, 429, 500, 501, 502}
    assert statuses.parse(None) == frozenset()
    for wrong in ("200", "50x", "504-500", "400-", "399-410", "600"):
        with pytest.raises(ValueError, match=wrong):
            statuses.parse(wrong)
