"""From the documents of a purchase order to the counts of the procure-to-pay events.

Takes the plain rows that the snapshot of the database holds; knows nothing of the ORM. What the
functions are asked for says ``integration_monitor.tools.root``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from odoo.addons.integration_monitor.tools import order_counts
from odoo.addons.integration_monitor.tools.milestones import Count
from odoo.addons.integration_monitor.tools.order_counts import (
    CLOSED_PICKINGS,
    PAID_STATES,
    count_transfers,
    moment,
)

BILL_TYPES = frozenset({"in_invoice", "in_refund"})
#: Roles of the transfers that bring what was bought, to us or straight to the customer.
BRINGING = frozenset({"in", "dropship"})
#: Reports of vendors and carriers that those transfers show as well, where a step requires them.
NOTICED = "message.purchase.asn.done"
DELIVERED = "tracking.delivered"
ARRIVALS = frozenset({"receipt.done", NOTICED, DELIVERED})


class Transfer(NamedTuple):
    """A transfer of the purchase. ``role``: in, dropship (straight to the customer), quality,
    put_away or return; ``returned`` when everything it brought went back to the vendor, ``feeds``
    when later transfers of its goods exist already."""

    id: int
    name: str
    state: str
    role: str
    date_done: str | None
    scheduled_date: str | None
    returned: bool
    feeds: bool


class Bill(NamedTuple):
    """A vendor bill or refund of the purchase; ``matched`` when its lines of this purchase are
    what was ordered and received."""

    id: int
    name: str
    move_type: str
    state: str
    payment_state: str
    due: str | None
    matched: bool


def count_purchase(
    order: dict[str, Any],
    transfers: list[Transfer],
    bills: list[Bill],
    _message_id: int | None = None,
) -> dict[str, Count]:
    """Return the count of every document event of procure-to-pay.

    :param order: the row; ``reception_steps`` of its warehouse, ``invoice_status`` (Odoo's; what
        went back to the vendor or was called off counts as not ordered), ``unbilled`` (something
        ordered is on no bill), ``open_services`` (some is a service to be done yet),
        ``unbilled_services`` (some is a service), ``kept_services`` (a service was done or billed)
    """
    ordered = order["state"] == "purchase"
    counts = {
        "purchase.confirmed": Count(
            1, int(ordered), at=moment(order["confirmed_at"]), res_model="purchase.order",
            res_id=order["id"],
        )
    }  # fmt: skip
    counts.update(_count_transfers(order, transfers, ordered))
    counts.update(_count_bills(order, transfers, bills, ordered))
    return counts


def went_back(transfers: list[Transfer]) -> bool:
    """Tell whether everything that came went back to the vendor, and nothing more is to come."""
    came = [t for t in transfers if t.role in BRINGING and t.state != "cancel"]
    return bool(came) and all(t.state == "done" and t.returned for t in came)


def _count_transfers(
    order: dict[str, Any], transfers: list[Transfer], ordered: bool
) -> dict[str, Count]:
    """Count what came in, and what of it is in its place.

    Nothing is awaited any more of what went back altogether.
    """
    none_left = went_back(transfers)
    receipts = [t for t in transfers if t.role in BRINGING]
    kept = [receipt for receipt in receipts if not receipt.returned]
    # Goods on their way through the house, whose last transfer is not written yet.
    several = order["reception_steps"] in ("two_steps", "three_steps")
    upstream = [
        t
        for t in transfers
        if t.role in ("in", "quality") and t.state not in CLOSED_PICKINGS and not t.feeds
    ]
    placed = [t for t in transfers if t.role == "put_away" and not t.returned and not none_left]
    return {
        "receipt.done": count_transfers(
            kept, minimum=not none_left and (bool(receipts) or not ordered)
        ),
        "putaway.done": count_transfers(
            placed, extra=len(upstream) if several and not none_left else 0
        ),
    }


def _count_bills(
    order: dict[str, Any], transfers: list[Transfer], bills: list[Bill], ordered: bool
) -> dict[str, Count]:
    """Count bills posted, matched and paid; one more is expected while something is unbilled.

    Of goods that went back altogether none is, but the vendor has to give their money back.
    """
    own = [bill for bill in bills if bill.move_type == "in_invoice" and bill.state != "cancel"]
    posted = [bill for bill in own if bill.state == "posted"]
    arriving = any(t.role in BRINGING and t.state not in CLOSED_PICKINGS for t in transfers)
    none_left = went_back(transfers)
    # Odoo calls a purchase "to invoice" until a refund took back what was returned, too.
    if none_left:
        more = bool(order.get("unbilled_services"))
    else:
        more = order["invoice_status"] == "to invoice" or (
            order["unbilled"] and (arriving or order["open_services"] or not ordered)
        )
    owed = len(order_counts.unpaid(bills, "in_refund")) if none_left else 0
    newest = posted[-1] if posted else (own[-1] if own else None)
    place: dict[str, Any] = {
        "res_model": "account.move" if newest else None,
        "res_id": newest.id if newest else None,
    }
    expected = len(own) + int(more)
    paid = [bill for bill in posted if bill.payment_state in PAID_STATES]
    part = any(bill.payment_state == "partial" for bill in posted)
    return {
        "bill.posted": Count(expected, len(posted), **place),
        "bill.matched": Count(expected, sum(bill.matched for bill in posted), **place),
        "bill.paid": Count(expected + owed, len(paid), part, **place),
    }


def is_undone(order: dict[str, Any], transfers: list[Transfer], bills: list[Bill]) -> bool:
    """Tell whether everything that came went back, and nothing is left to settle.

    A service that was done does not go back.
    """
    services = order.get("unbilled_services") or order.get("kept_services")
    if services or not went_back(transfers):
        return False
    return order["invoice_status"] != "to invoice" and all(
        bill.state == "cancel" or bill.payment_state in PAID_STATES for bill in bills
    )


def scheduled(event_code: str, transfers: list[Transfer]) -> datetime | None:
    """Return the earliest scheduled date of the open transfers that reach an event."""
    roles = {"putaway.done": ("quality", "put_away")}
    if event_code in ARRIVALS:
        roles[event_code] = tuple(BRINGING)
    dates = [
        transfer.scheduled_date
        for transfer in transfers
        if transfer.state not in CLOSED_PICKINGS and transfer.role in roles.get(event_code, ())
    ]
    return moment(min(filter(None, dates), default=None))


def unpaid(bills: list[Bill]) -> list[Bill]:
    """Return the posted bills that wait for their payment."""
    return order_counts.unpaid(bills, "in_invoice")


def document_changes(order: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the documents of a purchase that its transaction does not know by their names."""
    return order_counts.document_changes(order, "bill")
