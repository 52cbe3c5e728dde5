"""Services of a sales order that are still to be done, and are invoiced when they are.

Their lines are read only where they decide whether the order is over, which most orders never ask.
"""

from __future__ import annotations

from typing import Any

from .order_counts import CLOSED_PICKINGS, Invoice, Picking

_LEAVING = frozenset({"pick", "pack", "out", "dropship"})

#: The orders, of an array of ids, with a service that is neither fully done nor fully invoiced.
#: What is invoiced as ordered is for Odoo to invoice at once.
OPEN_SERVICES = """
    SELECT DISTINCT line.order_id
      FROM sale_order_line line
      JOIN product_product product ON product.id = line.product_id
      JOIN product_template template ON template.id = product.product_tmpl_id
     WHERE line.order_id = ANY(%s) AND line.qty_delivered_method NOT IN ('stock_move', 'analytic')
       AND template.type = 'service' AND template.invoice_policy = 'delivery'
       AND COALESCE(line.qty_delivered, 0) < line.product_uom_qty
       AND COALESCE(line.qty_invoiced, 0) < line.product_uom_qty"""


def decide(order: dict[str, Any]) -> bool:
    """Tell whether services decide if an order is over.

    Something of it is invoiced, Odoo finds nothing more to invoice now, and no goods are to leave.

    :param order: a row of the snapshot of sales orders
    """
    if order["invoice_status"] != "no" or order["state"] != "sale":
        return False
    invoices = (Invoice(*row) for row in order["invoices"] or ())
    if not any(one.move_type == "out_invoice" and one.state != "cancel" for one in invoices):
        return False
    pickings = (Picking(*row) for row in order["pickings"] or ())
    return all(one.state in CLOSED_PICKINGS or one.role not in _LEAVING for one in pickings)
