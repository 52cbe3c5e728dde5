"""Silence: when a flow should have spoken, by what it usually does or by what was declared."""

import math
import random
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.rhythm import (
    LIMIT,
    WEEKS,
    Declared,
    Learnt,
    hour_of_week,
    learn,
)

MONDAY = datetime(2026, 5, 4)  # 0:00 UTC
WEEK = timedelta(weeks=1)


def at(day, hour, minute=0):
    return MONDAY + timedelta(days=day, hours=hour, minutes=minute)


def office(rate=20.0, steady=True):
    """Monday to Friday, 8 to 18 UTC."""
    rates = [rate if hour // 24 < 5 and 8 <= hour % 24 < 18 else 0.0 for hour in range(168)]
    return Learnt(tuple(rates), steady)


def test_hour_of_week():
    """Saturday is compared with Friday."""
    assert [hour_of_week(at(0, 0)), hour_of_week(at(6, 23, 59))] == [0, 167]


def test_steady_traffic_is_missed_within_minutes():
    """A shop with 20 orders an hour is silent for a day before somebody notices."""
    # 20 an hour are 1000 a week: 10.9 missing ones happen by chance once a year.
    assert office().limit == pytest.approx(math.log(52_000))
    assert office().expected_by(at(1, 10)) == pytest.approx(
        at(1, 10) + timedelta(hours=office().limit / 20), abs=timedelta(seconds=1)
    )
    assert Learnt((0.1,) * 168).limit == LIMIT


def test_nights_and_weekends_expect_nothing():
    """Each Saturday somebody is called because no order came."""
    friday_evening = at(4, 17, 58)
    assert office().expected_by(friday_evening) == at(7, 9)  # the first hour on Monday is over
    assert office().expected_by(at(0, 17, 59)) == at(1, 9)


def test_a_shift_does_not_begin_at_the_stroke():
    """The first order comes at 8:20 each day, and at 8:10 there is an alarm."""
    assert office(60).expected_by(at(1, 17, 59)) >= at(2, 9)


def test_a_batch_is_given_its_hour():
    """500 orders come at 2:10 each night; at 2:11 the flow is silent, or the next night at 2:01."""
    rates = [500.0 if hour % 24 == 2 else 0.0 for hour in range(168)]
    assert Learnt(tuple(rates)).expected_by(at(1, 2, 12)) == at(2, 3)


def test_quiet_flows_wait_longer():
    """One message a week is an alarm after a day."""
    rates = [1.0 if hour == 10 else 0.0 for hour in range(168)]
    silent = Learnt(tuple(rates)).expected_by(at(0, 10, 30))
    assert silent == at(7 * 7, 11)
    assert Learnt((0.0,) * 168).expected_by(MONDAY) is None
    assert Learnt((0.001,) + (0.0,) * 167).expected_by(MONDAY) is None


def hourly(rate, since, last):
    """Counts by hour of the week of a flow with the same rate at all times."""
    counts = {}
    moment = since
    while moment < last:
        counts[hour_of_week(moment)] = counts.get(hour_of_week(moment), 0) + rate
        moment += timedelta(hours=1)
    return counts


def test_a_new_flow_has_no_rhythm():
    """A flow that was made on Friday is an alarm on its first weekend."""
    last = MONDAY + timedelta(days=9)
    assert learn(hourly(50, MONDAY, last), since=MONDAY, last=last) is None
    last = MONDAY + timedelta(weeks=3)
    assert learn({10: 2, 11: 2}, since=MONDAY, last=last) is None


def test_three_weeks_are_divided_by_three():
    """A flow of three weeks is expected to send less than it does."""
    last = MONDAY + timedelta(weeks=3)
    learnt = learn(hourly(6, MONDAY, last), since=MONDAY, last=last, spread=0.9)
    assert learnt.rates == pytest.approx([6.0] * 168)
    assert learnt.steady
    assert not learn(hourly(6, MONDAY, last), since=MONDAY, last=last, spread=0.2).steady
    assert not learn(hourly(6, MONDAY, last), since=MONDAY, last=last).steady


def test_a_flow_that_stopped_for_good_stays_silent():
    """After four weeks of silence nothing is expected any more, and the alarm goes out."""
    last = MONDAY + timedelta(weeks=WEEKS)
    learnt = learn(hourly(6, MONDAY, last), since=MONDAY, last=last, spread=1.0)
    assert learnt.expected_by(last) < last + timedelta(hours=2)
    # Learnt up to the last message, however late one looks: the moment does not move.
    assert learnt.expected(last, last + timedelta(weeks=8)) == pytest.approx(6 * 168 * 8)


def test_false_alarms_are_rare():
    """Ordinary chance raises an alarm each day."""
    chance = random.Random(11)
    rhythm = office(30)
    moment, alarms, messages = at(0, 8), 0, 0
    while moment < MONDAY + 8 * WEEK:
        rate = rhythm.rates[hour_of_week(moment)]
        if not rate:
            moment = moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            continue
        following = moment + timedelta(hours=chance.expovariate(rate))
        if rhythm.rates[hour_of_week(following)]:
            messages += 1
            alarms += following > rhythm.expected_by(moment)
        moment = following
    assert messages > 10_000
    assert alarms <= 1


@given(
    st.lists(st.sampled_from([0.0, 0.3, 2.0, 90.0]), min_size=168, max_size=168),
    st.booleans(),
    st.integers(0, 7 * 24 * 60),
)
def test_never_before_the_expectation(rates, steady, minutes):
    """The alarm goes off before enough messages were to be expected."""
    rhythm = Learnt(tuple(rates), steady)
    last = MONDAY + timedelta(minutes=minutes)
    due = rhythm.expected_by(last)
    if due is None:
        assert sum(rates) < 0.2
        return
    assert due > last
    assert rhythm.expected(last, due) >= rhythm.limit - 0.001
    assert rhythm.expected(last, due) <= rhythm.limit + 5 * 90 + max(rates)


def test_declared_round_the_clock():
    """'At least every 30 minutes' is not kept."""
    assert Declared(30).expected_by(at(5, 23, 50)) == at(6, 0, 20)
    assert Declared(0).expected_by(MONDAY) is None
    assert Declared(24 * 60, start=6, end=6).expected_by(at(0, 3)) == at(1, 3)


def test_declared_hours_and_days():
    """The night and the weekend count as silence."""
    rhythm = Declared(120, days=5, start=8, end=17.5)
    assert rhythm.expected_by(at(0, 10)) == at(0, 12)
    assert rhythm.expected_by(at(0, 16, 30)) == at(1, 9)
    assert rhythm.expected_by(at(4, 17)) == at(7, 9, 30)
    assert rhythm.expected_by(at(5, 12)) == at(7, 10)


def test_declared_night_shift():
    """A shift over midnight has no hours, or those of the wrong day."""
    rhythm = Declared(60, days=5, start=22, end=6)
    assert rhythm.expected_by(at(1, 5, 30)) == at(1, 22, 30)
    assert rhythm.expected_by(at(5, 5, 30)) == at(7, 22, 30)


def test_declared_hours_are_local():
    """A warehouse in Berlin is expected to begin at 8:00 in London."""
    rhythm = Declared(60, days=7, start=8, end=17, tz="Europe/Berlin")
    assert rhythm.expected_by(datetime(2026, 1, 12, 3)) == datetime(2026, 1, 12, 8)
    assert rhythm.expected_by(datetime(2026, 7, 13, 3)) == datetime(2026, 7, 13, 7)


@given(
    st.integers(1, 20_000),
    st.integers(1, 7),
    st.floats(0, 23.75),
    st.floats(0, 24),
    st.integers(0, 500_000),
)
def test_declared_is_never_early(every, days, start, end, minutes):
    """An alarm comes before the declared time has passed."""
    last = MONDAY + timedelta(minutes=minutes)
    due = Declared(every, days, start, end).expected_by(last)
    if due is not None:
        assert due - last >= timedelta(minutes=every) - timedelta(seconds=1)
