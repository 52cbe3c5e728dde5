"""Working hours: against a count minute by minute, and in the nights in which the clocks change."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration_monitor.tools.working_time import WorkingCalendar, merged

BERLIN = "Europe/Berlin"
MINUTE = timedelta(minutes=1)
OFFICE = ((8 * 60, 12 * 60), (13 * 60, 17 * 60))
WEEK = (OFFICE,) * 5 + ((), ())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def works(calendar: WorkingCalendar, moment: datetime) -> bool:
    """Tell naively whether the minute that begins at a moment is worked."""
    local = moment.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(calendar.zone))
    weeks = len(calendar.days) // 7
    week = (local.toordinal() - 1) // 7 % weeks
    minute = local.hour * 60 + local.minute
    inside = any(a <= minute < b for a, b in calendar.days[week * 7 + local.weekday()])
    return inside and not any(a <= moment < b for a, b in calendar.closed)


def naive(calendar: WorkingCalendar, moment: datetime, minutes: int) -> datetime:
    """Count minute by minute."""
    while minutes:
        minutes -= works(calendar, moment)
        moment += MINUTE
    return moment


edges = st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True)
hours = edges.map(
    lambda found: merged(
        (a, b) for a, b in zip(sorted(found)[::2], sorted(found)[1::2], strict=False)
    )
)
#: The weeks in which the clocks change in Berlin, in New York and on Lord Howe (by half an hour).
begins = st.sampled_from([
    datetime(2026, 3, 27), datetime(2026, 10, 23), datetime(2026, 3, 6), datetime(2026, 10, 30),
    datetime(2026, 4, 3), datetime(2026, 10, 2), datetime(2026, 7, 1),
])  # fmt: skip
moments = st.builds(
    lambda begin, minutes: begin + timedelta(minutes=minutes), begins, st.integers(0, 5 * 1440)
)
holidays = st.lists(
    st.builds(
        lambda begin, minutes: (begin, begin + timedelta(minutes=minutes)),
        moments,
        st.integers(1, 2 * 1440),
    ),
    max_size=3,
).map(merged)
calendars = st.builds(
    WorkingCalendar,
    st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kolkata"]),
    st.one_of(
        st.lists(hours, min_size=7, max_size=7), st.lists(hours, min_size=14, max_size=14)
    ).map(tuple),
    holidays,
)


@given(calendars, moments, st.integers(1, 600))
@settings(max_examples=120, deadline=None)
def test_as_counted_minute_by_minute(
    calendar: WorkingCalendar, moment: datetime, minutes: int
) -> None:
    """A minute of a holiday is counted, or one that comes twice counted once."""
    assert calendar.add(moment, minutes) == naive(calendar, moment, minutes)


@given(calendars, moments, st.integers(0, 600), st.integers(0, 600))
@settings(max_examples=80, deadline=None)
def test_two_ways_are_one(
    calendar: WorkingCalendar, moment: datetime, first: int, second: int
) -> None:
    """Eight hours and then eight more are not sixteen."""
    there = calendar.add(moment, first)
    assert there is not None
    assert calendar.add(there, second) == calendar.add(moment, first + second)


def test_over_the_weekend() -> None:
    """What comes on Friday evening is late on Saturday morning."""
    calendar = WorkingCalendar(BERLIN, WEEK)
    friday = at("2026-01-09T15:30")  # half past four in Berlin
    assert calendar.add(friday, 60) == at("2026-01-12T07:30")
    assert calendar.add(friday, 30) == at("2026-01-09T16:00")


def test_holiday_in_between() -> None:
    """A holiday is worked."""
    holiday = ((at("2026-01-05T23:00"), at("2026-01-06T23:00")),)
    calendar = WorkingCalendar(BERLIN, WEEK, holiday)
    assert calendar.add(at("2026-01-05T15:00"), 120) == at("2026-01-07T08:00")
    assert calendar.is_closed(at("2026-01-06T10:00"))
    assert not calendar.is_closed(at("2026-01-06T23:00"))


def test_two_alternating_weeks() -> None:
    """The second week of a shift plan is taken for the first."""
    early, late = ((6 * 60, 14 * 60),), ((14 * 60, 22 * 60),)
    calendar = WorkingCalendar("UTC", (early,) * 7 + (late,) * 7)
    monday = at("2026-01-05")
    begin = (monday.toordinal() - 1) // 7 % 2
    expected = ["2026-01-05T07:00", "2026-01-05T15:00"][begin]
    assert calendar.add(monday, 60) == at(expected)
    expected = ["2026-01-12T15:00", "2026-01-12T07:00"][begin]
    assert calendar.add(monday + timedelta(days=7), 60) == at(expected)


@pytest.mark.parametrize(
    ("begin", "minutes", "end"),
    [
        # 02:00 to 03:00 is left out: the shift from 1 to 4 lasts two hours.
        ("2026-03-29T00:00", 120, "2026-03-29T02:00"),
        # It comes twice: four hours.
        ("2026-10-24T23:00", 240, "2026-10-25T03:00"),
    ],
)
def test_the_clocks_change(begin: str, minutes: int, end: str) -> None:
    """A night shift has as many hours as on other nights."""
    calendar = WorkingCalendar(BERLIN, ((),) * 6 + (((60, 240),),))
    assert calendar.add(at(begin), minutes) == at(end)


def test_no_hours() -> None:
    """A calendar without hours is searched for ever."""
    assert WorkingCalendar(BERLIN, ((),) * 7).add(at("2026-01-05"), 1) is None
    forever = ((at("2026-01-01"), at("2040-01-01")),)
    assert WorkingCalendar(BERLIN, WEEK, forever).add(at("2026-01-05"), 1) is None


def test_within_a_second_of_a_change() -> None:
    """A moment between two seconds at the change of the clocks is no error."""
    calendar = WorkingCalendar(BERLIN, (((0, 1440),),) * 7)
    moment = at("2026-03-29T00:59:59.500000")
    assert calendar.add(moment, 60) == moment + timedelta(hours=1)
