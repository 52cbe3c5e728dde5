"""A customer who sends goods back: they are on the shelf again, and his money is still ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .scenario import Scenario


def send_back(scenario: Scenario, order: int) -> int:
    """Take back all goods of a delivered order, and credit them; return the transfer's id.

    Nobody pays the credit note: that is what the return waits for.
    """
    back = _take_back(scenario, order)
    _credit(scenario, order)
    return back


def _take_back(scenario: Scenario, order: int) -> int:
    """Announce the return of what left, as people do, and receive it."""
    rpc = scenario.rpc
    [left] = rpc.call(
        "stock.picking",
        "search",
        [
            ("sale_id", "=", order),
            ("picking_type_code", "=", "outgoing"),
            ("state", "=", "done"),
        ],
        limit=1,
    )
    context: dict[str, Any] = {
        "active_model": "stock.picking",
        "active_id": left,
        "active_ids": [left],
    }
    wizard = rpc.call("stock.return.picking", "create", {"picking_id": left}, context=context)
    action = rpc.call("stock.return.picking", "action_create_returns_all", [wizard])
    back = int(action["res_id"])
    moves = rpc.call("stock.move", "search", [("picking_id", "=", back)])
    rpc.call("stock.move", "write", moves, {"picked": True})
    rpc.call("stock.picking", "button_validate", [back])
    return back


def _credit(scenario: Scenario, order: int) -> None:
    """Credit what came back, from the order as people do, and post that."""
    rpc = scenario.rpc
    context = {"active_model": "sale.order", "active_ids": [order], "active_id": order}
    wizard = rpc.call(
        "sale.advance.payment.inv",
        "create",
        {"advance_payment_method": "delivered"},
        context=context,
    )
    rpc.call("sale.advance.payment.inv", "create_invoices", [wizard], context=context)
    [values] = rpc.call("sale.order", "read", [order], ["invoice_ids"])
    domain = [("id", "in", values["invoice_ids"]), ("move_type", "=", "out_refund")]
    rpc.call("account.move", "action_post", rpc.call("account.move", "search", domain))
