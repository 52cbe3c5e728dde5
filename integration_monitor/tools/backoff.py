"""When to try again: full jitter, the other side's wish, and a deadline."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

RETRY_AFTER_CAP = 6 * 3600.0
_MAX_EXPONENT = 64  # 2**64 s is past every cap; avoids OverflowError on absurd attempt counts


def full_jitter(
    attempt: int,
    *,
    base: float,
    factor: float = 2.0,
    cap: float,
    uniform: Callable[[float, float], float] = random.uniform,
) -> float:
    """Seconds before the next try: ``uniform(0, min(cap, base * factor ** n))``.

    :param attempt: attempts already made, 1 or more (n = attempt - 1).
    :param uniform: injectable source of chance.
    """
    exponent = min(max(attempt - 1, 0), _MAX_EXPONENT)
    ceiling = min(cap, base * factor**exponent) if base > 0 else 0.0
    return uniform(0.0, max(ceiling, 0.0))


def next_delay(
    attempt: int,
    *,
    base: float,
    cap: float,
    factor: float = 2.0,
    retry_after: float | None = None,
    max_attempts: int | None = None,
    elapsed: float = 0.0,
    deadline: float | None = None,
    uniform: Callable[[float, float], float] = random.uniform,
) -> float | None:
    """Seconds to wait before the next attempt, or None when there must be none.

    :param retry_after: seconds the other side asked for; honoured up to six hours.
    :param max_attempts: attempts allowed in all; None: no limit.
    :param elapsed: seconds since the first attempt became due.
    :param deadline: seconds after which no attempt may start, unless that is what the other side
        asked for; None: no limit.
    """
    if max_attempts is not None and attempt >= max_attempts:
        return None
    delay = full_jitter(attempt, base=base, factor=factor, cap=cap, uniform=uniform)
    if deadline is not None and elapsed + delay > deadline:
        return None
    if retry_after is not None and retry_after > 0:
        delay = max(delay, min(retry_after, RETRY_AFTER_CAP))
    return delay


def parse_retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds meant by a ``Retry-After`` header (seconds or an HTTP date), 0..6 h; else None."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), RETRY_AFTER_CAP)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    seconds = (moment - (now or datetime.now(timezone.utc))).total_seconds()
    return min(max(seconds, 0.0), RETRY_AFTER_CAP)
