"""When a message may go another way: only while nobody knows of an effect it already had."""

from __future__ import annotations

from .errors import IntegrationError

#: Kinds of failure after which the other side has done nothing, unless the transport says that
#: bytes had left.
WITHOUT_EFFECT = frozenset(
    {"dns", "connect", "tls", "timeout", "auth", "rate_limit", "client", "contract", "business"}
)
#: Answers that say so themselves: not implemented, not available.
REFUSALS = frozenset({501, 503})


def may_have_taken_effect(error: IntegrationError) -> bool:
    """Tell whether the partner may have acted on the request of a failed attempt.

    Refused requests (4xx, 501, 503) and those that never left have had no effect. Everything else
    may have had one: a timeout after sending, a gateway's 502 or 504, a crash of our worker; but
    not what failed while the request was prepared (``before_sending``), unless that called, too,
    nor what failed while we signed in (``nothing_sent``), whatever the token address answered.
    """
    if getattr(error, "nothing_sent", False):
        return False
    response = getattr(error, "response", None)
    status = getattr(error, "status", None) or (response.status if response is not None else None)
    if status is not None:
        return not (400 <= status < 500 or status in REFUSALS)
    if getattr(error, "before_sending", False):
        return error.maybe_delivered
    return error.maybe_delivered or error.error_class not in WITHOUT_EFFECT
