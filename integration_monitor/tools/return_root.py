"""Customers' returns as roots of business transactions."""

from __future__ import annotations

from typing import Any

from . import return_counts
from .milestone_reports import Source, Sources, source_of
from .milestones import Count, Milestone, Step
from .order_counts import Invoice, Picking
from .order_counts import unpaid as unpaid_of
from .root import Root

#: What returns report, for flows.
FLOW_EVENTS = frozenset({"return.announced", "return.received", "return.cancelled"})


def reporter_of(step: Step, sources: Sources, order: dict[str, Any]) -> Source | None:
    """Return the connected system's flow that would report the step for this return, or None.

    A system that is told of returns, or of parcels, reports on those that it was told of. A carrier
    that is told of nothing may have the customer's parcel, or another one has it.
    """
    source = source_of(step, sources, order["warehouse_id"])
    told = (order["evidence"] or {}).get("told") or ()
    if source and source.tells:
        return source if any(row[0] == step.message_type for row in told) else None
    if source and source.told:
        return source if any(row[1] == source.system_id for row in told) else None
    return None if step.message_type.startswith("carrier.") else source


def expected_reports(
    order: dict[str, Any],
    steps: tuple[Step, ...],
    sources: Sources,
    _counts: dict[str, Count],
    old: dict[int, Milestone],
) -> dict[str, Count]:
    """Return the counts of the steps that messages and partners report: one for each return."""
    result = {}
    for step in steps:
        if step.record_kind == "document" or not step.event_code:
            continue
        told = old[step.id].evidence if step.id in old else {}
        result[step.event_code] = Count(
            expected=int(bool(told or reporter_of(step, sources, order)))
        )
    return result


def unpaid(refunds: list[Invoice]) -> list[Invoice]:
    """Return the posted refunds whose money was not returned yet."""
    return unpaid_of(refunds, "out_refund")


RETURN = Root(
    model="stock.picking",
    table="stock_picking",
    followed=frozenset({"waiting", "confirmed", "assigned", "done"}),
    promised_events=frozenset({"return.received"}),
    picking=Picking,
    invoice=Invoice,
    count=return_counts.count_return,
    expected_reports=expected_reports,
    is_undone=return_counts.is_undone,
    scheduled=return_counts.scheduled,
    unpaid=unpaid,
    document_changes=return_counts.document_changes,
    events=return_counts.events,
)
