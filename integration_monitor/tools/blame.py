"""Whom a business transaction waits for, judged by the evidence at hand.

The evidence is what the database holds at this moment: unfinished messages, open exceptions, paused
flows, transfers without stock, unpaid invoices. Texts are made by the caller (they are translated);
this module decides cause, category and culprit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .milestones import Step

FAILED = frozenset({"dead", "quarantined"})
#: A step counts as at risk when this share of its time is over.
WARNING_SHARE = 0.8
#: Verdicts on a message that are less than what a gate tells.
GATED_CAUSES = frozenset({"gate", "message_pending", "acknowledgement"})


@dataclass(slots=True)
class Blame:
    """The verdict. ``text`` names a sentence, ``facts`` its parameters."""

    cause: str = "unknown"
    category: str | None = None
    on: str = "nobody"
    system_id: int | None = None
    text: str = "unknown"
    facts: dict[str, Any] = field(default_factory=dict)


def judge(step: Step | None, evidence: dict[str, Any]) -> Blame:
    """Return the verdict on the awaited step.

    :param evidence: ``message`` (the worst unfinished one: state, held, hold_reason,
        breaker_since, error,
        attempt, limit, next_at, system, system_id, endpoint), ``exception`` (title, category,
        system, system_id), ``released_to`` (system, system_id: holds the goods), ``expected_from``
        (system, system_id of the flow that would bring the step), ``stock_missing`` (name of the
        transfer), ``gate`` (gate, document, step, waits_on, system, system_id: a document that is
        ready and kept back), ``partner`` and ``warehouse`` (names)
    """
    if step is None:
        return Blame("none", None, "nobody", None, "none")
    message = evidence.get("message")
    exception = evidence.get("exception")
    if message and _in_order(message) and _of_another_step(message, step):
        if _lacks_stock(step, evidence):
            # The message waits for its turn; what holds the order up is the shelf.
            return _of_step(step, evidence)
    gate = evidence.get("gate")
    if message and (verdict := _of_message(message, exception)):
        # A failure, or a partner that is out, is why the milestone is missing.
        return _of_gate(gate) if gate and verdict.cause in GATED_CAUSES else verdict
    if exception:
        return Blame(
            "exception", exception["category"], "system" if exception["system"] else "team",
            exception["system_id"], "exception", exception,
        )  # fmt: skip
    if gate:
        return _of_gate(gate)
    return _of_step(step, evidence)


def _of_gate(gate: dict[str, Any]) -> Blame:
    """Judge a document that a gate keeps back: who reaches the milestone has to move."""
    # A step that some system reaches, but none that is connected.
    unnamed = "partner" if gate["waits_on"] == "system" else gate["waits_on"]
    on = "system" if gate["system"] else unnamed
    return Blame("gate", "business", on, gate["system_id"], "gate", gate)


def _in_order(message: dict[str, Any]) -> bool:
    """Nothing has failed: the message is on its way, or held."""
    return message["state"] not in FAILED and message["state"] != "retry"


def _of_another_step(message: dict[str, Any], step: Step) -> bool:
    return not step.message_type or message.get("message_type") != step.message_type


def _lacks_stock(step: Step, evidence: dict[str, Any]) -> bool:
    """Goods are missing, and the step is one of theirs: released, picked, packed, shipped.

    A warehouse system is told of a transfer only when it can be picked.
    """
    of_goods = not step.money and not step.event_code.startswith("sale.")
    return of_goods and bool(evidence.get("stock_missing"))


def _of_message(message: dict[str, Any], exception: dict[str, Any] | None) -> Blame | None:
    """Judge by the worst unfinished message of the transaction."""
    system_id = message["system_id"]
    if message["held"] and message["hold_reason"] == "gate":
        return Blame("gate", "business", "team", None, "gate_message", message)
    if message["held"] and message["hold_reason"] == "manual":
        return Blame("manual", "partner", "team", system_id, "manual", message)
    if message["state"] in FAILED:
        category = exception["category"] if exception else "technical"
        on = "team" if category == "business" else "system"
        return Blame("message_failed", category, on, system_id, "message_failed", message)
    if message["state"] != "processing" and (waits := _of_endpoint(message)):
        return waits
    if message["state"] == "retry":
        return Blame("message_failed", "technical", "system", system_id, "message_retry", message)
    if message["held"] and message["hold_reason"] == "ordering":
        return Blame("message_failed", "technical", "team", system_id, "ordering", message)
    if message["held"] and message["hold_reason"] in ("condition", "environment", "archived"):
        # Somebody must correct a setting; nothing is paused.
        reason = message["hold_reason"]
        return Blame("exception", "technical", "team", system_id, reason, message)
    if message["held"] or message["paused"]:
        return Blame("paused", "technical", "team", system_id, "paused", message)
    if message["state"] in ("pending", "processing"):
        return Blame(
            "message_pending", "technical", "system", system_id, "message_pending", message
        )
    if message["ack_state"] == "awaited":
        return Blame("acknowledgement", "partner", "system", system_id, "acknowledgement", message)
    return None


def _of_endpoint(message: dict[str, Any]) -> Blame | None:
    """Judge a message that waits for its endpoint: nobody here can do anything."""
    reason = message["hold_reason"] if message["held"] else None
    if message.get("paused"):
        return None  # a person has stopped it, whatever the endpoint does
    if message.get("breaker_since") and reason != "maintenance":
        return Blame(
            "breaker", "technical", "system", message["system_id"], "breaker", message
        )  # fmt: skip
    if reason == "maintenance":
        return Blame(
            "maintenance", "partner", "system", message["system_id"], "maintenance", message
        )
    if reason in ("rate_limit", "budget"):
        return Blame(
            "message_pending", "technical", "system", message["system_id"], reason, message
        )
    return None


def _of_step(step: Step, evidence: dict[str, Any]) -> Blame:
    """Judge by the awaited step itself: nothing is broken, somebody has work to do."""
    if _lacks_stock(step, evidence):
        return Blame(
            "stock", "business", "team", None, "stock", {"picking": evidence["stock_missing"]}
        )
    source = evidence.get("expected_from") or (
        evidence.get("released_to") if step.event_code.startswith("picking.") else None
    )
    if source:
        return Blame("partner", "partner", "system", source["system_id"], "partner", source)
    if step.waits_on == "customer":
        return Blame("customer", "business", "customer", None, f"customer.{step.event_code}")
    if step.waits_on == "team":
        return Blame("team", "business", "team", None, f"team.{step.event_code}")
    if step.waits_on == "partner":
        return Blame("partner", "partner", "partner", None, "partner.unnamed")
    return Blame()


def due(
    step: Step | None, since: datetime | None, scheduled: datetime | None, promised: datetime | None
) -> datetime | None:
    """Return when the awaited step should be reached; None when nobody measures it.

    :param scheduled: date of the document that reaches the step (transfer, due date of an invoice)
    :param promised: delivery date promised to the customer, until the goods left
    """
    if step is None or since is None:
        return None
    dates = []
    if step.expected_minutes:
        dates.append(since + timedelta(minutes=step.expected_minutes))
    if scheduled:
        dates = [max([scheduled, *dates])]
    if promised:
        dates.append(promised)
    return min(dates, default=None)


def timeliness(
    since: datetime | None, due_at: datetime | None, now: datetime
) -> tuple[str, datetime | None]:
    """Return (on_track, warning or missed; the moment this changes by itself, or None)."""
    if due_at is None or since is None:
        return "on_track", None
    if now >= due_at:
        return "missed", None
    warn_at = since + (due_at - since) * WARNING_SHARE if due_at > since else since
    if now >= warn_at:
        return "warning", due_at
    return "on_track", warn_at
