"""From the documents of a customer's return to the counts of its events.

Takes the plain rows that the snapshot of the database holds; knows nothing of the ORM. What the
functions are asked for says ``root``. Quantities are in the reference units of products.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from .milestones import Count
from .order_counts import (
    CLOSED_PICKINGS,
    PAID_STATES,
    Invoice,
    Picking,
    count_transfers,
    moment,
)

#: The transfers that bring the goods.
BACK = "back"
#: What links call transfers, if another name than their role here.
LINK_ROLES = {BACK: "return", "resent": "out"}
#: Transfers of the goods that replace what comes back.
NEW = ("pick", "pack", "internal", "out")


class Part(NamedTuple):
    """What one return brings back of one order line.

    ``asked`` are the goods that the customer keeps paying for unless they are refunded,
    ``swapped`` those sent anew in their place, ``swapped_done`` those of them that have left.
    """

    return_id: int
    line_id: int
    asked: float
    swapped: float
    swapped_done: float


class Line(NamedTuple):
    """An order line: what was delivered of it, exchanges included, and what invoices ask for.

    Less what was credited for anything but returns. What is below ``least`` is rounding of the
    line's unit.
    """

    id: int
    delivered: float
    billed: float
    least: float


class Credit(NamedTuple):
    """The refunds that answer a return, and whether a part of its goods is on none of them."""

    refund_ids: list[int]
    missing: bool


def needed(parts: Iterable[Part], line: Line) -> dict[int, float]:
    """Return how much of a line has to be refunded for each return, by the return's id.

    Goods that nobody was asked money for need no refund: those that came back first are taken to be
    the ones that are on no invoice.
    """
    of_line = sorted((part for part in parts if part.line_id == line.id), reverse=True)
    kept = line.delivered - sum(part.swapped_done for part in of_line)
    open_ = {part.return_id: max(part.asked - part.swapped, 0.0) for part in of_line}
    left = min(max(line.billed - kept + sum(open_.values()), 0.0), sum(open_.values()))
    result = {}
    for return_id, quantity in open_.items():
        result[return_id] = min(quantity, left)
        left -= result[return_id]
    return result


def credit(
    return_id: int,
    lines: Iterable[Line],
    parts: Iterable[Part],
    refunds: Iterable[tuple[int, dict[int, float]]],
) -> Credit:
    """Find the refunds that answer a return: several returns of a line are answered in order.

    :param refunds: id, and how much each has for returns by order line; posted ones first
    """
    parts, refunds = list(parts), list(refunds)
    found: list[int] = []
    missing = False
    for line in lines:
        wanted = sorted(needed(parts, line).items())
        left = {refund_id: quantities.get(line.id, 0.0) for refund_id, quantities in refunds}
        for other_id, quantity in wanted:
            for refund_id in left:
                taken = min(quantity, left[refund_id])
                quantity -= taken
                left[refund_id] -= taken
                if other_id == return_id and taken > line.least:
                    found.append(refund_id)
            missing = missing or (other_id == return_id and quantity > line.least)
    return Credit(list(dict.fromkeys(found)), missing)


def count_return(
    order: dict[str, Any],
    transfers: list[Picking],
    refunds: list[Invoice],
    _message_id: int | None = None,
) -> dict[str, Count]:
    """Return the count of every document event of a return.

    :param order: the row; ``reception_steps`` of its warehouse, ``uncredited`` (a part of the goods
        is on no refund)
    """
    backs = [transfer for transfer in transfers if transfer.role == BACK]
    several = order["reception_steps"] in ("two_steps", "three_steps")
    stored = [transfer for transfer in transfers if transfer.role == "put_away"]
    new = [transfer for transfer in transfers if transfer.role in NEW]
    sent = [transfer for transfer in new if transfer.role == "out"]
    to_come = _upstream(transfer for transfer in new if transfer.role != "out")
    return {
        "return.announced": Count(
            1, 1, at=moment(order["create_date"]), res_model="stock.picking", res_id=order["id"]
        ),
        "return.received": count_transfers(backs, minimum=True),
        "return.stored": count_transfers(stored, extra=_upstream(backs) if several else 0),
        "return.replaced": count_transfers(sent, extra=to_come),
        **_count_refunds(order, refunds),
    }


def _upstream(transfers: Iterable[Picking]) -> int:
    """Count goods on their way through the house, whose next transfer is not written yet."""
    return sum(1 for t in transfers if t.state not in CLOSED_PICKINGS and not t.feeds)


def _count_refunds(order: dict[str, Any], refunds: list[Invoice]) -> dict[str, Count]:
    """Count refunds posted and paid; one more is expected while goods are on none."""
    posted = [refund for refund in refunds if refund.state == "posted"]
    paid = [refund for refund in posted if refund.payment_state in PAID_STATES]
    part = any(refund.payment_state == "partial" for refund in posted)
    expected = len(refunds) + int(order["uncredited"])
    newest = (posted or refunds or [None])[-1]
    place: dict[str, Any] = {
        "res_model": "account.move" if newest else None,
        "res_id": newest.id if newest else None,
    }
    return {
        "return.credited": Count(expected, len(posted), **place),
        "return.refunded": Count(expected, len(paid), part, **place),
    }


def is_undone(order: dict[str, Any], _transfers: list[Picking], refunds: list[Invoice]) -> bool:
    """Tell whether everything went back to the customer, and nothing is left to settle."""
    return order["sent_again"] and all(
        refund.payment_state in PAID_STATES for refund in refunds if refund.state == "posted"
    )


def scheduled(event_code: str, transfers: list[Picking]) -> datetime | None:
    """Return the earliest scheduled date of the open transfers that reach an event."""
    roles = {"return.received": (BACK,), "return.stored": ("put_away",), "return.replaced": NEW}
    dates = [
        transfer.scheduled_date
        for transfer in transfers
        if transfer.state not in CLOSED_PICKINGS and transfer.role in roles.get(event_code, ())
    ]
    return moment(min(filter(None, dates), default=None))


def document_changes(order: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the documents of a return that its transaction does not know by their names."""
    known = {document: name for document, (name, _role) in order["links"].items()}
    rows = [("sale.order", row[0], row[1], "sale") for row in order["orders"] or ()]
    for row in order["pickings"] or ():
        transfer = Picking(*row)
        role = LINK_ROLES.get(transfer.role, transfer.role)
        rows.append(("stock.picking", transfer.id, transfer.name, role))
    rows += [("account.move", row[0], row[1], "refund") for row in order["invoices"] or ()]
    rows += [("account.payment", row[0], row[1], "payment") for row in order["payments"] or ()]
    return [
        {"res_model": model, "res_id": res_id, "document_name": name, "role": role}
        for model, res_id, name, role in rows
        if known.get(f"{model},{res_id}", False) != name
    ]


def events(
    order: dict[str, Any], changes: dict[str, dict[int, dict[str, Any]]]
) -> list[tuple[str, str, int]]:
    """Return (event code, model, id) of what changed between the first old and the new states."""
    result = []
    for row in order["pickings"] or ():
        transfer = Picking(*row)
        old = (changes.get("stock.picking", {}).get(transfer.id) or {}).get("state", transfer.state)
        if transfer.role != BACK or old == transfer.state:
            continue
        if transfer.state in ("done", "cancel"):
            code = "return.received" if transfer.state == "done" else "return.cancelled"
            result.append((code, "stock.picking", transfer.id))
        elif transfer.id == order["id"] and old in (False, "draft") and transfer.state != "draft":
            result.append(("return.announced", "stock.picking", transfer.id))
    return result
