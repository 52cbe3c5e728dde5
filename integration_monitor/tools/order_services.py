"""Services of a sales order that are still to be done, and are invoiced when they are.

Their lines are read only where they decide whether the order is over, which most orders never ask.
"""

from __future__ import annotations

from typing import Any

from .order_counts import CLOSED_PICKINGS, Invoice, Picking, came_back
from .order_credits import CREDITED

_LEAVING = frozenset({"pick", "pack", "out", "dropship"})

#: Of the services of the order ``of_order``, if there are any, whether some is neither fully done
#: nor fully invoiced; whether some is done and not invoiced, or was credited; whether some is done
#: and invoiced. What is invoiced as ordered is for Odoo to invoice at once.
SERVICES = f"""
    SELECT jsonb_build_array(
               bool_or(line.qty_delivered_method <> 'analytic'
                       AND COALESCE(line.qty_delivered, 0) < line.product_uom_qty
                       AND COALESCE(line.qty_invoiced, 0) < line.product_uom_qty),
               bool_or(line.qty_to_invoice > 0.00005 + {CREDITED}),
               bool_or(line.qty_delivered > 0 AND line.qty_invoiced > 0))
      FROM sale_order_line line
      JOIN uom_uom own ON own.id = line.product_uom_id
      JOIN product_product product ON product.id = line.product_id
      JOIN product_template template ON template.id = product.product_tmpl_id
     WHERE line.order_id = of_order AND line.qty_delivered_method <> 'stock_move'
       AND template.type = 'service' AND template.invoice_policy = 'delivery'
    HAVING count(*) > 0"""
#: What they are called in a row of the snapshot.
KEYS = ("open_services", "unbilled_services", "kept_services")


def decide(order: dict[str, Any]) -> bool:
    """Tell whether services decide if an order is over.

    No goods are to leave, and: something of it is invoiced and Odoo finds nothing more to invoice
    now, or all goods came back.

    :param order: a row of the snapshot of sales orders
    """
    if order["state"] != "sale":
        return False
    pickings = [Picking(*row) for row in order["pickings"] or ()]
    if any(one.state not in CLOSED_PICKINGS and one.role in _LEAVING for one in pickings):
        return False
    if came_back(order, pickings):
        return True
    invoices = (Invoice(*row) for row in order["invoices"] or ())
    return order["invoice_status"] == "no" and any(
        one.move_type == "out_invoice" and one.state != "cancel" for one in invoices
    )


def settle(order: dict[str, Any]) -> None:
    """Note what ``SERVICES`` found where it decides, by ``KEYS``.

    :param order: a row of the snapshot, with what was found as ``services``
    """
    found = order.pop("services", None)
    if found and decide(order):
        order.update(zip(KEYS, found, strict=True))
