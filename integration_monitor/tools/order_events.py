"""From the changes of a sales order's documents to the events that flows are triggered by."""

from __future__ import annotations

from typing import Any

from .order_counts import PAID_STATES, Invoice, Picking


def events(
    order: dict[str, Any], changes: dict[str, dict[int, dict[str, Any]]]
) -> list[tuple[str, str, int]]:
    """Return (event code, model, id) of what changed between the first old and the new states.

    :param changes: first old values by model, id and field of the documents that changed
    """
    result = []
    old = changes.get("sale.order", {}).get(order["id"])
    # Of other fields that are followed, like the promised date, an old state tells nothing.
    if old and old.get("state", order["state"]) != order["state"]:
        code = {"sale": "sale.confirmed", "cancel": "sale.cancelled"}.get(order["state"])
        if code:
            result.append((code, "sale.order", order["id"]))
    result += _picking_events(order, changes.get("stock.picking", {}))
    for row in order["invoices"] or ():
        invoice = Invoice(*row)
        old = changes.get("account.move", {}).get(invoice.id)
        if old is not None and invoice.state == "posted":
            result += [(code, "account.move", invoice.id) for code in _invoice_events(invoice, old)]
    for payment_id, _name, state in order["payments"] or ():
        old = changes.get("account.payment", {}).get(payment_id)
        if old is not None and state == "paid" and old.get("state") != "paid":
            result.append(("payment.paid", "account.payment", payment_id))
    return result


def _picking_events(
    order: dict[str, Any], changes: dict[int, dict[str, Any]]
) -> list[tuple[str, str, int]]:
    """Return the events of the order's transfers by their place in the chain."""
    pickings = [Picking(*row) for row in order["pickings"] or ()]
    roles = {picking.role for picking in pickings}
    first = next((role for role in ("pick", "internal", "out") if role in roles), None)
    result = []
    for picking in pickings:
        # Of a transfer whose date alone changed no old state is known.
        old = (changes.get(picking.id) or {}).get("state", picking.state)
        if old == picking.state:
            continue
        # What was repaired is shipped once more: whoever ships is told.
        role = "out" if picking.role == "again" else picking.role
        place = {"return": "in", "dropship": "out"}.get(role, role)
        codes = []
        if picking.state == "cancel":
            codes.append("picking.cancelled")
        elif role == first and old not in ("assigned", "done"):
            if picking.state in ("assigned", "done"):
                codes.append("picking.first.ready")
        if picking.state == "done":
            if role == first:
                codes.append("picking.first.done")
            if place in ("pack", "out", "in"):
                codes.append(f"picking.{place}.done")
        result += [(code, "stock.picking", picking.id) for code in codes]
    return result


def _invoice_events(invoice: Invoice, old: dict[str, Any]) -> list[str]:
    """Return the event codes of a posted invoice or credit note."""
    if invoice.move_type == "out_refund":
        return ["refund.posted"] if old.get("state", "posted") != "posted" else []
    codes = []
    if old.get("state", "posted") != "posted":
        codes.append("invoice.posted")
    before = old.get("payment_state")
    if "payment_state" in old and before != invoice.payment_state:
        if invoice.payment_state in PAID_STATES and before not in PAID_STATES:
            codes.append("invoice.paid")
        elif invoice.payment_state == "partial":
            codes.append("invoice.partial")
    return codes
