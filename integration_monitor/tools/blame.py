"""Whom a business transaction waits for, judged by the evidence at hand.

The evidence is what the database holds at this moment: unfinished messages, open exceptions, paused
flows, transfers without stock, unpaid invoices. Texts are made by the caller (they are translated);
this module decides cause, category and culprit. What is wrong with a message is judged by
``blame_message``.

Of several things that are wrong the one is named that must be removed first:

1. what stopped or failed a message: of the awaited step first, then of any other. A message behind
   an earlier one stands for that one, and a partner that is out for the failures it led to;
2. the system that is out and that the named one needs (:func:`because_of`);
3. an open exception;
4. a gate in front of a document that is ready;
5. missing stock, where only messages of other steps wait;
6. a message on its way, or one that the partner has not confirmed;
7. the awaited step itself: stock, its documents, the system that reports it, customer, team.

Where none of it is evident the cause is unknown, and the text says what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import blame_message
from .milestones import Step

#: Verdicts on a system that another one behind it may explain.
OF_SYSTEM = frozenset({"breaker", "message_failed"})


@dataclass(slots=True)
class Blame:
    """The verdict. ``text`` names a sentence, ``facts`` its parameters."""

    cause: str = "unknown"
    category: str | None = None
    on: str = "nobody"
    system_id: int | None = None
    text: str = "unknown"
    facts: dict[str, Any] = field(default_factory=dict)
    #: who looks after it, when the team has to move
    user_id: int | None = None


def judge(step: Step | None, evidence: dict[str, Any], now: datetime) -> Blame:
    """Return the verdict on the awaited step.

    :param evidence: ``messages`` (of each type the worst unfinished one, the worst first; see
        ``order_evidence_sql``), ``exception`` (title, category, system, system_id, user_id),
        ``released_to`` (system, system_id: holds the goods), ``released_gone`` (the message that
        released them is gone), ``expected_from`` (system, system_id, inbound, told: of the flow
        that would bring the step), ``stock_missing`` (name of the transfer), ``transfer`` (the
        one that would be done next: name, state, user_id, role; None: there is none), ``left``
        (some goods), ``came_back`` (all that left), ``credited`` (how far the credit note is for
        it: None, draft, due), ``gate`` (gate, document, step, waits_on, system, system_id: a
        document that is ready and kept back), ``quotation_sent``,
        ``draft_invoice``, ``part_paid``, ``open_services`` (nothing else is to be invoiced),
        ``salesperson_id``
    :param now: UTC, without time zone
    """
    if step is None:
        return Blame("none", None, "nobody", None, "none")
    message = leading(evidence.get("messages") or (), step)
    verdict = _of_message(message, step, now) if message else None
    if message and verdict and _in_order(message) and _of_another_step(message, step):
        if _lacks_stock(step, evidence):
            # The message waits for its turn; what holds the order up is the shelf.
            return _of_step(step, evidence)
    if verdict and verdict.cause not in blame_message.ON_ITS_WAY:
        return verdict
    if exception := evidence.get("exception"):
        on = "system" if exception["system"] else "team"
        return Blame(
            "exception", exception["category"], on, exception["system_id"], "exception", exception,
            exception.get("user_id"),
        )  # fmt: skip
    if gate := evidence.get("gate"):
        return _of_gate(gate)
    return verdict or _of_step(step, evidence)


def leading(messages: Sequence[dict[str, Any]], step: Step | None) -> dict[str, Any] | None:
    """Return the message to judge by: a stopped one of the step, a failed one, one of the step."""

    def rank(message: dict[str, Any]) -> int:
        own = step is not None and not _of_another_step(message, step)
        if own and not _undisturbed(message):
            return 0
        if not _in_order(message):
            return 1
        return 2 if own else 3

    return min(messages, key=rank, default=None)


def because_of(verdict: Blame, root: dict[str, Any]) -> Blame:
    """Return the verdict on the system that the named one needs, and that is out.

    :param root: ``system`` and ``system_id`` of the system behind it
    """
    facts = {"system": root["system"], "for": verdict.facts.get("system")}
    return Blame("dependency", "technical", "system", root["system_id"], "dependency", facts)


def _of_message(message: dict[str, Any], step: Step, now: datetime) -> Blame | None:
    found = blame_message.judge(message, now)
    if not found or (found[0] == "acknowledgement" and step.money):
        return None  # or the goods left: whoever had to confirm them has
    cause, category, on, text = found
    system_id = message["system_id"]
    if cause == "transformation" and message["problem"]:
        # Who reported it is the middleware, whoever the message was meant for.
        message = {**message, "system": message["problem"]["system"] or message["system"]}
        system_id = message["problem"]["system_id"] or system_id
    if on == "us":
        on, system_id = "team", None
    user_id = (message["problem"] or {}).get("user_id") if on == "team" else None
    return Blame(cause, category, on, system_id, text, message, user_id)


def _of_gate(gate: dict[str, Any]) -> Blame:
    """Judge a document that a gate keeps back: who reaches the milestone has to move."""
    # A step that some system reaches, but none that is connected.
    unnamed = "partner" if gate["waits_on"] == "system" else gate["waits_on"]
    on = "system" if gate["system"] else unnamed
    return Blame("gate", "business", on, gate["system_id"], "gate", gate)


def _in_order(message: dict[str, Any]) -> bool:
    """Nothing has failed: the message is on its way, or held."""
    return (
        message["state"] not in blame_message.FAILED
        and message["state"] != "retry"
        and message["ack_state"] != "rejected"
    )


def _undisturbed(message: dict[str, Any]) -> bool:
    """The message goes, or will, without anybody's doing."""
    stopped = message["held"] or message.get("paused") or message.get("breaker_since")
    return _in_order(message) and not stopped


def _of_another_step(message: dict[str, Any], step: Step) -> bool:
    return not step.message_type or message.get("message_type") != step.message_type


def _lacks_stock(step: Step, evidence: dict[str, Any]) -> bool:
    """Goods are missing, and the step is one of theirs: released, picked, packed, shipped.

    A warehouse system is told of a transfer only when it can be picked.
    """
    of_goods = not step.money and not step.event_code.startswith("sale.")
    return of_goods and bool(evidence.get("stock_missing"))


def _of_step(step: Step, evidence: dict[str, Any]) -> Blame:
    """Judge by the awaited step itself: nothing is broken, somebody has work to do."""
    if _lacks_stock(step, evidence):
        return Blame(
            "stock", "business", "team", None, "stock", {"picking": evidence["stock_missing"]}
        )
    if step.event_code == "invoice.paid" and evidence.get("came_back"):
        credited = evidence.get("credited")
        text = f"team.invoice.returned{f'.{credited}' if credited else ''}"
        return Blame("team", "business", "team", None, text)
    source = evidence.get("expected_from")
    if step.event_code.startswith("picking."):
        if verdict := _of_transfer(step, evidence):
            return verdict
        source = source or evidence.get("released_to")
    elif source and source.get("tells") and not evidence.get("left"):
        # We tell the system of a transfer, once it can be picked.
        if verdict := _of_unready(evidence):
            return verdict
    if source:
        if source.get("inbound") and not source.get("told") and not step.expected_minutes:
            return Blame(text="unknown.silent", facts=source)
        return Blame("partner", "partner", "system", source["system_id"], "partner", source)
    if step.event_code == "sale.confirmed" and evidence.get("quotation_sent"):
        return Blame("customer", "business", "customer", None, "customer.sale.confirmed")
    if step.waits_on == "customer":
        paid = ".part" if evidence.get("part_paid") else ""
        return Blame("customer", "business", "customer", None, f"customer.{step.event_code}{paid}")
    if step.waits_on == "team":
        return _of_team(step, evidence)
    asked = step.record_kind == "document" or evidence.get("partner_asked")
    if step.waits_on == "partner" and asked:
        return Blame("partner", "partner", "partner", None, f"partner.{step.event_code}")
    # Some system or partner reports it, and none that is connected does.
    return Blame(text="unknown.nobody_reports")


def _of_transfer(step: Step, evidence: dict[str, Any]) -> Blame | None:
    """Judge a step of the goods by the transfer that would be done next; None when it is open."""
    if verdict := _of_unready(evidence):
        return verdict
    if evidence.get("released_gone"):
        return Blame(text="unknown.released_gone")
    return None


def _of_unready(evidence: dict[str, Any]) -> Blame | None:
    """Judge a transfer that is gone, or that nobody can pick yet although no goods are missing."""
    if "transfer" in evidence and not evidence["transfer"]:
        return Blame(text="unknown.no_transfer")
    transfer = evidence.get("transfer")
    if transfer and transfer.get("role") == "dropship":
        facts = {"picking": transfer["name"]}
        return Blame("partner", "partner", "partner", None, "partner.dropship", facts)
    if transfer and transfer["state"] == "draft":
        facts = {"picking": transfer["name"]}
        user_id = transfer["user_id"]
        return Blame("team", "business", "team", None, "team.picking.draft", facts, user_id)
    if transfer and transfer["state"] == "waiting":
        return Blame(text="unknown.waiting", facts={"picking": transfer["name"]})
    return None


def _of_team(step: Step, evidence: dict[str, Any]) -> Blame:
    """Judge a step that our own people do, by the document that they do it with."""
    text, facts, user_id = f"team.{step.event_code}", {}, None
    if step.event_code in ("sale.validated", "sale.confirmed"):
        user_id = evidence.get("salesperson_id")
    elif step.event_code.startswith("picking."):
        user_id = (evidence.get("transfer") or {}).get("user_id")
    elif step.event_code == "invoice.posted" and evidence.get("draft_invoice"):
        text = "team.invoice.draft"
    elif step.event_code == "invoice.posted" and evidence.get("open_services"):
        text = "team.service"
    return Blame("team", "business", "team", None, text, facts, user_id)
