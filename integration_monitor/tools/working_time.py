"""Working hours of a place: which minutes count, in its time zone, without its holidays.

What counts is what the clock on the wall shows: in the night in which it is put back, an hour that
comes twice is worked twice, and one that is left out is not worked at all.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from typing import TypeVar
from zoneinfo import ZoneInfo

#: A calendar that has not enough hours in so many days has none.
HORIZON_DAYS = 5 * 366
#: So many days of a calendar are kept; then it begins anew.
KEPT_DAYS = 2 * HORIZON_DAYS
ONE_DAY = timedelta(days=1)

Span = tuple[datetime, datetime]
Point = TypeVar("Point", int, datetime)
#: Working hours of a day: minutes from midnight on the clock, in order.
Day = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The working hours of a week or of two alternating ones, and what is not worked.

    ``days``: 7 days from Monday on, or 14, the first seven for weeks of an even number as Odoo
    counts them. ``closed``: spans in UTC as :func:`merged` returns them.
    """

    zone: str
    days: tuple[Day, ...]
    closed: tuple[Span, ...] = ()
    # What is worked, by days in UTC: recording an order asks for the same days again and again.
    _kept: dict[date, tuple[Span, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def add(self, moment: datetime, minutes: float) -> datetime | None:
        """Return when so many working minutes after *moment* are over.

        :param moment: UTC without zone
        :return: None when the calendar has not so many within five years
        """
        if minutes <= 0:
            return moment
        if not any(self.days):
            return None
        left, day = timedelta(minutes=minutes), moment.date()
        for _day in range(HORIZON_DAYS + 1):
            for begin, end in self._worked(day):
                if end <= moment:
                    continue
                begin = max(begin, moment)
                if end - begin >= left:
                    return begin + left
                left -= end - begin
            day += ONE_DAY
        return None

    def _worked(self, day: date) -> tuple[Span, ...]:
        """What is worked on a day in UTC."""
        spans = self._kept.get(day)
        if spans is None:
            if len(self._kept) >= KEPT_DAYS:
                self._kept.clear()
            begin = datetime.combine(day, time())
            spans = self._kept[day] = tuple(self.spans(begin, begin + ONE_DAY))
        return spans

    def is_closed(self, moment: datetime) -> bool:
        """Tell whether a moment (UTC) lies in a holiday; hours that nobody works are none."""
        return any(begin <= moment < end for begin, end in self.closed)

    def spans(self, begin: datetime, end: datetime) -> Iterator[Span]:
        """Yield what is worked between two moments, as spans in UTC, in order."""
        if not any(self.days):
            return
        for first, last, offset in _stretches(begin, end, ZoneInfo(self.zone)):
            day = (first + offset).date()
            midnight = datetime.combine(day, time()) - offset
            for start, stop in self.days[self._place(day)]:
                worked = (
                    max(first, midnight + timedelta(minutes=start)),
                    min(last, midnight + timedelta(minutes=stop)),
                )
                if worked[0] < worked[1]:
                    yield from self._open(*worked)

    def _place(self, day: date) -> int:
        """Where the hours of a day stand."""
        # Odoo counts weeks from the first day of the year 1.
        week = (day.toordinal() - 1) // 7 % (len(self.days) // 7)
        return week * 7 + day.weekday()

    def _open(self, begin: datetime, end: datetime) -> Iterator[Span]:
        """Yield what is left of a span between the holidays."""
        for place in range(bisect_right(self.closed, begin, key=_end_of), len(self.closed)):
            closed_from, closed_until = self.closed[place]
            if closed_from >= end:
                break
            if begin < closed_from:
                yield begin, closed_from
            begin = closed_until
            if begin >= end:
                return
        yield begin, end


def merged(spans: Iterable[tuple[Point, Point]]) -> tuple[tuple[Point, Point], ...]:
    """Return spans in order, those that touch as one."""
    result: list[tuple[Point, Point]] = []
    for begin, end in sorted(span for span in spans if span[0] < span[1]):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((begin, end))
    return tuple(result)


def _end_of(span: Span) -> datetime:
    return span[1]


def _stretches(
    begin: datetime, end: datetime, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Yield a time in stretches of one local day and one offset from UTC each."""
    offset = _offset(begin, zone)
    while begin < end:
        tomorrow = (begin + offset).date() + timedelta(days=1)
        last = min(datetime.combine(tomorrow, time()) - offset, end)
        # No zone changes its clocks twice a day.
        after = _offset(last, zone)
        if after != offset:
            last = _change(begin, last, zone)
        yield begin, last, offset
        begin, offset = last, after


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.replace(tzinfo=timezone.utc).astimezone(zone).utcoffset() or timedelta()


def _change(begin: datetime, end: datetime, zone: ZoneInfo) -> datetime:
    """Return the whole second after *begin* at which the clocks change."""
    before = _offset(begin, zone)
    whole = begin.replace(microsecond=0)
    seconds = range(1, int((end - whole).total_seconds()) + 1)
    place = bisect_right(
        seconds, False, key=lambda n: _offset(whole + timedelta(seconds=n), zone) != before
    )
    return whole + timedelta(seconds=seconds[place])
