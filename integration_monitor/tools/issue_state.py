"""The life of an issue: new, ongoing, escalating, regressed, resolved, archived."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

STATES = ("new", "ongoing", "escalating", "regressed", "resolved", "archived")
# New and regressed are news for a week, or until somebody takes the issue.
NEWS_FOR = timedelta(days=7)
# An escalation is over when a day has passed without the rate of one.
ESCALATES_FOR = timedelta(days=1)
HISTORY_HOURS = 168
# Less history than this predicts nothing.
MIN_HISTORY_HOURS = 24
# Fewer in an hour are no escalation, however quiet the week was.
FLOOR = 10


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an issue when it is judged; times in UTC.

    :param hourly: occurrences by the start of their hour, of the last eight days
    :param archived_until: quiet until then; None: not limited by time
    :param archived_count: quiet until ``count`` exceeds this; None: not limited by number
    :param taken: somebody owns it
    :param open_exceptions: exceptions of the same fault that wait for a person
    """

    state: str
    state_since: datetime
    first_seen: datetime
    last_seen: datetime
    count: int
    hourly: Mapping[datetime, int]
    archived_until: datetime | None = None
    archived_count: int | None = None
    taken: bool = False
    open_exceptions: int = 0


def next_state(facts: Facts, now: datetime, auto_resolve_days: int = 14) -> str:
    """The state that the issue should have now.

    :param auto_resolve_days: days of silence after which an issue counts as resolved; 0: never
    """
    seen_since = facts.last_seen > facts.state_since
    if facts.state == "resolved":
        return "regressed" if seen_since else "resolved"
    if facts.state == "archived":
        return _archived(facts, now)
    silent = now - facts.last_seen
    if auto_resolve_days and silent >= timedelta(days=auto_resolve_days):
        # While its exceptions wait for a person the matter is not over, however quiet.
        if not facts.open_exceptions:
            return "resolved"
    if is_escalating(facts, now):
        return "escalating"
    since = now - facts.state_since
    if facts.state == "escalating":
        return "ongoing" if since >= ESCALATES_FOR else "escalating"
    if facts.state in ("new", "regressed") and (facts.taken or since >= NEWS_FOR):
        return "ongoing"
    return facts.state


def is_escalating(facts: Facts, now: datetime) -> bool:
    """Whether the last hour exceeds what the past week predicts."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    previous = hour - timedelta(hours=1)
    # The week before the two hours that the last sixty minutes touch.
    known = min((previous - facts.first_seen) / timedelta(hours=1), HISTORY_HOURS)
    if known < MIN_HISTORY_HOURS:
        return False
    return last_hour(facts.hourly, now) > threshold(facts.hourly, previous, int(known))


def last_hour(hourly: Mapping[datetime, int], now: datetime) -> float:
    """Occurrences of the last sixty minutes: this hour's, and the rest from the hour before."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    share = 1 - (now - hour) / timedelta(hours=1)
    return hourly.get(hour, 0) + share * hourly.get(hour - timedelta(hours=1), 0)


def threshold(hourly: Mapping[datetime, int], until: datetime, hours: int) -> float:
    """What an hour may bring at most: three standard deviations above the mean, twice what this
    time of day usually brings, and a floor.

    :param until: start of the first hour that does not count
    :param hours: length of the history; hours without occurrences count as zero
    """
    since = until - timedelta(hours=hours)
    values = [number for hour, number in hourly.items() if since <= hour < until]
    mean = sum(values) / hours
    variance = sum(number * number for number in values) / hours - mean * mean
    # The median: one bad day at this time is no habit, a nightly batch is.
    usual = statistics.median(
        max(hourly.get(until - timedelta(days=day, hours=-step), 0) for step in (0, 1))
        for day in range(1, 8)
    )
    return max(float(FLOOR), mean + 3 * math.sqrt(max(variance, 0.0)), 2 * usual)


def _archived(facts: Facts, now: datetime) -> str:
    if facts.archived_until is not None and now >= facts.archived_until:
        return "ongoing"
    if facts.archived_count is not None and facts.count > facts.archived_count:
        return "escalating"
    return "archived"
