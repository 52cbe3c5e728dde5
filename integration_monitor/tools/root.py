"""The kinds of documents that own business transactions, as the recorder needs them.

A root is the document that a transaction follows. What the recorder asks of it are pure functions
over the rows that its snapshot reads; progress, blame and timeliness are the same for all.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from . import milestone_reports, order_counts, order_events
from .milestones import Count, Milestone, Step


class Root(NamedTuple):
    """What tells one kind of root from another.

    The functions take a row of the snapshot: a dict with ``root_model``, ``id``, ``name``,
    ``state``, ``company_id``, ``warehouse_id``, ``partner_id``, ``user_id``, ``create_date``,
    ``commitment_date`` (what was promised), ``correlation_id``, amounts and currency, and with
    ``owner_id``, ``owner``, ``milestones``, ``links``, ``evidence``, ``pickings``, ``invoices``,
    ``payments`` (id, name, state), see ``order_snapshot_sql``.
    """

    model: str
    table: str
    #: states from which on a document has a transaction
    followed: frozenset[str]
    #: what the promised date is the date of, in one process or another
    promised_events: frozenset[str]
    #: named tuples that begin with id, name, state (transfers) and id, name, type, state (bills)
    picking: Callable[..., Any]
    invoice: Callable[..., Any]
    #: (row, pickings, invoices, message that made the document): counts by event code
    count: Callable[..., dict[str, Count]]
    #: (row, steps, sources, counts, old milestones by step): counts of what messages report
    expected_reports: Callable[..., dict[str, Count]]
    #: (row, pickings, invoices): whether everything came back and nothing is left to settle
    is_undone: Callable[..., bool]
    #: (event code, pickings): the earliest date of the open transfers that reach an event
    scheduled: Callable[..., datetime | None]
    #: (invoices): those that are posted and wait for their payment
    unpaid: Callable[..., list[Any]]
    #: (row): values of the links that are new or have another name
    document_changes: Callable[..., list[dict[str, Any]]]
    #: (row, first old values by model and id): tuples of event code, model, id
    events: Callable[..., list[tuple[str, str, int]]]


def _sale_reports(
    order: dict[str, Any],
    steps: tuple[Step, ...],
    sources: milestone_reports.Sources,
    counts: dict[str, Count],
    old: dict[int, Milestone],
) -> dict[str, Count]:
    """What messages report on a sales order."""
    told = (order["evidence"] or {}).get("told") or ()
    return milestone_reports.expected_reports(
        steps, sources, counts, order["warehouse_id"], old, told
    )


SALE = Root(
    model="sale.order",
    table="sale_order",
    followed=frozenset({"sale"}),
    promised_events=frozenset({"picking.out.done"}),
    picking=order_counts.Picking,
    invoice=order_counts.Invoice,
    count=order_counts.count_order,
    expected_reports=_sale_reports,
    is_undone=order_counts.is_undone,
    scheduled=order_counts.scheduled,
    unpaid=order_counts.unpaid,
    document_changes=order_counts.document_changes,
    events=order_events.events,
)
