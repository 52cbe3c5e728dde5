"""The run of a stock level to a channel as a root: one message, with what repeats it.

A message that waits already for the same product takes a further change along, so what changes
often is one run while it waits.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from . import order_counts
from .milestones import Count, Milestone, Step
from .root import Root

MODEL = "integration.message"
#: The handler whose messages tell channels what they can sell.
HANDLER = "integration.handler.shop.stock"
CHANGED, SENT, ACKNOWLEDGED = "stock.changed", "stock.sent", "stock.acknowledged"
#: The step that a comparison of levels reaches, by its code.
CHECKED = "checked"
#: States of a row: on its way, told, given up.
OPEN, DONE, GONE = "open", "done", "cancel"


def count(
    run: dict[str, Any], _pickings: list[Any], _invoices: list[Any], _created_by: int | None
) -> dict[str, Count]:
    """Return how far a run is, by event code."""
    sent = run["state"] == DONE
    awaited = run["ack_state"] != "none" if sent else run["acknowledges"]
    document = {"res_model": MODEL, "res_id": run["id"]}
    return {
        CHANGED: Count(1, 1, at=order_counts.moment(run["create_date"]), **document),
        SENT: Count(
            1,
            int(sent),
            at=order_counts.moment(run["done_at"]) if sent else None,
            message_id=run["told_by"] if sent else None,
            **document,
        ),
        ACKNOWLEDGED: Count(int(awaited), int(sent and run["ack_state"] == "accepted"), **document),
    }


def expected_reports(
    _run: dict[str, Any],
    steps: tuple[Step, ...],
    _sources: Any,
    _counts: dict[str, Count],
    old: dict[int, Milestone],
) -> dict[str, Count]:
    """Return the counts of what systems report by themselves: what was reported stays."""
    return {
        step.event_code: Count(expected=1)
        for step in steps
        if step.record_kind != "document" and step.id in old and old[step.id].evidence
    }


def _never(_run: dict[str, Any], _pickings: list[Any], _invoices: list[Any]) -> bool:
    return False


def _no_date(_event_code: str, _pickings: list[Any]) -> datetime | None:
    return None


def _nothing(*_arguments: Any) -> list[Any]:
    return []


#: No documents are linked: messages find transactions by those, and one product has many runs.
STOCK = Root(
    model=MODEL,
    table="integration_message",
    followed=frozenset({OPEN, DONE}),
    promised_events=frozenset({SENT}),
    picking=order_counts.Picking,
    invoice=order_counts.Invoice,
    count=count,
    expected_reports=expected_reports,
    is_undone=_never,
    scheduled=_no_date,
    unpaid=_nothing,
    document_changes=_nothing,
    events=_nothing,
)
