"""What the calls of the last minutes, whoever made them, say about an endpoint or a webhook."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

# Failed calls in a row until the endpoint shows as degraded, and as down.
DEGRADED_AFTER = 2
DOWN_AFTER = 5
# Failures that say something about the endpoint, and not about one document.
HEALTH_CLASSES = ("dns", "connect", "tls", "timeout", "auth", "rate_limit", "server")
# So many of the calls of the window fail, of at least so many calls.
FAILING_SHARE = 0.3
LEAST_CALLS = 10
WINDOW = timedelta(minutes=5)
# Deliveries that were refused, with none accepted, until something is wrong with them.
LEAST_REFUSALS = 3
# Nothing was heard for so long: what was known is not known any more.
KNOWN_FOR = timedelta(hours=72)

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Minute:
    """The calls of one minute (its beginning, UTC): answered well, failed by class."""

    at: datetime
    ok: int
    classes: dict[str, int]

    @property
    def failed(self) -> int:
        """Return the failures that tell something about the endpoint."""
        return sum(self.classes.get(name, 0) for name in HEALTH_CLASSES)


@dataclass(frozen=True, slots=True)
class Finding:
    """``health`` is None when the calls do not change what is known already."""

    health: str | None
    last_ok: datetime | None = None
    last_failure: datetime | None = None
    streak: int = 0  # failed calls after the last good one
    share: float = 0.0  # failed share of the calls of the window; 0 when they are too few
    calls: int = 0
    failed: int = 0
    error_class: str | None = None  # the most frequent one


def of_calls(
    minutes: Iterable[Minute],
    now: datetime,
    *,
    last_success: datetime | None = None,
    last_failure: datetime | None = None,
) -> Finding:
    """Judge an endpoint by the calls of its last minutes.

    A minute that has both good and failed calls does not tell which came last.

    :param last_success: the last good call that is known otherwise, which may be newer
    :param last_failure: the same for a failed one
    """
    rows = sorted(minutes, key=lambda minute: minute.at)
    good = max((row.at for row in rows if row.ok), default=None)
    bad = max((row.at for row in rows if row.failed), default=None)
    trailing = [row for row in rows if row.failed and (good is None or row.at > good)]
    if bad and last_success and last_success >= bad:
        trailing = []  # it has answered since, or in that very minute
    streak = sum(row.failed for row in trailing)
    recent = [row for row in rows if row.at > now - WINDOW - _MINUTE]
    calls = sum(row.ok + row.failed for row in recent)
    failed = sum(row.failed for row in recent)
    share = failed / calls if calls >= LEAST_CALLS else 0.0
    health = None
    if streak >= DOWN_AFTER or (streak >= DEGRADED_AFTER and _only_auth(trailing)):
        health = "down"
    elif streak >= DEGRADED_AFTER or share >= FAILING_SHARE:
        health = "degraded"
    elif good and (bad is None or good > bad) and not (last_failure and last_failure > good):
        health = "up"
    return Finding(
        health, good, bad, streak, share, calls, failed, _most_frequent(trailing or recent)
    )


def of_deliveries(accepted: int, refused: int) -> str | None:
    """Judge what a partner delivers to us: ``up``, ``degraded``, or None when nothing is known.

    Anybody may post rubbish to an address, so refusals never make a system down.
    """
    if accepted:
        return "up"
    return "degraded" if refused >= LEAST_REFUSALS else None


def _only_auth(rows: list[Minute]) -> bool:
    return all(row.failed == row.classes.get("auth", 0) for row in rows)


def _most_frequent(rows: list[Minute]) -> str | None:
    totals = {name: sum(row.classes.get(name, 0) for row in rows) for name in HEALTH_CLASSES}
    name = max(totals, key=lambda key: totals[key])
    return name if totals[name] else None
