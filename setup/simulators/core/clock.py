"""Time and identifiers, in the one notation that all simulators use."""

import secrets
import time
from datetime import datetime, timezone


def now() -> float:
    """Return the wall-clock time in seconds since the epoch (UTC)."""
    return time.time()


def utcnow() -> datetime:
    """Return the current time as an aware datetime in UTC."""
    return datetime.now(tz=timezone.utc)


def iso(moment: datetime | None = None) -> str:
    """Return `moment` (default: now) in UTC as ISO 8601 with milliseconds and a `Z`."""
    moment = (moment or utcnow()).astimezone(timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(text: str) -> datetime:
    """Parse an ISO 8601 time; a time without offset counts as UTC.

    Raises ValueError when `text` is not such a time.
    """
    if not isinstance(text, str):
        raise ValueError("not an ISO 8601 text")
    if text[-1:] in ("Z", "z"):
        text = text[:-1] + "+00:00"
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def token(prefix: str, size: int = 10) -> str:
    """Return a fresh random identifier: `prefix` and 2 × `size` hexadecimal digits."""
    return prefix + secrets.token_hex(size)


def digits(count: int) -> str:
    """Return `count` random decimal digits."""
    return "".join(secrets.choice("0123456789") for _ in range(count))
