"""A cheap limit per worker process: one token bucket for each key."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

MAX_KEYS = 10_000
BURST_SECONDS = 10.0


class Throttle:
    """Token buckets that refill evenly; the least recently used are forgotten.

    It is no quota: each worker process counts for itself. It keeps a flood from reaching the
    database and the signature check.
    """

    def __init__(
        self, *, max_keys: int = MAX_KEYS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_keys = max_keys
        self._clock = clock
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def acquire(self, key: Hashable, per_minute: int) -> int | None:
        """Take one token.

        :param per_minute: deliveries allowed in a minute; 0 or less means no limit.
        :returns: None when it may pass, else the whole seconds to wait.
        """
        if per_minute <= 0:
            return None
        rate = per_minute / 60.0
        burst = max(1.0, rate * BURST_SECONDS)
        with self._lock:
            now = self._clock()
            tokens, seen = self._buckets.pop(key, (burst, now))
            tokens = min(burst, tokens + max(0.0, now - seen) * rate)
            wait = None
            if tokens >= 1.0:
                tokens -= 1.0
            else:
                wait = max(1, math.ceil((1.0 - tokens) / rate))
            self._buckets[key] = (tokens, now)
            while len(self._buckets) > self._max_keys:
                self._buckets.popitem(last=False)
        return wait

    def clear(self) -> None:
        """Forget every bucket."""
        with self._lock:
            self._buckets.clear()
