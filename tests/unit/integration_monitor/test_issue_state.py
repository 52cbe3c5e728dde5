"""The life of an issue."""

import dataclasses
from datetime import datetime, timedelta

import pytest

from integration_monitor.tools.issue_state import FLOOR, Facts, is_escalating, next_state

NOW = datetime(2026, 3, 20, 12, 30)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
THIS_HOUR = NOW.replace(minute=0)


def facts(state="ongoing", **values):
    defaults = {
        "state_since": NOW - 10 * DAY,
        "first_seen": NOW - 30 * DAY,
        "last_seen": NOW,
        "count": 100,
        "hourly": {},
    }
    return Facts(state=state, **{**defaults, **values})


def steady(number):
    """The same number in each hour of the past week."""
    return {THIS_HOUR - n * HOUR: number for n in range(2, 200)}


@pytest.mark.parametrize("state", ["new", "regressed"])
def test_news_last_a_week_or_until_somebody_takes_it(state):
    """The list of news never empties, or empties before anybody has looked."""
    young = facts(state, state_since=NOW - 6 * DAY)
    assert next_state(young, NOW) == state
    assert next_state(dataclasses.replace(young, taken=True), NOW) == "ongoing"
    assert next_state(facts(state, state_since=NOW - 7 * DAY), NOW) == "ongoing"


def test_more_than_the_week_predicts_escalates():
    """A fault that happens ten times as often as usual looks like every day."""
    calm = {**steady(4), THIS_HOUR: 5}
    assert next_state(facts(hourly=calm), NOW) == "ongoing"
    assert next_state(facts(hourly={**calm, THIS_HOUR: 40}), NOW) == "escalating"
    assert next_state(facts("new", hourly={**calm, THIS_HOUR: 40}), NOW) == "escalating"


def test_the_hour_before_counts_for_its_share():
    """Every full hour ends all escalations."""
    before = {**steady(4), THIS_HOUR - HOUR: 60}
    assert is_escalating(facts(hourly=before), NOW)  # half of 60
    assert not is_escalating(facts(hourly=before), NOW + timedelta(minutes=29))


def test_a_few_are_no_escalation():
    """One failure after a quiet week rings the alarm."""
    assert not is_escalating(facts(hourly={THIS_HOUR: FLOOR}), NOW)
    assert is_escalating(facts(hourly={THIS_HOUR: FLOOR + 1}), NOW)


def test_a_fault_with_regular_peaks_is_predicted():
    """The nightly batch escalates every night."""
    peaks = {THIS_HOUR - n * DAY: 30 for n in range(1, 8)}
    assert not is_escalating(facts(hourly={**peaks, THIS_HOUR: 20}), NOW)


def test_the_first_day_predicts_nothing():
    """Every new fault escalates in its second hour."""
    assert not is_escalating(facts(first_seen=NOW - 20 * HOUR, hourly={THIS_HOUR: 500}), NOW)


def test_an_escalation_ends_after_a_quiet_day():
    """An escalation goes off and on, or stays for ever."""
    assert next_state(facts("escalating", state_since=NOW - 20 * HOUR), NOW) == "escalating"
    assert next_state(facts("escalating", state_since=NOW - 25 * HOUR), NOW) == "ongoing"


def test_it_comes_back():
    """A resolved fault happens again, and nobody hears of it."""
    resolved = facts("resolved", state_since=NOW - DAY, last_seen=NOW - 2 * DAY)
    assert next_state(resolved, NOW) == "resolved"
    assert next_state(dataclasses.replace(resolved, last_seen=NOW), NOW) == "regressed"


def test_archived_is_quiet_until_its_condition():
    """An archived fault wakes people, or never comes back."""
    busy = {**steady(1), THIS_HOUR: 500}
    assert next_state(facts("archived", hourly=busy), NOW) == "archived"
    until = facts("archived", hourly=busy, archived_until=NOW + HOUR)
    assert next_state(until, NOW) == "archived"
    assert next_state(until, NOW + HOUR) == "ongoing"
    number = facts("archived", hourly=busy, archived_count=100, count=100)
    assert next_state(number, NOW) == "archived"
    assert next_state(dataclasses.replace(number, count=101), NOW) == "escalating"


def test_silence_resolves():
    """Faults of last year fill the list; or an issue is closed while orders still wait."""
    silent = facts(last_seen=NOW - 14 * DAY)
    assert next_state(silent, NOW) == "resolved"
    assert next_state(silent, NOW, auto_resolve_days=0) == "ongoing"
    assert next_state(silent, NOW, auto_resolve_days=15) == "ongoing"
    assert next_state(dataclasses.replace(silent, open_exceptions=1), NOW) == "ongoing"
    assert next_state(dataclasses.replace(silent, state="archived"), NOW) == "archived"
