"""Goods of a sales order that came back and were credited: nobody invoices them again.

Where ordered quantities are invoiced, Odoo wants to do so, as the credit note takes back what was
invoiced. It is asked only of orders with returns that Odoo calls *to invoice*, which few are.
"""

from __future__ import annotations

from typing import Any

from .move_sql import pieces_of
from .order_counts import Picking

#: The orders, of an array of ids, with a line of which more is to be invoiced than came back to be
#: refunded, or of which a part is to be credited.
TO_INVOICE = f"""
    SELECT DISTINCT line.order_id
      FROM sale_order_line line
      JOIN uom_uom own ON own.id = line.product_uom_id
     WHERE line.order_id = ANY(%s)
       AND (line.qty_to_invoice < 0 OR line.qty_to_invoice > 0.00005 + COALESCE((
            SELECT sum(came.quantity * part.factor)
              FROM stock_move came
              JOIN uom_uom part ON part.id = came.product_uom
              JOIN stock_location place ON place.id = came.location_id AND place.usage = 'customer'
             WHERE came.sale_line_id = line.id AND came.state = 'done' AND came.to_refund), 0)
            / own.factor / {pieces_of("line")})"""


def decide(order: dict[str, Any]) -> bool:
    """Tell whether what came back decides if more of an order is to be invoiced.

    :param order: a row of the snapshot of sales orders
    """
    if order["invoice_status"] != "to invoice" or order["state"] != "sale":
        return False
    pickings = (Picking(*row) for row in order["pickings"] or ())
    return any(one.role == "return" and one.state == "done" for one in pickings)
