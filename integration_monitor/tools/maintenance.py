"""When a partner is at work on his system: planned times and weekly ones, in his time zone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

#: How far ahead weekly windows are looked at: the next one is always within.
AHEAD = timedelta(days=8)
LONGEST_HOURS = 7 * 24.0

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Weekly:
    """A window of each week: weekdays (Monday is 0), wall clock and length, in a time zone."""

    weekdays: frozenset[int]
    start_hour: float  # 22.5 is half past ten at night
    hours: float
    zone: str = "UTC"

    def spans(self, now: datetime) -> Iterable[Span]:
        """Yield the windows, in UTC, that end after *now* and begin within a week or so.

        The beginning is what the clock on the wall says; the length is real time, also in the
        night in which the clocks change.
        """
        zone = ZoneInfo(self.zone)
        today = _local_day(now, zone)
        behind = int(self.hours // 24) + 2
        for offset in range(-behind, AHEAD.days + 1):
            day = today + timedelta(days=offset)
            if day.weekday() not in self.weekdays:
                continue
            begin = self._begin(day, zone)
            end = begin + timedelta(hours=self.hours)
            if end > now:
                yield begin, end

    def _begin(self, day: date, zone: ZoneInfo) -> datetime:
        """The start of the window of a day, in UTC without zone."""
        minutes = round(self.start_hour * 60)
        wall = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=zone)
        return wall.astimezone(timezone.utc).replace(tzinfo=None)


def current_or_next(spans: Iterable[Span], now: datetime) -> Span | None:
    """Return the window that is open at *now*, else the next one; those that touch are one.

    :param spans: (begin, end), UTC, in any order
    """
    found: Span | None = None
    for begin, end in sorted(span for span in spans if span[1] > now and span[1] > span[0]):
        if found is None:
            found = (begin, end)
        elif begin <= found[1]:
            found = (found[0], max(found[1], end))
        else:
            break
    return found


def _local_day(now: datetime, zone: ZoneInfo) -> date:
    return now.replace(tzinfo=timezone.utc).astimezone(zone).date()
