"""SQL of whether a delivery is fully invoiced: one of the facts of ``outcome_sql``.

Over ``picking``, the delivery, ``judged.due``, the last day in time, and ``home``, the time zone.
"""

from .move_sql import SWAPPED_DONE, WHOLE, kits_of

_SO_FAR = "({out}.date_done, {out}.id) <= (picking.date_done, picking.id)"
# How much of a move ``m`` by ``out`` left with the delivery or before it; what was repaired, and is
# sent to its owner again, left once.
_GONE = f"""
    CASE WHEN m.state = 'done' AND out.state = 'done' AND origin.usage <> 'customer'
          AND (SELECT code FROM stock_picking_type WHERE id = out.picking_type_id)
              IN ('outgoing', 'dropship')
          AND {_SO_FAR.format(out="out")}
          AND NOT EXISTS (SELECT FROM stock_move came
                           WHERE came.id = m.origin_returned_move_id
                             AND came.to_refund IS NOT TRUE)
         THEN m.quantity END"""


def billing(day_of):
    """Return SQL of one row: ``wanted`` (the customer kept something of what the delivery brought),
    ``missing`` (a part of it is on no posted invoice in time).

    What came back in time, or was replaced, is taken off, and credit notes for it from the
    invoices.

    :param day_of: makes SQL for the day of a moment
    """
    # How much of it came back.
    back = f"""
        CASE WHEN m.state = 'done' AND m.to_refund AND origin.usage = 'customer'
              AND {day_of("out.date_done")} <= judged.due
              AND EXISTS (SELECT FROM stock_move gone
                            JOIN stock_picking former ON former.id = gone.picking_id
                           WHERE gone.id = m.origin_returned_move_id
                             AND {_SO_FAR.format(out="former")})
             THEN m.quantity END"""
    net = f"COALESCE({_GONE}, 0) - COALESCE({back}, 0)"
    billed = """
        SELECT COALESCE(sum(item.quantity * sold.factor / unit.factor), 0)
          FROM sale_order_line_invoice_rel billed
          JOIN account_move_line item ON item.id = billed.invoice_line_id
          JOIN account_move bill ON bill.id = item.move_id AND bill.state = 'posted'
                                AND bill.move_type = '{kind}'
          JOIN uom_uom sold ON sold.id = item.product_uom_id
         WHERE billed.order_line_id = line.id AND bill.invoice_date <= judged.due"""
    return f"""
    SELECT COALESCE(bool_or(brought.kept > 0.00001), false) AS wanted,
           COALESCE(bool_or(brought.kept - ({billed.format(kind="out_invoice")})
               + least(brought.gone - brought.kept, ({billed.format(kind="out_refund")}))
               > 0.00001), false) AS missing
      FROM stock_move moved
      JOIN sale_order_line line ON line.id = moved.sale_line_id
      JOIN uom_uom ordered ON ordered.id = line.product_uom_id
      JOIN product_product product ON product.id = line.product_id
      JOIN product_template template ON template.id = product.product_tmpl_id
      JOIN uom_uom unit ON unit.id = template.uom_id
     CROSS JOIN LATERAL (
           SELECT CASE WHEN EXISTS (SELECT FROM stock_move came
                                     WHERE came.sale_line_id = line.id
                                       AND came.origin_returned_move_id IS NOT NULL)
                  THEN integration_order_swaps(line.id) END AS moves OFFSET 0) swaps
     CROSS JOIN LATERAL (
           -- A replacement may leave before what it replaces has come.
           SELECT part.gone / unit.factor AS gone,
                  (part.gone - greatest(part.back, part.swapped)) / unit.factor AS kept
             FROM (SELECT COALESCE(sum({_GONE} * own.factor), 0) AS gone,
                          COALESCE(sum({back} * own.factor), 0) AS back,
                          COALESCE(sum({SWAPPED_DONE} * own.factor) FILTER (
                              WHERE {_GONE} IS NOT NULL), 0) AS swapped
                     FROM stock_move m
                     JOIN uom_uom own ON own.id = m.product_uom
                     JOIN stock_location origin ON origin.id = m.location_id
                     JOIN stock_picking out ON out.id = m.picking_id
                    WHERE m.sale_line_id = line.id AND m.product_id = line.product_id) part
            WHERE moved.product_id = line.product_id
            UNION ALL
           -- Nobody can invoice a kit of which a part is missing.
           SELECT {kits_of("line", _GONE, WHOLE)} * ordered.factor / unit.factor,
                  {kits_of("line", net, WHOLE)} * ordered.factor / unit.factor
            WHERE moved.product_id <> line.product_id) brought
     WHERE moved.picking_id = picking.id AND moved.state = 'done'"""
