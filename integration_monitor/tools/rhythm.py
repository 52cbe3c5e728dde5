"""When the next message is due: learnt from four weeks, or as somebody declared it.

Both kinds answer one question: until when may a flow that last spoke at *t* keep silent? A caller
stores that moment and compares it with the clock, which costs nothing.

Learnt: messages are taken as a Poisson process whose rate depends on the hour of the week (UTC).
A silence in which ``LIMIT`` = -ln(0.001) = 6.9 messages were to be expected happens by chance after
one message of a thousand. A busy flow sends a thousand a day, so its limit is higher: such that
chance silences it once a year. Nights and weekends have a rate of about zero and expect nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

HOURS = 168
WEEKS = 4
LIMIT = -math.log(0.001)
# Enough to know a rhythm: each hour of the week seen twice, and four messages a week.
LEAST_WEEKS = 2.0
LEAST_MESSAGES = 16
# Of the minutes with traffic that chance would give; fewer: messages come in batches.
STEADY_SHARE = 0.6
# An hour with four times the traffic of the one before is the beginning of a shift.
SHIFT = 4.0
_WEEKS_A_YEAR = 52
_HOUR = timedelta(hours=1)
_FAR = timedelta(days=400)
_DAYS = 500


def hour_of_week(moment: datetime) -> int:
    """Return 0 (Monday, 0:00 to 1:00) to 167."""
    return moment.weekday() * 24 + moment.hour


@dataclass(frozen=True, slots=True)
class Learnt:
    """Messages expected in each hour of the week, UTC."""

    rates: tuple[float, ...]
    #: Messages come evenly within an hour, so that a part of an hour tells something.
    steady: bool = False

    @property
    def weekly(self) -> float:
        """Return the messages expected in a week."""
        return sum(self.rates)

    @property
    def limit(self) -> float:
        """Return how many messages must be missing: 6.9, or more for a busy flow."""
        return max(LIMIT, math.log(max(self.weekly, 1) * _WEEKS_A_YEAR))

    def expected_by(self, last: datetime) -> datetime | None:
        """Return when the silence since ``last`` (UTC) is longer than chance explains.

        An hour counts when it is over, for a batch comes when it comes and a shift does not begin
        at the stroke. Only the middle of steady traffic counts by the minute.

        :return: None when never, within a year
        """
        week = self.weekly
        if week <= 0:
            return None
        limit = self.limit
        whole = max(math.ceil(limit / week) - 2, 0)
        if timedelta(weeks=whole) > _FAR:
            return None
        total = whole * week
        moment = last + timedelta(weeks=whole)
        rest_of_first = True
        for _step in range(3 * HOURS):
            hour = moment.replace(minute=0, second=0, microsecond=0)
            rate = self.rates[hour_of_week(hour)]
            by_minute = self.steady and (
                rest_of_first or self.rates[hour_of_week(hour) - 1] * SHIFT >= rate
            )
            if rest_of_first and not self.steady:
                rate = 0.0  # a batch has been there already
            end = hour + _HOUR
            part = rate * ((end - moment) / _HOUR)
            if part > 0 and total + part >= limit:
                return moment + _HOUR * ((limit - total) / rate) if by_minute else end
            total += part
            moment = end
            rest_of_first = False
        return None

    def expected(self, since: datetime, until: datetime) -> float:
        """Return the number of messages that usually come between two times."""
        weeks = max((until - since) // timedelta(weeks=1), 0)
        total = weeks * self.weekly
        moment = since + timedelta(weeks=weeks)
        while moment < until:
            end = min(moment.replace(minute=0, second=0, microsecond=0) + _HOUR, until)
            total += self.rates[hour_of_week(moment)] * ((end - moment) / _HOUR)
            moment = end
        return total


def learn(
    counts: Mapping[int, float], *, since: datetime, last: datetime, spread: float | None = None
) -> Learnt | None:
    """Return the rhythm of a flow, or None when it is too new or too quiet to have one.

    :param counts: messages by hour of the week, of the four weeks before ``last``
    :param since: the flow's first traffic in that time
    :param last: its last traffic: what came after is the silence to be judged, no habit
    :param spread: minutes with traffic, as a share of those that chance would give
    """
    weeks = min((last - since) / timedelta(weeks=1), WEEKS)
    if weeks < LEAST_WEEKS or sum(counts.values()) < LEAST_MESSAGES:
        return None
    rates = tuple(counts.get(hour, 0) / weeks for hour in range(HOURS))
    return Learnt(rates, steady=spread is not None and spread >= STEADY_SHARE)


@dataclass(frozen=True, slots=True)
class Declared:
    """At least one message each ``every`` minutes of the working hours.

    ``start`` and ``end`` are hours of the day in the zone ``tz``; equal means round the clock.
    ``days`` counts from Monday: 7 for every day, 5 for Monday to Friday.
    """

    every: int
    days: int = 7
    start: float = 0.0
    end: float = 0.0
    tz: str = "UTC"

    def expected_by(self, last: datetime) -> datetime | None:
        """Return when the next message is overdue, after one at ``last``; UTC without zone."""
        if self.every <= 0:
            return None
        zone = ZoneInfo(self.tz)
        moment = last.replace(tzinfo=timezone.utc)
        left = timedelta(minutes=self.every)
        # A night shift may have begun yesterday.
        day = moment.astimezone(zone).date() - timedelta(days=1)
        for _step in range(_DAYS):
            if day.weekday() < self.days:
                opens, closes = self._hours(day, zone)
                begin = max(opens, moment)
                if begin < closes:
                    if closes - begin >= left:
                        return (begin + left).replace(tzinfo=None)
                    left -= closes - begin
                    moment = closes
            day += timedelta(days=1)
        return None

    def _hours(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return begin and end (UTC) of the working hours that begin on a day."""
        midnight = datetime.combine(day, time.min)
        opens = midnight + timedelta(hours=self.start)
        closes = midnight + timedelta(hours=self.end)
        if closes <= opens:
            closes += timedelta(days=1)
        return _utc(opens, zone), _utc(closes, zone)


def _utc(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(timezone.utc)
