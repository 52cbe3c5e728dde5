"""Goods of a sales order that came back and were credited: nobody invoices them again.

Where ordered quantities are invoiced, Odoo wants to do so, as the credit note takes back what was
invoiced. It is asked only of orders with returns that Odoo calls *to invoice*, which few are.
"""

from __future__ import annotations

from typing import Any

from .move_sql import pieces_of
from .order_counts import Picking

#: How much of a line ``line`` was credited, in its unit ``own``; drafts count, as for Odoo.
CREDITED = """COALESCE((
    SELECT sum(item.quantity * COALESCE(unit.factor, own.factor))
      FROM sale_order_line_invoice_rel billed
      JOIN account_move_line item ON item.id = billed.invoice_line_id
      JOIN account_move bill ON bill.id = item.move_id AND bill.state <> 'cancel'
                            AND bill.move_type = 'out_refund'
      LEFT JOIN uom_uom unit ON unit.id = item.product_uom_id
     WHERE billed.order_line_id = line.id), 0) / own.factor"""
# How much of it came back to be refunded.
_CAME = f"""COALESCE((
    SELECT sum(came.quantity * part.factor)
      FROM stock_move came
      JOIN uom_uom part ON part.id = came.product_uom
      JOIN stock_location place ON place.id = came.location_id AND place.usage = 'customer'
     WHERE came.sale_line_id = line.id AND came.state = 'done' AND came.to_refund), 0)
    / own.factor / {pieces_of("line")}"""
#: Whether more is to be invoiced of the order ``of_order`` than came back to be refunded, or a part
#: is to be credited: nothing if not, else an array with whether that is of goods that never left,
#: which neither came back nor were credited.
TO_INVOICE = f"""
    SELECT jsonb_build_array(
               bool_or(line.qty_delivered_method = 'stock_move'
                       AND line.qty_to_invoice > 0.00005 + greatest({_CAME}, {CREDITED})))
      FROM sale_order_line line
      JOIN uom_uom own ON own.id = line.product_uom_id
     WHERE line.order_id = of_order
       AND (line.qty_to_invoice < 0 OR line.qty_to_invoice > 0.00005 + {_CAME})
    HAVING count(*) > 0"""


def decide(order: dict[str, Any]) -> bool:
    """Tell whether what came back decides if more of an order is to be invoiced.

    :param order: a row of the snapshot of sales orders
    """
    if order["invoice_status"] != "to invoice" or order["state"] != "sale":
        return False
    pickings = (Picking(*row) for row in order["pickings"] or ())
    return any(one.role == "return" and one.state == "done" for one in pickings)


def settle(order: dict[str, Any]) -> None:
    """Note what ``TO_INVOICE`` found where it decides: ``credited`` and ``never_left``.

    :param order: a row of the snapshot, with what was found as ``to_invoice``
    """
    found = order.pop("to_invoice", None)
    if decide(order):
        order["credited"] = found is None
        order["never_left"] = found and found[0]
