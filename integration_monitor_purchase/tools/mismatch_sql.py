"""Plain SQL: since when the bills of a purchase's line do not fit its order and receipts."""

from __future__ import annotations

from .purchase_snapshot_sql import BILLED_PIECES, PRICE_GAP
from .sent_back_sql import BILLED_FIRST

# A bill may be entered long after its date, or dated ahead: nobody owed it before.
_BILLS = f"""
    SELECT greatest(bill.create_date, bill.invoice_date::timestamp), 0, 0, 0, {BILLED_PIECES},
           CASE WHEN bill.move_type = 'in_invoice' AND bill.payment_state <> 'reversed'
                THEN {PRICE_GAP} ELSE 0 END
      FROM purchase_order_line line
      JOIN purchase_order purchase ON purchase.id = line.order_id
      JOIN account_move_line item ON item.purchase_line_id = line.id
      JOIN account_move bill ON bill.id = item.move_id AND bill.state = 'posted'
       AND bill.move_type IN ('in_invoice', 'in_refund')
      JOIN uom_uom own ON own.id = line.product_uom_id
      LEFT JOIN uom_uom unit ON unit.id = item.product_uom_id
     WHERE line.id = q.id"""
# How much may be billed: what came, or, where bills come first, what was ordered as long as it may
# come. Once nothing is under way the vendor owes a refund of what went back or was called off.
_BILLABLE = "greatest({came}, CASE WHEN q.moves AND NOT {under_way} THEN 0 ELSE {billed_first} END)"
#: How much of a line ``q`` may be billed now.
BILLABLE_NOW = _BILLABLE.format(
    came="q.received", billed_first="q.billed_first", under_way="q.under_way"
)
_UNDER_WAY_THEN = "(q.under_way OR past.open > 0)"
#: Whether a line ``q`` is wrong, by what is billed of it, came, went back, may be billed and is
#: under way. What went back came once, and may have been replaced. Nobody receives a service.
WRONG = """(
    {billed} - {billable} > {{tolerance}} OR {price_gap} > {{tolerance}}
    OR (q.goods AND {billed} > 0 AND NOT {under_way}
        AND ({came} - q.ordered > {{tolerance}} OR q.ordered - {came} - {sent} > {{tolerance}})))"""
#: What is so now.
NOW = WRONG.format(
    billed="q.billed",
    billable=BILLABLE_NOW,
    price_gap="q.price_gap",
    under_way="q.under_way",
    came="q.received",
    sent="q.sent",
)
#: As ``NOW``, after one of the documents and all before it.
_THEN = WRONG.format(
    billed="past.billed",
    billable=_BILLABLE.format(
        came="past.came", billed_first="past.billed_first", under_way=_UNDER_WAY_THEN
    ),
    price_gap="past.price_gap",
    under_way=_UNDER_WAY_THEN,
    came="past.came",
    sent="past.sent",
)

# Pieces, or kits, count by their share of all that came, as in ``move_sql``. Documents of one
# moment count together, whatever their order.
#: The first document after which it was wrong and never right again, of a line ``q``.
WRONG_SINCE = f"""(
    SELECT min(later.at)
      FROM (SELECT past.at, bool_and({_THEN}) OVER (ORDER BY past.at DESC) AS lasting
              FROM (SELECT document.at, line.billed_first,
                           sum(document.billed) OVER so_far AS billed,
                           max(document.gap) OVER so_far AS price_gap,
                           sum(document.ended) OVER () - sum(document.ended) OVER so_far AS open,
                           CASE sum(document.pieces) OVER () WHEN 0 THEN
                                q.received + sum(document.pieces) OVER so_far / line.factor
                           ELSE q.received * sum(document.pieces) OVER so_far
                                / sum(document.pieces) OVER () END AS came,
                           CASE sum(document.pieces) OVER () WHEN 0 THEN
                                sum(document.sent) OVER so_far / line.factor
                           ELSE q.received * sum(document.sent) OVER so_far
                                / sum(document.pieces) OVER () END AS sent
                      FROM (SELECT at, pieces, sent, ended, 0 AS billed, 0 AS gap
                              FROM integration_purchase_moved(q.id)
                             UNION ALL {_BILLS}) document
                     CROSS JOIN (
                           SELECT own.factor, {BILLED_FIRST} AS billed_first
                             FROM purchase_order_line line
                             JOIN uom_uom own ON own.id = line.product_uom_id
                            WHERE line.id = q.id) line
                    WINDOW so_far AS (ORDER BY document.at)) past) later
     WHERE later.lasting)"""
