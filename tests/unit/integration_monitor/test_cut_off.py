"""Cut-offs: the next one, whose it is, and on which clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from integration_monitor.tools.cut_off import CutOff, next_cut_off, that_apply
from integration_monitor.tools.working_time import WorkingCalendar

BERLIN = "Europe/Berlin"
WEEKDAYS = frozenset(range(5))
FOUR = CutOff(WEEKDAYS, 16 * 60, BERLIN)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_missed_by_a_minute() -> None:
    """What got ready at 16:01 on Friday should have left on Friday, or leaves on Saturday."""
    friday, monday = at("2026-01-09T15:00"), at("2026-01-12T15:00")
    assert next_cut_off([FOUR], friday - timedelta(minutes=1)) == friday
    assert next_cut_off([FOUR], friday) == monday
    assert next_cut_off([FOUR], friday + timedelta(minutes=1)) == monday


def test_the_clock_on_the_wall() -> None:
    """In summer the carrier comes an hour late."""
    assert next_cut_off([FOUR], at("2026-03-27T16:00")) == at("2026-03-30T14:00")
    assert next_cut_off([FOUR], at("2026-10-23T15:00")) == at("2026-10-26T15:00")


def test_the_day_there() -> None:
    """Friday evening here is Saturday morning there."""
    tokyo = CutOff(WEEKDAYS, 10 * 60, "Asia/Tokyo")
    assert next_cut_off([tokyo], at("2026-01-09T20:00")) == at("2026-01-12T01:00")


def test_holidays() -> None:
    """The carrier comes on a holiday; at night, when nobody works, he comes all the same."""
    holiday = ((at("2026-01-05T23:00"), at("2026-01-06T23:00")),)
    calendar = WorkingCalendar(BERLIN, ((),) * 7, holiday)
    assert next_cut_off([FOUR], at("2026-01-05T16:00"), calendar) == at("2026-01-07T15:00")


def test_ready_before() -> None:
    """Half an hour before the carrier comes: what gets ready later goes with the next."""
    half = timedelta(minutes=-30)
    monday = at("2026-01-12T14:30")
    assert next_cut_off([FOUR], at("2026-01-12T14:29"), None, half) == monday
    assert next_cut_off([FOUR], monday, None, half) == monday + timedelta(days=1)
    after = next_cut_off([FOUR], at("2026-01-12T15:10"), None, -half)
    assert after == at("2026-01-12T15:30")


def test_several_a_day() -> None:
    """The first of two is taken though it has passed."""
    noon = CutOff(WEEKDAYS, 12 * 60, BERLIN)
    assert next_cut_off([FOUR, noon], at("2026-01-12T08:00")) == at("2026-01-12T11:00")
    assert next_cut_off([FOUR, noon], at("2026-01-12T12:00")) == at("2026-01-12T15:00")


def test_none() -> None:
    """No cut-off is an error."""
    assert next_cut_off([], at("2026-01-12T08:00")) is None
    closed = ((at("2026-01-01"), at("2027-01-01")),)
    calendar = WorkingCalendar("UTC", ((),) * 7, closed)
    assert next_cut_off([FOUR], at("2026-01-12T08:00"), calendar) is None


def test_whose() -> None:
    """A carrier with hours of his own comes at those of all others, too."""
    every = CutOff(WEEKDAYS, 960, BERLIN)
    house = CutOff(WEEKDAYS, 900, BERLIN, warehouse_id=1)
    carrier = CutOff(WEEKDAYS, 840, BERLIN, carrier_id=7)
    both = CutOff(WEEKDAYS, 780, BERLIN, warehouse_id=1, carrier_id=7)
    known = [every, house, carrier, both]
    assert that_apply(known, 1, 7) == [both]
    assert that_apply(known, 2, 7) == [carrier]
    assert that_apply(known, 1, None) == [house]
    assert that_apply(known, None, None) == [every]
    assert that_apply([carrier], 1, 8) == []
