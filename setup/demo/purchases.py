"""Purchases: late, without a bill, with a bill too dear, and one whose goods the vendor ships."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from .seed.catalogue import PRODUCTS

if TYPE_CHECKING:
    from .scenario import Scenario

VENDOR = "Lantern Works"
#: What the vendor asks for more than was agreed, a piece.
DEARER = 2.5


def enter_purchases(scenario: Scenario) -> int:
    """Enter the three purchases; return the id of the late one."""
    late = _enter(scenario, timedelta(days=-1))
    _receive(scenario, _enter(scenario, timedelta(hours=1)))
    billed = _enter(scenario, timedelta(hours=1))
    _receive(scenario, billed)
    _bill(scenario, billed)
    return late


def confirm_dropship(scenario: Scenario, order: int) -> int:
    """Confirm the purchase that Odoo made for a sales order; return its id."""
    rpc = scenario.rpc
    domain = [("order_line.sale_order_id", "=", order)]
    [purchase] = rpc.call("purchase.order", "search", domain)
    rpc.call("purchase.order", "button_confirm", [purchase])
    return int(purchase)


def _enter(scenario: Scenario, expected: timedelta) -> int:
    """Enter and confirm a purchase; return its id."""
    rpc = scenario.rpc
    vendors = rpc.call("res.partner", "search", [("name", "=", VENDOR)], limit=1)
    vendor = vendors[0] if vendors else rpc.call("res.partner", "create", {"name": VENDOR})
    sku, (_name, price, _weight) = next(iter(PRODUCTS.items()))
    product = rpc.call("product.product", "search", [("default_code", "=", sku)], limit=1)[0]
    moment = datetime.now(timezone.utc) + expected
    line = {
        "product_id": product,
        "product_qty": 10,
        "price_unit": round(price / 2, 2),
        "date_planned": moment.strftime("%Y-%m-%d %H:%M:%S"),
    }
    order = rpc.call(
        "purchase.order", "create", {"partner_id": vendor, "order_line": [(0, 0, line)]}
    )
    rpc.call("purchase.order", "button_confirm", [order])
    return int(order)


def _receive(scenario: Scenario, order: int) -> None:
    """Let the goods of a purchase come in."""
    rpc = scenario.rpc
    [values] = rpc.call("purchase.order", "read", [order], ["picking_ids"])
    moves = rpc.call("stock.move", "search", [("picking_id", "in", values["picking_ids"])])
    rpc.call("stock.move", "write", moves, {"picked": True})
    rpc.call("stock.picking", "button_validate", values["picking_ids"])


def _bill(scenario: Scenario, order: int) -> None:
    """Enter and post the vendor's bill, dearer than agreed."""
    rpc = scenario.rpc
    rpc.call("purchase.order", "action_create_invoice", [order])
    [values] = rpc.call("purchase.order", "read", [order], ["invoice_ids"])
    domain = [("move_id", "in", values["invoice_ids"]), ("purchase_line_id", "!=", False)]
    [line] = rpc.search_read("account.move.line", domain, ["price_unit"])
    bills = values["invoice_ids"]
    today = datetime.now(timezone.utc).strftime("%Y-%m-%d")
    lines = [(1, line["id"], {"price_unit": line["price_unit"] + DEARER})]
    rpc.call("account.move", "write", bills, {"invoice_date": today, "invoice_line_ids": lines})
    rpc.call("account.move", "action_post", bills)
