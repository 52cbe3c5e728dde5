"""What an answer's headers say about the partner's limits: allowed, left, renewed when."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime

from .iso_time import parse_iso

# Longest wait that is believed; months of a monthly quota, not the year 5138.
MAX_RESET = 400 * 86400.0
_MAX_COUNT = 2**31 - 1
_MAX_VALUE = 1024
_MAX_ITEMS = 16
# Epochs of this century in seconds; what is smaller counts from now, what is larger is in ms.
_EPOCH = 1_000_000_000
_EPOCH_MS = 100_000_000_000

_NUMBER = re.compile(r"\s*([0-9]{1,15}(?:\.[0-9]{1,9})?)")
_USED_OF = re.compile(r"([0-9]{1,12})\s*/\s*([0-9]{1,12})")
# One parameter of a structured field; its string values may hold any separator.
_PARAMETER = re.compile(r";\s*([a-z*][a-z0-9_.*-]{0,31})\s*=\s*([0-9]{1,15}(?:\.[0-9]{1,9})?)")
_PAIR = re.compile(r"\b(limit|remaining|reset)\s*=\s*([0-9]{1,15}(?:\.[0-9]{1,9})?)")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')

_LIMIT = (
    "ratelimit-limit",
    "x-ratelimit-limit",
    "x-rate-limit-limit",
    "x-rate-limit-requests-quota",
    "x-rate-limit",
)
_REMAINING = (
    "ratelimit-remaining",
    "x-ratelimit-remaining",
    "x-rate-limit-remaining",
    "x-rate-limit-requests-left",
)
_RESET = (
    "ratelimit-reset",
    "x-ratelimit-reset-after",
    "x-ratelimit-reset",
    "x-rate-limit-reset",
)
_RESET_MS = "x-rate-limit-time-reset-ms"
# Used of allowed: Shopify (32/40), Salesforce (api-usage=18/5000).
_USED = ("x-shopify-shop-api-call-limit", "http_x_shopify_shop_api_call_limit", "sforce-limit-info")


@dataclass(frozen=True, slots=True)
class Quota:
    """Calls allowed and left in the partner's period; ``reset`` in seconds from now."""

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None


def parse_quota(headers: Mapping[str, str] | None, now: float | None = None) -> Quota | None:
    """The quota that an answer tells of; None when it tells nothing that can be understood.

    Knows ``RateLimit`` and ``RateLimit-Policy`` (IETF drafts 7 and later), the three headers of
    the drafts before, ``X-RateLimit-*`` and its spellings, Shopify's and Salesforce's. Of several
    policies the one that is nearest to its end counts. Never raises on strange values.

    :param now: epoch in seconds, for tests.
    """
    found = {}
    for name, value in (headers or {}).items():
        key = name.lower() if isinstance(name, str) else ""
        if "limit" in key and isinstance(value, str):
            found[key] = value[:_MAX_VALUE]
    if not found:
        return None
    quota = _from_fields(found) or _from_names(found, time.time() if now is None else now)
    return quota or _from_usage(found)


def _from_fields(found: Mapping[str, str]) -> Quota | None:
    """``RateLimit: "default";r=50;t=30`` or, in draft 7, ``limit=100, remaining=50, reset=5``."""
    text = found.get("ratelimit")
    if not text:
        return None
    pairs = dict(_PAIR.findall(_STRING.sub('""', text)))
    if pairs:
        return _quota(pairs.get("limit"), pairs.get("remaining"), _seconds(pairs.get("reset")))
    allowed = {
        name: parameters["q"]
        for name, parameters in _items(found.get("ratelimit-policy", ""))
        if "q" in parameters
    }
    states = [
        _quota(allowed.get(name), parameters["r"], _seconds(parameters.get("t")))
        for name, parameters in _items(text)
        if "r" in parameters
    ]
    return min(filter(None, states), key=_share_left, default=None)


def _items(text: str) -> list[tuple[str, dict[str, str]]]:
    """The members of a structured list: name and numeric parameters of each."""
    result = []
    # Commas and semicolons inside of names separate nothing.
    names: list[str] = []

    def park(match: re.Match[str]) -> str:
        names.append(match.group()[1:-1])
        return f'"{len(names) - 1}"'

    for member in _STRING.sub(park, text).split(",")[:_MAX_ITEMS]:
        head, separator, rest = member.strip().partition(";")
        name = head.strip()
        if name.startswith('"') and name.endswith('"') and name[1:-1].isdigit():
            name = names[int(name[1:-1])]
        result.append((name, dict(_PARAMETER.findall(separator + rest))))
    return result


def _from_names(found: Mapping[str, str], now: float) -> Quota | None:
    """One header for each figure."""
    reset = next((_reset(found[name], now) for name in _RESET if name in found), None)
    if reset is None and _RESET_MS in found:
        milliseconds = _number(found[_RESET_MS])
        reset = None if milliseconds is None else _bounded(milliseconds / 1000)
    remaining = _first(found, _REMAINING)
    limit = _first(found, _LIMIT)
    return _quota(limit, remaining, reset) if limit is not None or remaining is not None else None


def _from_usage(found: Mapping[str, str]) -> Quota | None:
    for name in _USED:
        match = _USED_OF.search(found.get(name, ""))
        if match:
            used, limit = (int(part) for part in match.groups())
            return _quota(limit, max(limit - used, 0), None)
    return None


def _first(found: Mapping[str, str], names: tuple[str, ...]) -> float | None:
    return next(
        (number for name in names if (number := _number(found.get(name))) is not None), None
    )


def _number(text: str | float | None) -> float | None:
    """The number that a value begins with (``100, 100;w=10`` says 100)."""
    match = _NUMBER.match(str(text)) if text is not None else None
    return float(match.group(1)) if match else None


def _reset(text: str, now: float) -> float | None:
    """Seconds from now, whether told so, as an epoch (s or ms) or as a date."""
    if re.fullmatch(r"\s*[0-9.]+\s*", text):
        number = _number(text)
        if number is None:
            return None
        if number >= _EPOCH_MS:
            return _bounded(number / 1000 - now)
        return _bounded(number - now if number >= _EPOCH else number)
    for read in (parse_iso, parsedate_to_datetime):
        try:
            moment = read(text.strip())
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=timezone.utc)
            return _bounded(moment.timestamp() - now)
        except (TypeError, ValueError, IndexError, OverflowError):
            continue  # not in this format; the next one may fit
    return _seconds(text)


def _seconds(text: str | None) -> float | None:
    number = _number(text)
    return None if number is None else _bounded(number)


def _bounded(seconds: float) -> float | None:
    return min(max(seconds, 0.0), MAX_RESET) if math.isfinite(seconds) else None


def _quota(
    limit: str | float | None, remaining: str | float | None, reset: float | None
) -> Quota | None:
    allowed, left = _count(limit), _count(remaining)
    return None if allowed is None and left is None else Quota(allowed, left, reset)


def _count(value: str | float | None) -> int | None:
    number = _number(value)
    return None if number is None else min(int(number), _MAX_COUNT)


def _share_left(quota: Quota) -> tuple[float, int]:
    remaining = quota.remaining or 0
    return (remaining / quota.limit if quota.limit else 1.0, remaining)
