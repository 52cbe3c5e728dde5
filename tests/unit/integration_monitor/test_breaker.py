"""The breaker's state machine: examples, and every sequence of events that hypothesis finds."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from integration_monitor.tools import breaker
from integration_monitor.tools.breaker import CLOSED, HALF_OPEN, OPEN, Settings, State

NOW = datetime(2026, 5, 4, 10, 0)
RULES = Settings(
    failures=3, timeouts=2, share=0.5, least_calls=10, cool_down=30, cap=200
)  # fmt: skip


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def tripped(now: datetime = NOW) -> State:
    """A breaker that three failures have opened."""
    state = State()
    for _turn in range(3):
        state = breaker.failed(state, RULES, now)
    return state


def test_failures_in_a_row_open_it() -> None:
    """A partner that is down is called again and again."""
    state = breaker.failed(breaker.failed(State(), RULES, NOW), RULES, NOW)
    assert state.state == CLOSED
    state = breaker.failed(state, RULES, NOW)
    assert (state.state, state.until) == (OPEN, NOW + seconds(30))


def test_a_success_between_them_counts() -> None:
    """Failures of last week open the breaker today."""
    state = State()
    for _turn in range(10):
        state = breaker.failed(breaker.failed(state, RULES, NOW), RULES, NOW)
        state = breaker.succeeded(state)
        assert state == State()


def test_timeouts_open_it_earlier() -> None:
    """Calls that hang hold the workers five times before anybody notices."""
    state = breaker.failed(State(), RULES, NOW, timeout=True)
    mixed = breaker.failed(state, Settings(failures=9, timeouts=2), NOW)
    assert (mixed.state, mixed.timeouts) == (CLOSED, 0)
    assert breaker.failed(state, RULES, NOW, timeout=True).state == OPEN


@pytest.mark.parametrize(
    ("calls", "failures", "state"), [(9, 9, CLOSED), (10, 4, CLOSED), (10, 5, OPEN)]
)
def test_share_of_the_window(calls: int, failures: int, state: str) -> None:
    """Every second call fails, never three in a row, and the breaker looks on."""
    after = breaker.failed(State(), RULES, NOW, calls=calls, failures=failures)
    assert after.state == state


def test_one_probe_after_the_cool_down() -> None:
    """The partner comes back and is run over by all workers at once."""
    state = tripped()
    assert breaker.claim_probe(state, NOW + seconds(29), 7, 60) is None
    assert breaker.holds_until(state, NOW) == NOW + seconds(30)
    probing = breaker.claim_probe(state, NOW + seconds(30), 7, 60)
    assert probing and probing.state == HALF_OPEN
    assert breaker.claim_probe(probing, NOW + seconds(31), 8, 60) is None
    assert breaker.holds_until(probing, NOW + seconds(31)) == NOW + seconds(90)
    # Its worker died: the next one may.
    again = breaker.claim_probe(probing, NOW + seconds(90), 8, 60)
    assert again and again.probe == 8
    # What the dead one should still answer is nobody's any more.
    assert breaker.succeeded(again, 7) == again


def test_probe_decides() -> None:
    """The answer of a call from before the trip closes the breaker."""
    later = NOW + seconds(30)
    assert breaker.succeeded(tripped(), 5) == tripped()
    probing = breaker.claim_probe(tripped(), later, 7, 60)
    assert probing
    assert breaker.succeeded(probing, 5) == probing
    assert breaker.failed(probing, RULES, later, message=5) == probing
    assert breaker.succeeded(probing, 7) == State()
    reopened = breaker.failed(probing, RULES, later, message=7)
    assert (reopened.state, reopened.until) == (OPEN, later + seconds(60))


def test_probe_that_tells_nothing() -> None:
    """A document that the partner refuses keeps all others waiting for a minute."""
    later = NOW + seconds(30)
    probing = breaker.claim_probe(tripped(), later, 7, 60)
    assert probing
    released = breaker.release_probe(probing, 7)
    assert breaker.may_probe(released, later)
    assert breaker.release_probe(probing, 8) == probing


def test_a_person_decides() -> None:
    """Somebody stops the calls, and ten minutes later they go on by themselves."""
    forced = breaker.force_open(State())
    assert not breaker.may_probe(forced, NOW + timedelta(days=30))
    assert breaker.holds_until(forced, NOW) is None
    assert breaker.succeeded(forced, 7) == forced
    assert breaker.close(forced) == State()


def test_switched_off() -> None:
    """A breaker that an administrator switched off opens."""
    state = State()
    for _turn in range(50):
        state = breaker.failed(
            state, Settings(enabled=False), NOW, timeout=True, calls=50, failures=50
        )
    assert state.state == CLOSED


@given(trips=st.integers(1, 10_000), first=st.integers(1, 900), cap=st.integers(1, 86_400))
def test_cool_down_grows_to_its_cap(trips: int, first: int, cap: int) -> None:
    """A dead partner is tried ever more rarely, until never again."""
    rules = Settings(cool_down=first, cap=cap)
    this, following = breaker.cool_down(rules, trips), breaker.cool_down(rules, trips + 1)
    assert first <= this <= following <= max(cap, first)


class BreakerMachine(RuleBasedStateMachine):
    """Workers that claim, answer, fail, die and come late, and people at the switch."""

    messages = Bundle("messages")

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.state = State()
        self.next_message = 0
        self.running: dict[int, datetime] = {}  # probes in work: when they count as dead

    @rule(step=st.integers(0, 400))
    def time_passes(self, step: int) -> None:
        self.now += seconds(step)

    @rule(target=messages)
    def claim(self) -> int:
        self.next_message += 1
        after = breaker.claim_probe(self.state, self.now, self.next_message, 60)
        if after is not None:
            alive = [until for until in self.running.values() if self.now < until]
            assert not alive, "two probes at a time"
            assert not self.state.forced
            self.state = after
            self.running[self.next_message] = self.now + seconds(60)
        return self.next_message

    @rule(message=messages)
    def answers(self, message: int) -> None:
        before = self.state
        self.state = breaker.succeeded(before, message)
        if before.state != CLOSED and self.state.state == CLOSED:
            assert before.probe == message, "closed by somebody else's answer"
        self.running.pop(message, None)

    @rule(message=messages, timeout=st.booleans(), calls=st.integers(0, 30))
    def fails(self, message: int, timeout: bool, calls: int) -> None:
        before = self.state
        self.state = breaker.failed(
            before, RULES, self.now, timeout=timeout, message=message, calls=calls, failures=calls
        )
        if self.state.state == OPEN and before.state != OPEN:
            assert self.state.until and self.state.until > self.now
            assert self.state.trips == before.trips + 1
        self.running.pop(message, None)

    @rule(message=messages)
    def refused_document(self, message: int) -> None:
        """A 4xx: it says nothing, the probe goes to the next one."""
        before = self.state
        self.state = breaker.release_probe(before, message)
        assert self.state.state == before.state
        self.running.pop(message, None)

    @rule()
    def person_opens(self) -> None:
        self.state = breaker.force_open(self.state)
        self.running.clear()

    @rule()
    def person_closes(self) -> None:
        self.state = breaker.close(self.state)
        self.running.clear()

    @invariant()
    def somebody_lets_them_go(self) -> None:
        """Whatever happened: messages go now, at a known time, or a person holds them."""
        if self.state.state == CLOSED or self.state.forced:
            return
        until = breaker.holds_until(self.state, self.now)
        if until is None:
            assert breaker.may_probe(self.state, self.now)
        else:
            assert breaker.may_probe(self.state, until)
            assert until <= self.now + seconds(max(RULES.cap, 60))

    @invariant()
    def closed_is_clean(self) -> None:
        if self.state.state == CLOSED:
            assert self.state.probe is None and self.state.until is None
            assert self.state.failures < RULES.failures
            assert self.state.timeouts < RULES.timeouts


TestBreakerMachine = BreakerMachine.TestCase
