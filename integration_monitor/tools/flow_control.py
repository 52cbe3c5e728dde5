"""How much may go to one endpoint: a token bucket, a retry budget, a bulkhead."""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_CAPACITY = 1


@dataclass(frozen=True, slots=True)
class Rate:
    """So many calls in so many seconds."""

    calls: int
    seconds: float
    #: So many seconds of rest give tokens in advance.
    spare: float = 1.0

    @property
    def per_second(self) -> float:
        """Tokens that come in each second."""
        return self.calls / self.seconds

    @property
    def burst(self) -> float:
        """Tokens that a rested bucket holds: those of the spare second, at least one.

        Many more would let twice the agreed number through around the turn of a minute.
        """
        return max(1.0, self.per_second * self.spare)


def refill(tokens: float, elapsed: float, rate: Rate) -> float:
    """Tokens in the bucket after some seconds; a clock that went back refills nothing."""
    return min(rate.burst, tokens + max(elapsed, 0.0) * rate.per_second)


def wait_for_token(tokens: float, rate: Rate) -> float:
    """Seconds until the bucket holds a whole token; 0 when it does."""
    return max(0.0, (1.0 - tokens) / rate.per_second)


def retries_left(calls: int, retries: int, *, percent: float, floor: int) -> bool:
    """Tell whether one more retry is within the budget of the window.

    :param calls: calls of the window, retries included
    :param percent: retries in per cent of the calls; 100 or more: no budget
    :param floor: retries that are always allowed, so that a quiet endpoint recovers, too
    """
    return percent >= 100 or retries < floor + calls * percent / 100


def lease_limit(wanted: int, capacity: int) -> int:
    """Calls of one endpoint at the same time: below the runner's capacity, at least one.

    :param wanted: what is set on the endpoint
    :param capacity: jobs that the runner works on at the same time
    """
    return max(1, min(wanted, capacity - 1))


def channel_capacity(channels: str, channel: str) -> int:
    """Read from queue_job's configuration how many jobs of a channel run at the same time.

    :param channels: for example ``root:4,root.integration:2``
    :param channel: full name; its parents bound it
    """
    found: dict[str, int] = {}
    for item in channels.replace("\n", ",").split(","):
        name, _colon, rest = item.strip().partition(":")
        name = name.strip()
        if not name:
            continue
        number = rest.partition(":")[0].strip()
        full = name if name == "root" or name.startswith("root.") else f"root.{name}"
        found[full] = int(number) if number.isdigit() else DEFAULT_CAPACITY
    parts = channel.split(".")
    names = [".".join(parts[: count + 1]) for count in range(len(parts))]
    limits = [found[name] for name in names if found.get(name, 0) > 0]
    return min(limits, default=DEFAULT_CAPACITY)
