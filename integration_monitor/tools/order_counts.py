"""From the documents of a sales order to the counts of the order-to-cash events.

Takes the plain rows that the snapshot of the database holds; knows nothing of the ORM.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from .iso_time import parse_iso
from .milestones import Count

PAID_STATES = frozenset({"paid", "in_payment", "reversed"})
CLOSED_PICKINGS = frozenset({"done", "cancel"})
#: Roles of the transfers by which goods leave for the customer, from us or from the vendor.
DELIVERIES = frozenset({"out", "dropship"})
#: Roles of those that bring an order no further: by which goods come in, bought for it or sent
#: back, by which what was bought goes back to its vendor, and by which what was repaired goes to
#: its owner again.
ASIDE = frozenset({"in", "quality", "put_away", "return", "again", "sent_back"})


class Picking(NamedTuple):
    """A transfer of the order: ``returned`` when everything it delivered came back for good,
    ``feeds`` when later transfers of its goods exist already, ``user_id`` the one responsible."""

    id: int
    name: str
    state: str
    role: str
    date_done: str | None
    scheduled_date: str | None
    returned: bool
    feeds: bool
    user_id: int | None = None


class Invoice(NamedTuple):
    """A customer invoice or credit note of the order."""

    id: int
    name: str
    move_type: str
    state: str
    payment_state: str
    due: str | None


def moment(value: str | datetime | None) -> datetime | None:
    """Parse a timestamp as PostgreSQL writes it into JSON; one that is none of JSON stays."""
    if not value or isinstance(value, datetime):
        return value or None
    # In whole seconds and in microseconds every version of Python reads it itself, and faster.
    return datetime.fromisoformat(value) if len(value) in (19, 26) else parse_iso(value)


def count_order(
    order: dict[str, Any],
    pickings: list[Picking],
    invoices: list[Invoice],
    message_id: int | None = None,
) -> dict[str, Count]:
    """Return the count of every document event of order-to-cash.

    An order is validated when a message made it (what does not fit is refused there), when a person
    sent it to the customer, and when it is confirmed.

    :param order: state, invoice_status, create_date of the sales order; ``coming``: deliveries that
        purchases are to bring and that no transfer stands for yet; ``order_services.KEYS``;
        ``credited`` (what Odoo wants to invoice came back) and ``never_left`` (not all of it: the
        rest never left), see ``order_credits``
    :param message_id: the message that made the order
    """
    confirmed = order["state"] == "sale"
    validated = bool(message_id) or order["state"] in ("sent", "sale")
    counts = {
        "sale.created": Count(1, 1, at=moment(order["create_date"]), res_model="sale.order",
                              res_id=order["id"], message_id=message_id),
        "sale.validated": Count(1, int(validated), res_model="sale.order", res_id=order["id"]),
        "sale.confirmed": Count(1, int(confirmed), res_model="sale.order", res_id=order["id"]),
    }  # fmt: skip
    counts.update(
        _count_pickings(
            pickings, confirmed, order.get("coming", 0), none_left=came_back(order, pickings)
        )
    )
    counts.update(_count_invoices(order, pickings, invoices))
    return counts


def came_back(order: dict[str, Any], pickings: list[Picking]) -> bool:
    """Tell whether everything that was delivered came back, and nothing else is to be delivered."""
    outs = [p for p in pickings if p.role in DELIVERIES and p.state == "done"]
    return (
        not order.get("coming")
        and bool(outs)
        and all(picking.returned for picking in outs)
        and all(p.state in CLOSED_PICKINGS or p.role in ASIDE for p in pickings)
    )


def _count_pickings(
    pickings: list[Picking], confirmed: bool, coming: int, *, none_left: bool
) -> dict[str, Count]:
    """Count the transfers of the outgoing chain by their place in it.

    What the vendor ships is neither allocated nor picked here. Nothing is to be shipped any more of
    what came back altogether (``none_left``).
    """
    roles: dict[str, list[Picking]] = {
        "pick": [], "pack": [], "out": [], "internal": [], "dropship": [],
    }  # fmt: skip
    for picking in pickings:
        if picking.role in roles:
            roles[picking.role].append(picking)
    first = roles["pick"] or roles["internal"] or roles["out"]
    leaving = roles["out"] + roles["dropship"]
    outs = [picking for picking in leaving if not picking.returned]
    # Goods on their way through the house, whose delivery is not written yet.
    upstream = [
        picking
        for role in ("pick", "pack", "internal")
        for picking in roles[role]
        if picking.state not in CLOSED_PICKINGS and not picking.feeds
    ]
    started = bool(roles["out"] or first)
    minimum = not none_left and (started or bool(roles["dropship"]) or not confirmed)
    return {
        "picking.first.ready": count_transfers(
            first, {"assigned", "done"}, minimum=started or not confirmed
        ),
        "picking.first.done": count_transfers(first, minimum=started or not confirmed),
        "picking.pack.done": count_transfers(roles["pack"]),
        "picking.out.done": count_transfers(outs, minimum=minimum, extra=len(upstream) + coming),
    }


def count_transfers(
    pickings: list[Picking],
    states: set[str] | frozenset[str] = frozenset({"done"}),
    *,
    minimum: bool = False,
    extra: int = 0,
) -> Count:
    """Count the transfers that are not cancelled, and those in one of the states."""
    relevant = [picking for picking in pickings if picking.state != "cancel"]
    reached = [picking for picking in relevant if picking.state in states]
    last = max(reached, key=lambda picking: picking.date_done or "", default=None)
    current = last or next(iter(relevant), None)
    return Count(
        expected=max(len(relevant) + extra, int(minimum)),
        reached=len(reached),
        at=moment(last.date_done) if last else None,
        res_model="stock.picking" if current else None,
        res_id=current.id if current else None,
    )


def _count_invoices(
    order: dict[str, Any], pickings: list[Picking], invoices: list[Invoice]
) -> dict[str, Count]:
    """Count invoices posted and paid; one more is expected while something is to be invoiced."""
    sales = [
        invoice
        for invoice in invoices
        if invoice.move_type == "out_invoice" and invoice.state != "cancel"
    ]
    posted = [invoice for invoice in sales if invoice.state == "posted"]
    moving = any(
        picking.state not in CLOSED_PICKINGS and picking.role in ("pick", "pack", "out", "dropship")
        for picking in pickings
    ) or bool(order.get("coming"))
    status = order["invoice_status"]
    none_left = came_back(order, pickings)
    services = bool(order.get("open_services") or order.get("unbilled_services"))
    # Of goods that came back nothing is to be invoiced any more; of services, and of goods that are
    # invoiced as ordered and never left, there may be.
    if none_left and sales:
        more = services or bool(order.get("never_left"))
    else:
        # Odoo calls an order "invoiced" when nothing of it is to be invoiced, too.
        more = (
            (not sales and status != "invoiced")
            or (status == "to invoice" and not order.get("credited"))
            or (status == "no" and (moving or services or order["state"] != "sale"))
        )
    paid = [invoice for invoice in posted if invoice.payment_state in PAID_STATES]
    part = any(invoice.payment_state == "partial" for invoice in posted)
    # The money of what came back altogether has to be returned.
    owed = len(unpaid(invoices, "out_refund")) if none_left else 0
    newest = posted[-1] if posted else (sales[-1] if sales else None)
    model = "account.move" if newest else None
    res_id = newest.id if newest else None
    return {
        "invoice.posted": Count(len(sales) + int(more), len(posted), res_model=model,
                                res_id=res_id),
        "invoice.paid": Count(len(sales) + int(more) + owed, len(paid), part, res_model=model,
                              res_id=res_id),
    }  # fmt: skip


def is_undone(order: dict[str, Any], pickings: list[Picking], invoices: list[Invoice]) -> bool:
    """Tell whether everything that was delivered came back and nothing is left to settle.

    What was done for the customer does not come back, nor what is invoiced and never left.
    """
    outs = [p for p in pickings if p.role in DELIVERIES and p.state != "cancel"]
    if (
        order.get("coming")
        or order.get("open_services")
        or order.get("unbilled_services")
        or order.get("kept_services")
        or order.get("never_left")
        or not outs
        or not all(p.state == "done" and p.returned for p in outs)
    ):
        return False
    return all(
        invoice.state == "cancel" or invoice.payment_state in PAID_STATES
        for invoice in invoices
        if invoice.state != "draft" or invoice.move_type == "out_invoice"
    )


def document_changes(order: dict[str, Any], bill: str = "invoice") -> list[dict[str, Any]]:
    """Return the documents of an order that its transaction does not know by their names.

    :param order: a row of the snapshot, of any kind of root
    :param bill: the role of what is no refund
    """
    known = {document: name for document, (name, _role) in order["links"].items()}
    rows = [(order["root_model"], order["id"], order["name"], "order")]
    rows += [("stock.picking", row[0], row[1], row[3]) for row in order["pickings"] or ()]
    rows += [
        ("account.move", row[0], row[1], "refund" if row[2].endswith("_refund") else bill)
        for row in order["invoices"] or ()
    ]
    rows += [("account.payment", row[0], row[1], "payment") for row in order["payments"] or ()]
    return [
        {"res_model": model, "res_id": res_id, "document_name": name, "role": role}
        for model, res_id, name, role in rows
        if known.get(f"{model},{res_id}", False) != name
    ]


def scheduled(event_code: str, pickings: list[Picking]) -> datetime | None:
    """Return the earliest scheduled date of the open transfers that reach an event."""
    place = event_code.split(".")[1] if event_code.startswith("picking.") else "out"
    if place == "first":
        roles = {picking.role for picking in pickings}
        place = next((role for role in ("pick", "internal") if role in roles), "out")
    places = DELIVERIES if event_code == "picking.out.done" else {place}
    dates = [
        picking.scheduled_date
        for picking in pickings
        if picking.role in places and picking.state not in CLOSED_PICKINGS
    ]
    return moment(min(filter(None, dates), default=None))


def unpaid(invoices: list[Any], move_type: str = "out_invoice") -> list[Any]:
    """Return the posted invoices of a type that wait for their payment."""
    return [
        invoice
        for invoice in invoices
        if invoice.state == "posted"
        and invoice.move_type == move_type
        and invoice.payment_state not in PAID_STATES
    ]
