"""What is wrong with an unfinished message, and who has to do something about it.

Takes the facts of ``order_evidence_sql``; the precedence among several things is in ``blame``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from .errors import category_of
from .iso_time import parse_iso

FAILED = frozenset({"dead", "quarantined"})
#: Causes that end without anybody's doing.
ON_ITS_WAY = frozenset({"message_pending", "acknowledgement"})
#: Failures that a partner who is out leads to.
OUTAGES = frozenset({"dns", "connect", "tls", "timeout", "server", "rate_limit"})
#: What a partner's word stands for; a failure that names one of these waits for a mapping.
MAPPED_MODELS = frozenset(
    {"product.product", "uom.uom", "account.tax", "res.country", "res.currency", "account.journal",
     "integration.mapping"}
)  # fmt: skip
#: Holds that a person ends: cause, who has to move, and whether the partner is named.
PEOPLES_HOLDS = {
    "gate": ("gate", "business", "us", "gate_message"),
    "manual": ("manual", "partner", "team", "manual"),
    "condition": ("condition", "technical", "team", "condition"),
    "environment": ("environment", "technical", "team", "environment"),
    "neutralized": ("environment", "technical", "team", "neutralized"),
    "paused": ("paused", "technical", "team", "paused"),
    "ordering": ("message_failed", "technical", "team", "ordering"),
    "archived": ("exception", "technical", "team", "archived"),
}

#: cause, category, on whom (``team`` names the partner, too; ``us`` only our own people), text
Verdict = tuple[str, str | None, str, str]


def judge(message: dict[str, Any], now: datetime) -> Verdict | None:
    """Return the verdict on one message; None when it holds nothing up.

    :param message: state, direction, held, hold_reason, paused, breaker_since, error_class,
        ack_state, ack_due_at, failed_step, problem (its open exception or None: category,
        source_model, source_key)
    """
    reason = message["hold_reason"] if message["held"] else None
    if reason in ("gate", "manual"):
        return PEOPLES_HOLDS[reason]
    if message["state"] in FAILED or message["ack_state"] == "rejected":
        return _of_end(message)
    if message["state"] == "processing":
        return _on_its_way(message)
    if message["state"] in ("pending", "retry"):
        return _of_waiting(message, reason)
    return _of_acknowledgement(message, now)


def _of_end(message: dict[str, Any]) -> Verdict:
    """Judge a message that is not tried again by itself."""
    problem = message["problem"] or {}
    category = problem.get("category") or category_of(message["error_class"])
    if message["failed_step"]:
        return "transformation", "technical", "system", "transformation"
    if message["ack_state"] == "rejected":
        return "message_failed", "partner", "system", "rejected"
    if message.get("breaker_since") and message["error_class"] in OUTAGES:
        return "breaker", "technical", "system", "breaker"
    if message["state"] == "quarantined":
        return "quarantined", category, "system", "quarantined"
    if category == "business" and _is_mapping(problem):
        text = "mapping_named" if problem["source_key"] != "id" else "message_failed"
        return "mapping", "business", "team", text
    if category == "business" or message["error_class"] == "auth":
        return "message_failed", category, "team", "message_failed"
    return "message_failed", category, _culprit(message), "message_failed"


def _is_mapping(problem: dict[str, Any]) -> bool:
    """Tell whether a person has to say what a word of the partner stands for.

    A product may be named by its id: it lacks the word by which the partner knows it.
    """
    model, key = problem.get("source_model"), problem.get("source_key")
    return model in MAPPED_MODELS and (key != "id" or model == "product.product")


def _of_waiting(message: dict[str, Any], reason: str | None) -> Verdict | None:
    """Judge a message that waits: for a switch, for its endpoint, for its turn."""
    if message.get("paused"):
        return PEOPLES_HOLDS["paused"]  # a person has stopped it, whatever the endpoint does
    if reason in PEOPLES_HOLDS:
        return PEOPLES_HOLDS[reason]
    if reason == "maintenance":
        return "maintenance", "partner", "system", "maintenance"
    if message["failed_step"]:
        return "transformation", "technical", "system", "transformation"
    if message.get("breaker_since"):
        return "breaker", "technical", "system", "breaker"
    if reason in ("rate_limit", "budget"):
        return "message_pending", "technical", "system", reason
    if message["state"] == "retry":
        if message["error_class"] == "rate_limit":
            return "message_pending", "technical", "system", "rate_limit"
        return "message_failed", "technical", _culprit(message), "message_retry"
    if reason and reason != "breaker":
        return "unknown", None, "nobody", "unknown.held"
    return _on_its_way(message)


def _on_its_way(message: dict[str, Any]) -> Verdict:
    return "message_pending", "technical", _culprit(message), "message_pending"


def _culprit(message: dict[str, Any]) -> str:
    """What came in is worked on here: whoever sent it has done his part."""
    return "us" if message["direction"] == "inbound" else "system"


def _of_acknowledgement(message: dict[str, Any], now: datetime) -> Verdict | None:
    """Judge a message that was taken and that the partner has not confirmed."""
    if message["ack_state"] != "awaited":
        return None
    due = message["ack_due_at"] and parse_iso(message["ack_due_at"])
    cause = "acknowledgement_overdue" if due and due <= now else "acknowledgement"
    return cause, "partner", "system", cause
