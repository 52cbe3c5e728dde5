"""From rows of receipts and bills to what a purchase has reached."""

from __future__ import annotations

from typing import Any

import pytest

from odoo.addons.integration_monitor.tools.milestone_reports import Source
from odoo.addons.integration_monitor.tools.milestones import Count, Milestone, Step

from integration_monitor_purchase.tools.purchase_counts import (
    Bill,
    Transfer,
    count_purchase,
    is_undone,
    scheduled,
    unpaid,
)
from integration_monitor_purchase.tools.purchase_reports import expected_reports, source_of
from integration_monitor_purchase.tools.purchase_root import events

AT = "2026-03-02 10:00:00"
NOTICE = Step(4, "announced", "message.purchase.asn.done", True, "partner", 0, "message",
              "purchase.asn")  # fmt: skip
ACKNOWLEDGED = Step(3, "acknowledged", "message.purchase.acknowledgement.done", True, "partner", 0,
                    "message", "purchase.acknowledgement")  # fmt: skip


def order(**values: Any) -> dict[str, Any]:
    """A confirmed purchase of goods that are billed when they came."""
    return {
        "id": 7, "name": "P7", "state": "purchase", "confirmed_at": AT, "reception_steps":
        "one_step", "invoice_status": "no", "unbilled": True, "open_services": False,
        "acknowledged": False, "asks": False, "told": None, "vendor_id": 3, "warehouse_id": 1,
        "pickings": (), "invoices": None, **values,
    }  # fmt: skip


def transfer(state: str = "done", role: str = "in", **values: Any) -> Transfer:
    base = Transfer(1, "IN/1", state, role, AT if state == "done" else None, AT, False, False)
    return base._replace(**values)


def bill(state: str = "posted", payment: str = "not_paid", **values: Any) -> Bill:
    return Bill(1, "BILL/1", "in_invoice", state, payment, "2026-04-01", True)._replace(**values)


def reached(count: Count) -> tuple[int, int]:
    return count.reached, count.expected


@pytest.mark.parametrize(
    ("values", "transfers", "receipt", "put_away"),
    [
        ({}, [transfer("assigned")], (0, 1), (0, 0)),
        ({"state": "to approve"}, [], (0, 1), (0, 0)),
        ({}, [], (0, 0), (0, 0)),  # services
        ({}, [transfer(), transfer("assigned", id=2)], (1, 2), (0, 0)),
        ({}, [transfer(), transfer("cancel", id=2)], (1, 1), (0, 0)),
        ({}, [transfer(returned=True)], (0, 0), (0, 0)),
        ({}, [transfer(returned=True), transfer("assigned", id=2)], (0, 1), (0, 0)),
        ({"reception_steps": "two_steps"}, [transfer("assigned")], (0, 1), (0, 1)),
        ({"reception_steps": "two_steps"}, [transfer(), transfer("assigned", "put_away", id=2)],
         (1, 1), (0, 1)),
        ({"reception_steps": "three_steps"}, [transfer(), transfer("assigned", "quality", id=2)],
         (1, 1), (0, 1)),
        ({"reception_steps": "three_steps"},
         [transfer(), transfer("assigned", "quality", id=2, feeds=True),
          transfer("waiting", "put_away", id=3)], (1, 1), (0, 1)),
        # Into the house and back to the vendor.
        ({}, [transfer(returned=True), transfer("done", "return", id=2)], (0, 0), (0, 0)),
        # Before it was in its place: nothing is left that could be put there.
        ({"reception_steps": "two_steps"},
         [transfer(returned=True), transfer("waiting", "put_away", id=2)], (0, 0), (0, 0)),
        # The vendor sent other goods instead.
        ({}, [transfer(returned=True), transfer("done", "return", id=2), transfer(id=3)],
         (1, 1), (0, 0)),
    ],
)  # fmt: skip
def test_transfers(
    values: dict[str, Any],
    transfers: list[Transfer],
    receipt: tuple[int, int],
    put_away: tuple[int, int],
) -> None:
    """A receipt counts twice, or a part as the whole."""
    counts = count_purchase(order(**values), transfers, [])
    assert reached(counts["receipt.done"]) == receipt
    assert reached(counts["putaway.done"]) == put_away


@pytest.mark.parametrize(
    ("values", "transfers", "bills", "posted", "matched", "paid"),
    [
        ({}, [transfer("assigned")], [], (0, 1), (0, 1), (0, 1)),
        ({"invoice_status": "to invoice"}, [transfer()], [], (0, 1), (0, 1), (0, 1)),
        ({"unbilled": False}, [transfer()], [bill("draft")], (0, 1), (0, 1), (0, 1)),
        ({"unbilled": False}, [transfer()], [bill(matched=False)], (1, 1), (0, 1), (0, 1)),
        ({"unbilled": False}, [transfer()], [bill(payment="paid")], (1, 1), (1, 1), (1, 1)),
        ({"unbilled": False}, [transfer()], [bill("cancel"), bill(id=2)], (1, 1), (1, 1), (0, 1)),
        # Two of five came and are billed; the rest comes, or never does.
        ({}, [transfer(), transfer("assigned", id=2)], [bill()], (1, 2), (1, 2), (0, 2)),
        ({}, [transfer(), transfer("cancel", id=2)], [bill()], (1, 1), (1, 1), (0, 1)),
        # What went back is still on the bill, and only a refund can come.
        ({"invoice_status": "to invoice"}, [transfer(returned=True)], [bill(matched=False)],
         (1, 1), (0, 1), (0, 1)),
        ({"invoice_status": "to invoice", "unbilled_services": True}, [transfer(returned=True)],
         [bill(matched=False)], (1, 2), (0, 2), (0, 2)),
        ({}, [transfer(returned=True)],
         [bill(payment="paid"), bill(id=2, move_type="in_refund")], (1, 1), (1, 1), (1, 2)),
        ({"open_services": True}, [], [], (0, 1), (0, 1), (0, 1)),
    ],
)  # fmt: skip
def test_bills(
    values: dict[str, Any],
    transfers: list[Transfer],
    bills: list[Bill],
    posted: tuple[int, int],
    matched: tuple[int, int],
    paid: tuple[int, int],
) -> None:
    """A bill that is missing is not waited for, or one that nobody will write is."""
    counts = count_purchase(order(**values), transfers, bills)
    assert reached(counts["bill.posted"]) == posted
    assert reached(counts["bill.matched"]) == matched
    assert reached(counts["bill.paid"]) == paid


def test_undone() -> None:
    """Goods that went back leave a purchase open for ever, or close it with a bill unsettled."""
    back = [transfer(returned=True)]
    assert is_undone(order(), back, [])
    assert is_undone(order(), back, [bill(payment="reversed")])
    assert not is_undone(order(), back, [bill()])
    assert not is_undone(order(invoice_status="to invoice"), back, [bill(payment="paid")])
    assert not is_undone(order(), [*back, transfer(id=2)], [])
    assert not is_undone(order(), [], [])
    assert not is_undone(order(unbilled_services=True), back, [])
    assert not is_undone(order(kept_services=True), back, [])


def test_scheduled() -> None:
    """The date of what is done already, or of another step, decides what is late."""
    late = "2026-03-01 08:00:00"
    transfers = [
        transfer(scheduled_date=late),
        transfer("assigned", id=2),
        transfer("assigned", "put_away", id=3, scheduled_date=late),
    ]
    moment = scheduled("receipt.done", transfers)
    assert moment is not None
    assert moment.isoformat(" ") == AT
    assert [row.id for row in unpaid([bill(payment="paid"), bill(id=2)])] == [2]


@pytest.mark.parametrize(
    ("source", "values", "reports"),
    [
        (Source("EDI", 1, frozenset()), {}, True),
        (Source("EDI", 1, frozenset({2})), {}, False),
        (Source("EDI", 1, frozenset(), partner_id=3), {}, True),
        (Source("EDI", 1, frozenset(), partner_id=4), {}, False),
        (Source("EDI", 1, frozenset(), tells=True), {}, False),
        (Source("EDI", 1, frozenset(), tells=True), {"told": [["purchase.asn", 1]]}, True),
        (Source("EDI", 1, frozenset(), tells=True), {"state": "to approve"}, True),
    ],
)
def test_who_reports(source: Source, values: dict[str, Any], reports: bool) -> None:
    """A purchase waits for a system that knows nothing of it."""
    assert (source_of(NOTICE, {"purchase.asn": (source,)}, order(**values)) == source) is reports


def test_who_is_told_reports_on_that_alone() -> None:
    """The vendors' hub is awaited for a purchase that was never sent to it."""
    sources = {
        "purchase.order": (Source("EDI", 1, frozenset(), tells=True),),
        "purchase.asn": (Source("EDI", 1, frozenset()),),
    }
    assert source_of(NOTICE, sources, order()) is None
    assert source_of(NOTICE, sources, order(told=[["purchase.order", 1]]))
    assert source_of(NOTICE, sources, order(told=[["purchase.order", 2]])) is None


def test_notices_are_counted_by_receipts() -> None:
    """The second parcel needs no notice, or a notice of the whole purchase counts for one."""
    sources = {"purchase.asn": (Source("EDI", 1, frozenset()),)}
    counts = {"receipt.done": Count(expected=2)}
    for told, expected in (
        ({}, 2),
        ({"stock.picking,4": AT}, 2),
        ({"purchase.order,7": AT}, 1),
        ({"all": AT}, 1),
    ):
        old = {NOTICE.id: Milestone(NOTICE.id, evidence=told)}
        found = expected_reports(order(), (NOTICE,), sources, counts, old)
        assert found[NOTICE.event_code].expected == expected, told


def test_acknowledgement_on_the_order() -> None:
    """The tick on the purchase is not seen, or awaited where nobody asked for it."""
    counts = {"receipt.done": Count()}
    for values, expected in (
        ({}, (0, 0)),
        ({"asks": True}, (0, 1)),
        ({"acknowledged": True}, (1, 1)),
    ):
        found = expected_reports(order(**values), (ACKNOWLEDGED,), {}, counts, {})
        assert reached(found[ACKNOWLEDGED.event_code]) == expected


def test_events() -> None:
    """What did not change is told again."""
    row = order(
        pickings=[list(transfer()), list(transfer(id=2)), list(transfer("done", "return", id=3))],
        invoices=[list(bill(payment="paid")), list(bill(id=2, move_type="in_refund"))],
    )
    changes: dict[str, dict[int, dict[str, Any]]] = {
        "purchase.order": {7: {"state": "draft"}},
        "stock.picking": {1: {"state": "assigned"}, 2: {"state": "done"}, 3: {"state": "assigned"}},
        "account.move": {
            1: {"state": "posted", "payment_state": "partial"},
            2: {"state": "draft"},
        },
    }
    assert events(row, changes) == [
        ("purchase.confirmed", "purchase.order", 7),
        ("receipt.done", "stock.picking", 1),
        ("receipt.returned", "stock.picking", 3),
        ("bill.paid", "account.move", 1),
        ("bill.refunded", "account.move", 2),
    ]
    assert events(row, {}) == []
