"""Maintenance windows: planned and weekly, over midnight and over the change of clocks."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.maintenance import Weekly, current_or_next

BERLIN = "Europe/Berlin"
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_weekly_follows_the_local_clock() -> None:
    """In summer the partner's maintenance begins an hour too late."""
    sunday_night = Weekly(frozenset({6}), 22.5, 2.0, BERLIN)
    winter = current_or_next(sunday_night.spans(at("2026-01-05T12:00")), at("2026-01-05T12:00"))
    assert winter == (at("2026-01-11T21:30"), at("2026-01-11T23:30"))
    summer = current_or_next(sunday_night.spans(at("2026-07-06T12:00")), at("2026-07-06T12:00"))
    assert summer == (at("2026-07-12T20:30"), at("2026-07-12T22:30"))


def test_clocks_change_inside() -> None:
    """In the night of the change it lasts an hour longer than announced."""
    night = Weekly(frozenset({6}), 1.0, 3.0, BERLIN)
    now = at("2026-03-28T20:00")
    assert current_or_next(night.spans(now), now) == (
        at("2026-03-29T00:00"),
        at("2026-03-29T03:00"),
    )


def test_it_began_last_week() -> None:
    """A window of four days is over at midnight."""
    long = Weekly(frozenset({4}), 18.0, 96.0, "UTC")
    now = at("2026-05-11T09:00")  # a Monday; it began on Friday
    assert current_or_next(long.spans(now), now) == (at("2026-05-08T18:00"), at("2026-05-12T18:00"))


def test_touching_windows_are_one() -> None:
    """Messages slip out between two windows that follow each other."""
    now = at("2026-05-04T10:00")
    spans = [
        (at("2026-05-04T12:00"), at("2026-05-04T13:00")),
        (at("2026-05-04T09:00"), at("2026-05-04T11:00")),
        (at("2026-05-04T11:00"), at("2026-05-04T11:30")),
        (at("2026-05-04T08:00"), at("2026-05-04T08:30")),
    ]
    assert current_or_next(spans, now) == (at("2026-05-04T09:00"), at("2026-05-04T11:30"))
    assert current_or_next(spans, at("2026-05-04T11:30")) == spans[0]
    assert current_or_next(spans, at("2026-05-04T13:00")) is None


@given(
    now=moments,
    days=st.frozensets(st.integers(0, 6), min_size=1),
    start=st.floats(0, 23.98),
    hours=st.floats(0.1, 167),
    zone=st.sampled_from(["UTC", BERLIN, "America/New_York", "Pacific/Kiritimati", "Asia/Kolkata"]),
)
def test_there_is_always_a_next_one(
    now: datetime, days: frozenset[int], start: float, hours: float, zone: str
) -> None:
    """A weekly window is forgotten in some week, or shown after it is over."""
    found = current_or_next(Weekly(days, start, hours, zone).spans(now), now)
    assert found
    assert now < found[1]
    assert found[0] <= now + timedelta(days=8)
