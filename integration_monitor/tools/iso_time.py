"""ISO 8601 times as partners and PostgreSQL write them.

``datetime.fromisoformat`` of Python 3.10 knows neither ``Z`` nor fractions of other than three or
six digits; this gives every supported version the same understanding.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone

_FRACTION = re.compile(r"(?<=:\d\d)[.,](\d+)")
_OFFSET = re.compile(r"(?<=[\d])([+-]\d\d)(\d\d)?$")
_TIME = re.compile(r"[T ]\d\d:\d\d")


def parse_iso(text: str) -> datetime:
    """Return the time that *text* names, aware when it carries an offset.

    Fractions finer than a microsecond are cut off.

    :raise ValueError: when it is no ISO 8601 date or time
    """
    if not _TIME.search(text):
        return datetime.fromisoformat(text)
    text = re.sub(r"[Zz]$", "+00:00", text)
    text = _OFFSET.sub(lambda found: f"{found[1]}:{found[2] or '00'}", text)
    text = _FRACTION.sub(lambda found: f".{found[1][:6]:0<6}", text)
    return datetime.fromisoformat(text)


def utc_now() -> str:
    """This moment as partners read it: UTC, milliseconds, ``Z``."""
    return utc_text(datetime.now(timezone.utc))


def utc_text(moment: datetime) -> str:
    """A time in UTC as RFC 3339 has it; one without offset is taken for UTC."""
    moment = moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment
    text = moment.astimezone(timezone.utc).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
