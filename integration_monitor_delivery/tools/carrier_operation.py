"""What a delivery provider does for Odoo, in words of the log; and what came of it."""

from __future__ import annotations

RATE = "carrier.rate"
BOOK = "carrier.book"
RETURN_LABEL = "carrier.return_label"
TRACK = "carrier.track"
CANCEL = "carrier.cancel"
OPERATIONS = (RATE, BOOK, RETURN_LABEL, TRACK, CANCEL)
#: What costs money, and is lost when the transaction that asked for it is undone.
SELLING = frozenset({BOOK, RETURN_LABEL})
#: Providers of Odoo itself that calculate and call nobody.
LOCAL_PROVIDERS = ("fixed", "base_on_rule")
#: Classes of a failed call that tell more than the words a provider makes of it.
TECHNICAL = frozenset(
    {"dns", "connect", "tls", "timeout", "auth", "rate_limit", "server", "contract"}
)
#: What a provider that raises a message for the user, or anything else, leaves open.
_VAGUE = frozenset({"business", "unknown", None})


def error_class_of(told: str | None, behind: str | None) -> str:
    """Return the class of a failed operation.

    Providers turn whatever happens into a message for the user. What lies behind it tells whether
    the carrier failed or a person must correct something.

    :param told: class of what was raised
    :param behind: class of the last call that the provider made (None when it went well), or of
        the exceptions that led to the message, when no call of it was seen
    """
    if told in _VAGUE and behind in TECHNICAL:
        return str(behind)
    return told or "unknown"


def price_of(value: object) -> float | None:
    """Return a provider's price as a number, None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None
