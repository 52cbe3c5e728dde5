"""The limit per worker process."""

from hypothesis import given
from hypothesis import strategies as st

from integration_monitor_webhook.tools.throttle import Throttle


class Clock:
    """A clock that a test moves."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_burst_then_wait():
    """Ten seconds' worth may come at once, then the sender is told how long to wait."""
    clock = Clock()
    throttle = Throttle(clock=clock)
    assert [throttle.acquire("a", 60) for _ in range(10)] == [None] * 10
    assert throttle.acquire("a", 60) == 1
    clock.now += 1.0
    assert throttle.acquire("a", 60) is None


def test_senders_are_apart():
    """One sender's flood does not shut out another."""
    throttle = Throttle(clock=Clock())
    while throttle.acquire("flood", 6) is None:
        pass
    assert throttle.acquire("partner", 6) is None


def test_slow_limits_name_a_useful_wait():
    """One delivery a minute: the wait is a minute, not a second."""
    throttle = Throttle(clock=Clock())
    assert throttle.acquire("a", 1) is None
    assert throttle.acquire("a", 1) == 60


def test_no_limit():
    """0 switches the limit off."""
    throttle = Throttle(clock=Clock())
    assert all(throttle.acquire("a", 0) is None for _ in range(10_000))


def test_many_keys_are_forgotten():
    """An attacker with many addresses cannot fill the memory."""
    throttle = Throttle(max_keys=5, clock=Clock())
    for number in range(100):
        throttle.acquire(number, 60)
    assert len(throttle._buckets) == 5


@given(st.lists(st.floats(0, 30), max_size=200), st.integers(1, 600))
def test_never_more_than_agreed(pauses, per_minute):
    """Over any time no more pass than the rate and one burst allow."""
    clock = Clock()
    throttle = Throttle(clock=clock)
    passed = 0
    for pause in pauses:
        clock.now += pause
        passed += throttle.acquire("a", per_minute) is None
    burst = max(1.0, per_minute / 6)
    assert passed <= burst + sum(pauses) * per_minute / 60 + 1e-6
