"""What a delivery provider does for Odoo, in words of the log; and what came of it."""

from __future__ import annotations

RATE = "carrier.rate"
BOOK = "carrier.book"
RETURN_LABEL = "carrier.return_label"
TRACK = "carrier.track"
CANCEL = "carrier.cancel"
OPERATIONS = (RATE, BOOK, RETURN_LABEL, TRACK, CANCEL)
#: Providers of Odoo itself that calculate and call nobody.
LOCAL_PROVIDERS = ("fixed", "base_on_rule")
#: Classes of a failed call that tell more than the words a provider makes of it.
TECHNICAL = frozenset(
    {"dns", "connect", "tls", "timeout", "auth", "rate_limit", "server", "contract"}
)
#: What a provider that raises a message for the user, or anything else, leaves open.
_VAGUE = frozenset({"business", "unknown", None})


def error_class_of(told: str | None, cause: str | None, call: str | None) -> str:
    """Return the class of a failed operation.

    Providers turn whatever happens into a message for the user. What lies behind it tells whether
    the carrier failed or a person must correct something: first the exceptions that led to it, then
    the last call that the provider made.

    :param told: class of what was raised
    :param cause: class of the exceptions behind it, ``unknown`` if there are none
    :param call: class of the last call, None when it went well or there was none
    """
    if told not in _VAGUE:
        return str(told)
    for known in (cause, call):
        if known in TECHNICAL:
            return str(known)
    return told or "unknown"


def numbers_of(text: str | None) -> list[str]:
    """Return the tracking numbers in a field of Odoo, which joins them by commas."""
    parts = (part.replace(" ", "") for part in (text or "").split(","))
    return [part for part in parts if part]


def price_of(value: object) -> float | None:
    """Return a provider's price as a number, None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None
