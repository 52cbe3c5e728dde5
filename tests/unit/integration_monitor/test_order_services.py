"""Where services decide whether an order is over, and what an order waits for then."""

from __future__ import annotations

from typing import Any

import pytest

from integration_monitor.tools.order_counts import Invoice, Picking, count_order, is_undone
from integration_monitor.tools.order_services import decide

AT = "2026-03-02 10:00:00"
#: The goods left and came back.
BACK = [[1, "OUT/1", "done", "out", AT, AT, True, False, None]]


def order(**values: Any) -> dict[str, Any]:
    """Goods left and are paid; Odoo finds nothing to invoice now."""
    return {
        "id": 7, "state": "sale", "invoice_status": "no", "create_date": AT,
        "pickings": [[1, "OUT/1", "done", "out", AT, AT, False, False, None]],
        "invoices": [[2, "INV/1", "out_invoice", "posted", "paid", None]], **values,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("values", "asked"),
    [
        ({}, True),
        ({"invoice_status": "to invoice"}, False),
        ({"invoice_status": "invoiced"}, False),
        ({"state": "cancel"}, False),
        ({"invoices": None}, False),
        ({"invoices": [[2, "INV/1", "out_invoice", "cancel", "not_paid", None]]}, False),
        ({"invoices": [[2, "RINV/1", "out_refund", "posted", "paid", None]]}, False),
        ({"pickings": ()}, True),
        ({"pickings": [[1, "OUT/1", "assigned", "out", None, AT, False, False, None]]}, False),
        ({"pickings": [[1, "RET/1", "assigned", "return", None, AT, False, False, None]]}, True),
        ({"pickings": BACK, "invoice_status": "to invoice"}, True),
        ({"pickings": BACK, "invoice_status": "invoiced", "invoices": None}, True),
        ({"pickings": BACK, "state": "cancel"}, False),
    ],
)
def test_decide(values: dict[str, Any], asked: bool) -> None:
    """Every order asks for its services, or one that may be over does not."""
    assert decide(order(**values)) is asked


@pytest.mark.parametrize("open_services", [True, False, None])
def test_counts(open_services: bool | None) -> None:
    """A service that is to be done is no invoice to come, or comes back with the goods."""
    row = order(open_services=open_services)
    pickings = [Picking(*values) for values in row["pickings"]]
    invoices = [Invoice(*values) for values in row["invoices"]]
    counts = count_order(row, pickings, invoices)
    further = int(bool(open_services))
    for code in ("invoice.posted", "invoice.paid"):
        assert (counts[code].expected, counts[code].reached) == (1 + further, 1)
    back = [pickings[0]._replace(returned=True)]
    assert is_undone(row, back, invoices) is not bool(open_services)


@pytest.mark.parametrize("key", ["open_services", "unbilled_services", "kept_services"])
def test_goods_that_came_back(key: str) -> None:
    """The goods came back: the service is not to be invoiced, or the goods are."""
    row = order(invoice_status="to invoice", pickings=BACK, **{key: True})
    pickings = [Picking(*values) for values in BACK]
    invoices = [Invoice(*values) for values in row["invoices"]]
    expected = count_order(row, pickings, invoices)["invoice.posted"].expected
    assert expected == (1 if key == "kept_services" else 2)
    assert not is_undone(row, pickings, invoices)
