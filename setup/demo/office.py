"""Documents that people enter: orders, late or about to be, and an invoice too early."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from provision import databases
from testing.rpc import RpcError

from .seed.catalogue import OUT_OF_STOCK, SERVICE

if TYPE_CHECKING:
    from .scenario import Scenario

CUSTOMER = "Corner Radio Store"
#: How long the order at risk is said to wait: more than four fifths of the time until its promise.
WAITED = timedelta(hours=9)
#: Moments of an order's life up to its confirmation, moved into the past.
EARLIER = (
    "UPDATE sale_order SET create_date = create_date - %(by)s, date_order = date_order - %(by)s "
    "WHERE id = %(order)s",
    "UPDATE integration_milestone m SET reached_at = m.reached_at - %(by)s "
    "FROM integration_transaction t WHERE t.id = m.transaction_id "
    "AND t.res_model = 'sale.order' AND t.res_id = %(order)s",
    "UPDATE integration_transaction SET started_at = started_at - %(by)s, "
    "waits_since = waits_since - %(by)s WHERE res_model = 'sale.order' AND res_id = %(order)s",
)


def enter_late_order(scenario: Scenario) -> int:
    """Enter an order that was promised for yesterday and has no stock; return its id."""
    return _enter(scenario, next(iter(OUT_OF_STOCK)), _from_now(-timedelta(days=1)))


def enter_order_at_risk(scenario: Scenario) -> int:
    """Enter an order for work that is to be done within the hour; return its id."""
    order = _enter(scenario, SERVICE, _from_now(timedelta(days=1)))
    # What takes hours in life: nobody can enter an order that has waited since this morning.
    with databases.cursor(scenario.stack.database) as cr:
        for statement in EARLIER:
            cr.execute(statement, {"by": WAITED, "order": order})
    scenario.rpc.call(
        "sale.order", "write", [order], {"commitment_date": _from_now(timedelta(hours=1))}
    )
    return order


def enter_deposit(scenario: Scenario, order: int) -> None:
    """Invoice a fifth of an order that is not delivered, and try to post that: a gate refuses it.

    Whoever changed the gate sees what that changes.
    """
    rpc = scenario.rpc
    context = {"active_model": "sale.order", "active_ids": [order], "active_id": order}
    values = {"advance_payment_method": "percentage", "amount": 20.0}
    wizard = rpc.call("sale.advance.payment.inv", "create", values, context=context)
    rpc.call("sale.advance.payment.inv", "create_invoices", [wizard], context=context)
    [invoice] = rpc.call("sale.order", "read", [order], ["invoice_ids"])[0]["invoice_ids"]
    try:
        rpc.call("account.move", "action_post", [invoice])
    except RpcError as refusal:
        if "gating" not in str(refusal):
            raise


def _enter(scenario: Scenario, sku: str, promised: str) -> int:
    """Enter and confirm an order; return its id."""
    rpc = scenario.rpc
    customers = rpc.call("res.partner", "search", [("name", "=", CUSTOMER)], limit=1)
    customer = customers[0] if customers else rpc.call("res.partner", "create", {"name": CUSTOMER})
    product = rpc.call("product.product", "search", [("default_code", "=", sku)], limit=1)[0]
    line = {"product_id": product, "product_uom_qty": 2}
    order = rpc.call(
        "sale.order",
        "create",
        {"partner_id": customer, "commitment_date": promised, "order_line": [(0, 0, line)]},
    )
    rpc.call("sale.order", "action_confirm", [order])
    return int(order)


def _from_now(delta: timedelta) -> str:
    """Return a moment as Odoo takes it (UTC)."""
    return (datetime.now(tz=timezone.utc) + delta).strftime("%Y-%m-%d %H:%M:%S")
