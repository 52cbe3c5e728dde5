"""Plain SQL: which credit notes of an order line may answer its returns, and with how much.

Body of a database function for one line, ``of_line``; ``replacing`` tells which of its moves
replace how much of what came back. The transactions of returns ask it, and so do the business
rules.
"""

from .move_sql import RETURNED, SWAPPED, of_line

_WHOLE = """EXISTS (
    SELECT FROM bill whole
     WHERE whole.id = {credit}.reversed_entry_id AND whole.quantity <= {credit}.quantity)"""
# Odoo's *Reverse and Create Invoice* makes both in one database transaction, takes back the whole
# invoice, and keeps no link.
_MADE_TOGETHER = f"""EXISTS (
    SELECT FROM bill other
     WHERE other.credits <> bill.credits AND other.create_date = bill.create_date
       AND {{credit}}.posted AND {{credit}}.id < {{invoice}}.id
       AND {_WHOLE.format(credit="{credit}")})"""
_REPLACED = _MADE_TOGETHER.format(credit="bill", invoice="other")
_REPLACES = _MADE_TOGETHER.format(credit="other", invoice="bill")
_TAKEN_BACK = """EXISTS (
    SELECT FROM bill note
     WHERE note.credits AND note.posted AND note.reversed_entry_id = bill.id
       AND note.quantity >= bill.quantity)"""
# Of several invoices at once it makes all credit notes, then all new invoices, in the same order.
_IN_TURN = """
    SELECT bill.id, bill.quantity, bill.create_date,
           row_number() OVER (PARTITION BY bill.create_date ORDER BY bill.id) AS turn
      FROM bill"""

#: For the line, in its unit: ``refunds`` (how much each credit note has for returns, by its id),
#: ``answering`` (of those that are posted) and ``billed`` (what was invoiced, less what was
#: credited for anything but returns).
#:
#: A credit note that was made with a new invoice corrects as much as that one bills. The rest is
#: told by quantities: what was invoiced beyond all that was to be invoiced was invoiced once more,
#: and as much was credited to correct invoices. Prepaid goods are to be invoiced as ordered, others
#: as they left, or as one invoice asks for ahead that nobody took back. The evidence for which
#: credit notes did that, the strongest first: a new invoice came after it, and is not the one that
#: left this out; nothing had come back yet; it takes back the whole invoice that it reverses; it is
#: the latest. What was invoiced, and never left, and nobody ships any more, was credited before
#: anything came back, or is not credited yet. Drafts come last.
CREDITS = f"""
    DECLARE
        has_left numeric; is_ordered numeric; is_prepaid bool; is_leaving bool;
        announced_at timestamp;
    BEGIN
        SELECT COALESCE(sol.qty_delivered, 0) + COALESCE(moved.returned, 0),
               COALESCE(sol.product_uom_qty, 0), template.invoice_policy = 'order',
               COALESCE(moved.leaving, false), moved.announced_at
          INTO has_left, is_ordered, is_prepaid, is_leaving, announced_at
          FROM sale_order_line sol
          JOIN product_product product ON product.id = sol.product_id
          JOIN product_template template ON template.id = product.product_tmpl_id
          JOIN uom_uom unit ON unit.id = sol.product_uom_id
         CROSS JOIN (SELECT replacing AS moves) swaps
         CROSS JOIN LATERAL (
               SELECT {of_line(RETURNED)} AS returned,
                      bool_or(m.state NOT IN ('done', 'cancel')
                              AND m.origin_returned_move_id IS NULL
                              AND m.product_uom_qty > COALESCE({SWAPPED}, 0)
                              AND COALESCE(final.usage, target.usage) = 'customer') AS leaving,
                      min(m.create_date) FILTER (
                          WHERE m.state <> 'cancel' AND origin.usage = 'customer') AS announced_at
                 FROM stock_move m
                 JOIN uom_uom u ON u.id = m.product_uom
                 JOIN stock_location origin ON origin.id = m.location_id
                 JOIN stock_location target ON target.id = m.location_dest_id
                 LEFT JOIN stock_location final ON final.id = m.location_final_id
                WHERE m.sale_line_id = sol.id) moved
         WHERE sol.id = of_line;
        RETURN (
            WITH bill AS (
                SELECT i.id, i.move_type = 'out_refund' AS credits, i.create_date,
                       i.reversed_entry_id,
                       i.state = 'posted' OR i.payment_state = 'invoicing_legacy' AS posted,
                       sum(l.quantity * COALESCE(u.factor, unit.factor) / unit.factor) AS quantity
                  FROM sale_order_line_invoice_rel r
                  JOIN sale_order_line sol ON sol.id = r.order_line_id
                  JOIN uom_uom unit ON unit.id = sol.product_uom_id
                  JOIN account_move_line l ON l.id = r.invoice_line_id
                  JOIN account_move i ON i.id = l.move_id
                  LEFT JOIN uom_uom u ON u.id = l.product_uom_id
                 WHERE r.order_line_id = of_line
                   AND i.move_type IN ('out_invoice', 'out_refund')
                   AND (i.state <> 'cancel' OR i.payment_state = 'invoicing_legacy')
                 GROUP BY i.id
            ), pair AS (
                SELECT credit.id, least(credit.quantity, invoice.quantity) AS again
                  FROM ({_IN_TURN} WHERE bill.credits AND {_REPLACED}) credit
                  JOIN ({_IN_TURN} WHERE NOT bill.credits AND {_REPLACES}) invoice
                       USING (create_date, turn)
            ), total AS (
                -- an invoice that is to replace another one counts while it is a draft, too
                SELECT COALESCE(sum(bill.quantity) FILTER (WHERE bill.posted), 0) AS posted,
                       COALESCE(sum(bill.quantity) FILTER (WHERE bill.posted OR {_REPLACES}), 0)
                       - COALESCE((SELECT sum(pair.again) FROM pair), 0) AS invoiced,
                       greatest(has_left, CASE
                           WHEN is_prepaid THEN is_ordered
                           ELSE least(is_ordered, COALESCE(max(bill.quantity) FILTER (
                                    WHERE (bill.posted OR {_REPLACES}) AND NOT {_TAKEN_BACK}), 0))
                           END) AS once
                  FROM bill
                 WHERE NOT bill.credits
            ), surplus AS (
                SELECT greatest(invoiced - once, 0) AS again,
                       CASE WHEN is_leaving THEN 0
                            ELSE greatest(least(invoiced, once) - has_left, 0) END AS never_left
                  FROM total
            ), refund AS (
                SELECT bill.id, bill.posted, bill.quantity, COALESCE(pair.again, 0) AS replaced,
                       COALESCE(bill.create_date < announced_at, false) AS early,
                       row_number() OVER (
                           ORDER BY NOT bill.posted,
                                    NOT EXISTS (SELECT FROM bill later
                                                 WHERE later.posted AND NOT later.credits
                                                   AND later.id > bill.id),
                                    pair.id IS NOT NULL,
                                    bill.create_date >= announced_at,
                                    NOT {_WHOLE.format(credit="bill")},
                                    bill.id DESC) AS place
                  FROM bill
                  LEFT JOIN pair ON pair.id = bill.id
                 WHERE bill.credits AND bill.quantity > 0
            ), correcting AS (
                SELECT refund.*, replaced + least(
                           quantity - replaced, greatest(surplus.again - COALESCE(
                               sum(quantity - replaced) OVER (
                                   ORDER BY refund.place
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0), 0)
                       ) AS again
                  FROM refund CROSS JOIN surplus
            ), parted AS (
                SELECT correcting.id, correcting.posted, correcting.quantity,
                       correcting.quantity - correcting.again - CASE WHEN correcting.early
                           THEN least(correcting.quantity - correcting.again,
                                      greatest(surplus.never_left - COALESCE(
                                          sum(correcting.quantity - correcting.again) OVER (
                                              PARTITION BY correcting.early
                                              ORDER BY NOT correcting.posted, correcting.id
                                               ROWS BETWEEN UNBOUNDED PRECEDING
                                                        AND 1 PRECEDING), 0), 0))
                           ELSE 0 END AS answering
                  FROM correcting CROSS JOIN surplus
            )
            SELECT jsonb_build_object(
                       'refunds', jsonb_object_agg(id, answering) FILTER (WHERE id IS NOT NULL),
                       'answering', COALESCE(sum(answering) FILTER (WHERE parted.posted), 0),
                       'billed', min(total.posted) - COALESCE(
                           sum(quantity - answering) FILTER (WHERE parted.posted), 0))
              FROM total LEFT JOIN parted ON TRUE);
    END"""
