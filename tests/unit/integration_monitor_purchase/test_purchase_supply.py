"""Which purchase an order waits for, and what of a dropship no transfer stands for yet."""

from __future__ import annotations

from typing import Any

import pytest

from odoo.addons.integration_monitor.tools.milestones import Count, Step
from odoo.addons.integration_monitor.tools.order_counts import Picking, count_order, is_undone

from integration_monitor_purchase.tools.purchase_counts import DELIVERED, NOTICED, Transfer
from integration_monitor_purchase.tools.purchase_reports import expected_reports
from integration_monitor_purchase.tools.purchase_root import events
from integration_monitor_purchase.tools.purchase_supply import (
    Supply,
    blamed,
    linked,
    sales_of,
    supplies_of,
)


def purchase(number: int = 1, state: str = "purchase", kind: str | None = "dropship",
             judged: dict[str, Any] | None = None, **sold: Any) -> dict[str, Any]:  # fmt: skip
    """A purchase for the order 7."""
    row = [7, "S7", 70, True, 1, 5, f"P{number}", sold.get("owed", False), sold.get("lacks", False)]
    return {"id": number, "name": f"P{number}", "state": state, "kind": kind, "sales": [row],
            "judged": judged}  # fmt: skip


def going(cause: str = "partner") -> dict[str, Any]:
    return {"state": "in_progress", "cause": cause, "process_id": 1, "waits_for_step_id": 5}


def supply(*args: Any, **values: Any) -> Supply:
    [found] = supplies_of(purchase(*args, **values))
    return found


@pytest.mark.parametrize(
    ("state", "kind", "owed", "coming"),
    [
        ("draft", "dropship", False, True),
        ("sent", "dropship", False, True),
        ("to approve", "dropship", False, True),
        ("purchase", "dropship", True, False),  # its transfers stand for it
        ("cancel", "dropship", True, True),
        ("cancel", "dropship", False, False),  # delivered, or ordered elsewhere
        ("draft", None, False, False),  # our own delivery waits for it
    ],
)
def test_coming(state: str, kind: str | None, owed: bool, coming: bool) -> None:
    assert supply(state=state, kind=kind, owed=owed).coming is coming


def test_a_purchase_for_the_shelf_is_for_no_order() -> None:
    assert sales_of({"sales": None}) == []


@pytest.mark.parametrize(
    ("text", "found", "number"),
    [
        ("unknown.no_transfer", [supply(1, judged=going()), supply(2, "draft")], 2),
        ("partner.dropship", [supply(1, "draft"), supply(2, "cancel", owed=True)], 2),
        ("partner.dropship", [supply(1, "cancel"), supply(2, judged=going())], 2),
        # What is broken comes before what takes its time.
        ("partner.dropship", [supply(1, judged=going()), supply(2, judged=going("breaker"))], 2),
        ("partner.dropship", [supply(1)], None),  # not followed: no guess
        ("partner.dropship", [supply(1, kind=None, judged=going())], None),
        ("unknown.waiting", [supply(1, kind=None, judged=going())], 1),
        ("unknown.waiting", [supply(1, judged=going())], None),
        ("unknown.waiting", [supply(1, "cancel", kind=None, owed=True)], None),
        ("stock", [supply(1, kind=None, judged=going())], 1),
        ("stock", [supply(1, kind=None, judged=going(), lacks=True)], None),
    ],
)
def test_blamed(text: str, found: list[Supply], number: int | None) -> None:
    culprit = blamed(text, found, lambda judged: judged["waits_for_step_id"] == 5)
    assert (culprit and culprit.purchase["id"]) == number


def test_blamed_needs_goods_to_come() -> None:
    """A purchase that waits for its bill holds no order up."""
    assert blamed("partner.dropship", [supply(judged=going())], lambda judged: False) is None


def test_linked() -> None:
    links = {"purchase.order,12": ["P12", "purchase"], "stock.picking,3": ["OUT/3", "out"]}
    assert linked({"links": links}) == [12]


def picking(number: int, state: str, role: str, returned: bool = False) -> Picking:
    done = "2026-03-02 10:00:00" if state == "done" else None
    return Picking(number, f"T/{number}", state, role, done, None, returned, False)


SALE = {"id": 7, "state": "sale", "invoice_status": "no", "create_date": "2026-03-01 10:00:00"}


@pytest.mark.parametrize(
    ("pickings", "coming", "allocated", "picked", "shipped"),
    [
        ([], 0, (0, 0), (0, 0), (0, 0)),
        ([], 1, (0, 0), (0, 0), (0, 1)),
        ([picking(1, "assigned", "dropship")], 0, (0, 0), (0, 0), (0, 1)),
        ([picking(1, "done", "dropship")], 0, (0, 0), (0, 0), (1, 1)),
        ([picking(1, "done", "dropship")], 1, (0, 0), (0, 0), (1, 2)),
        ([picking(1, "assigned", "out"), picking(2, "done", "dropship")], 0, (1, 1), (0, 1),
         (1, 2)),
        # What came back altogether is not to be shipped any more.
        ([picking(1, "done", "dropship", True), picking(2, "done", "return")], 0, (0, 0), (0, 0),
         (0, 0)),
        # Goods that come in for the order are not picked.
        ([picking(1, "waiting", "out"), picking(2, "assigned", "put_away")], 0, (0, 1), (0, 1),
         (0, 1)),
    ],
)  # fmt: skip
def test_dropships_of_an_order(
    pickings: list[Picking],
    coming: int,
    allocated: tuple[int, int],
    picked: tuple[int, int],
    shipped: tuple[int, int],
) -> None:
    counts = count_order({**SALE, "coming": coming}, pickings, [])
    codes = ("picking.first.ready", "picking.first.done", "picking.out.done")
    found = [(counts[code].reached, counts[code].expected) for code in codes]
    assert found == [allocated, picked, shipped]


def test_undone_order() -> None:
    """An order of which a part is still to come is not over when the rest came back."""
    back = [picking(1, "done", "dropship", True)]
    assert is_undone({**SALE, "coming": 0}, back, [])
    assert not is_undone({**SALE, "coming": 1}, back, [])


def test_transfers_reach_reports_that_a_step_requires() -> None:
    """A vendor without a connection never ships, or an optional notice is taken for one."""
    row = {"told": None, "acknowledged": False, "asks": False, "state": "purchase", "id": 3,
           "warehouse_id": None, "vendor_id": 4}  # fmt: skip
    steps = tuple(
        Step(number, code, event, optional, "partner", 0, kind, "some.type")
        for number, (code, event, optional, kind) in enumerate(
            [
                ("shipped", NOTICED, False, "message"),
                ("in_transit", "tracking.in_transit", True, "external"),
                ("delivered", DELIVERED, False, "external"),
            ]
        )
    )
    counts = {"receipt.done": Count(2, 1)}
    found = expected_reports(row, steps, {}, counts, {})
    assert {code: (count.reached, count.expected) for code, count in found.items()} == {
        NOTICED: (1, 2), "tracking.in_transit": (0, 0), DELIVERED: (1, 2),
    }  # fmt: skip
    none_yet = expected_reports(row, steps, {}, {"receipt.done": Count()}, {})
    assert none_yet[NOTICED].expected == 1


def test_event_of_a_dropship() -> None:
    """Goods that never came in are told to the warehouse."""
    transfer = Transfer(5, "DS/5", "done", "dropship", None, None, False, False)
    order = {"id": 3, "state": "purchase", "pickings": [transfer], "invoices": None}
    changes = {"stock.picking": {5: {"state": "assigned"}}}
    assert events(order, changes) == [("dropship.done", "stock.picking", 5)]
