"""Purchase orders as roots of business transactions, and the events of their documents."""

from __future__ import annotations

from typing import Any

from odoo.addons.integration_monitor.tools.order_counts import PAID_STATES
from odoo.addons.integration_monitor.tools.root import Root

from .purchase_counts import (
    Bill,
    Transfer,
    count_purchase,
    document_changes,
    is_undone,
    scheduled,
    unpaid,
)
from .purchase_reports import DELIVERED, expected_reports

#: What documents of purchases report, for flows.
FLOW_EVENTS = frozenset(
    {"purchase.confirmed", "purchase.changed", "purchase.cancelled", "receipt.done",
     "receipt.returned", "dropship.done", "putaway.done", "bill.posted",
     "bill.paid", "bill.refunded"}
)  # fmt: skip
#: The document that an event speaks of, by the first word of the event's code.
EVENT_MODELS = {
    "purchase": "purchase.order",
    "receipt": "stock.picking",
    "dropship": "stock.picking",
    "putaway": "stock.picking",
    "bill": "account.move",
}


def events(
    order: dict[str, Any], changes: dict[str, dict[int, dict[str, Any]]]
) -> list[tuple[str, str, int]]:
    """Return (event code, model, id) of what changed between the first old and the new states."""
    result = []
    old = changes.get("purchase.order", {}).get(order["id"])
    if old and old.get("state", order["state"]) != order["state"]:
        code = {"purchase": "purchase.confirmed", "cancel": "purchase.cancelled"}
        if order["state"] in code:
            result.append((code[order["state"]], "purchase.order", order["id"]))
    elif old and order["state"] == "purchase":
        revision = order["revision"]
        if old.get("integration_revision", revision) != revision:
            result.append(("purchase.changed", "purchase.order", order["id"]))
    codes = {
        "in": "receipt.done",
        "dropship": "dropship.done",
        "put_away": "putaway.done",
        "return": "receipt.returned",
    }
    for row in order["pickings"] or ():
        transfer = Transfer(*row)
        before = changes.get("stock.picking", {}).get(transfer.id)
        done = before is not None and transfer.state == "done" and before.get("state") != "done"
        if done and transfer.role in codes:
            result.append((codes[transfer.role], "stock.picking", transfer.id))
    for row in order["invoices"] or ():
        bill = Bill(*row)
        before = changes.get("account.move", {}).get(bill.id)
        if before is not None and bill.state == "posted":
            result += [(code, "account.move", bill.id) for code in _bill_events(bill, before)]
    return result


def _bill_events(bill: Bill, old: dict[str, Any]) -> list[str]:
    """Return the event codes of a posted bill or refund."""
    posted = old.get("state", "posted") != "posted"
    if bill.move_type == "in_refund":
        return ["bill.refunded"] if posted else []
    codes = ["bill.posted"] if posted else []
    before = old.get("payment_state", bill.payment_state)
    if bill.payment_state in PAID_STATES and before not in PAID_STATES:
        codes.append("bill.paid")
    return codes


PURCHASE = Root(
    model="purchase.order",
    table="purchase_order",
    followed=frozenset({"to approve", "purchase"}),
    promised_events=frozenset({"receipt.done", DELIVERED}),
    picking=Transfer,
    invoice=Bill,
    count=count_purchase,
    expected_reports=expected_reports,
    is_undone=is_undone,
    scheduled=scheduled,
    unpaid=unpaid,
    document_changes=document_changes,
    events=events,
)
