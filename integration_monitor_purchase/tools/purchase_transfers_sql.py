"""Plain SQL: the transfers of a purchase, as the body of a database function.

``of_purchase`` is its id, ``of_lines`` those of its lines.
"""

from odoo.addons.integration_monitor.tools.move_sql import kept_of

# Each receipt's moves, and where their goods went in the house; not what is picked for an order.
# ``back`` is what a customer sent to us of a dropship: its way into the house is a return's.
_CHAIN = """
    WITH RECURSIVE chain (receipt_id, id, back) AS (
        SELECT move.id, move.id, origin.usage = 'customer'
          FROM stock_move move
          JOIN stock_location origin ON origin.id = move.location_id
         WHERE move.purchase_line_id = ANY(of_lines)
         UNION
        SELECT chain.receipt_id, onward.id, chain.back
          FROM chain
          JOIN stock_move_move_rel link ON link.move_orig_id = chain.id
          JOIN stock_move onward ON onward.id = link.move_dest_id
          JOIN stock_picking_type type ON type.id = onward.picking_type_id
         WHERE type.code = 'internal'
           AND NOT EXISTS (SELECT FROM stock_warehouse other
                            WHERE type.id IN (other.pick_type_id, other.pack_type_id)))"""
# Transfers whose chain was cut carry the purchase's reference still, if it is its alone.
_REFERRED = """
    SELECT move.picking_id
      FROM stock_reference_purchase_rel mine
      JOIN stock_reference_move_rel carried ON carried.reference_id = mine.reference_id
      JOIN stock_move move ON move.id = carried.move_id
      JOIN stock_picking_type type ON type.id = move.picking_type_id AND type.code = 'internal'
     WHERE mine.purchase_id = of_purchase
       AND NOT EXISTS (SELECT FROM stock_reference_sale_rel sold
                        WHERE sold.reference_id = mine.reference_id)
       AND NOT EXISTS (SELECT FROM stock_reference_purchase_rel other
                        WHERE other.reference_id = mine.reference_id
                          AND other.purchase_id <> of_purchase)"""
_BOUGHT = """EXISTS (SELECT FROM stock_move move
                      WHERE move.picking_id = picking.id
                        AND move.purchase_line_id = ANY(of_lines))"""
_DROPSHIPPED = """EXISTS (SELECT FROM stock_picking_type type
                             WHERE type.id = picking.picking_type_id AND type.code = 'dropship')"""
_ROLE = f"""
    CASE WHEN {_BOUGHT}
         THEN CASE WHEN (SELECT target.usage FROM stock_location target
                          WHERE target.id = picking.location_dest_id) = 'supplier' THEN 'return'
                   -- What a customer sends to us was delivered: its vendor owes nothing.
                   WHEN (SELECT origin.usage FROM stock_location origin
                          WHERE origin.id = picking.location_id) = 'customer' THEN 'internal'
                   WHEN {_DROPSHIPPED} THEN 'dropship' ELSE 'in' END
         WHEN picking.return_id IS NOT NULL THEN 'internal'
         WHEN EXISTS (SELECT FROM stock_warehouse other
                       WHERE other.qc_type_id = picking.picking_type_id) THEN 'quality'
         ELSE 'put_away' END"""
# From a receipt to the vendor, from wherever it lay.
_BACK = f"""
    CASE WHEN {_BOUGHT}
         THEN target.usage = 'supplier' AND back.origin_returned_move_id IN (
              SELECT id FROM chain WHERE receipt_id = move.id)
         ELSE back.origin_returned_move_id = move.id END"""
# Everything that a transfer brought went back.
_RETURNED = f"""
    picking.state = 'done'
    AND EXISTS (SELECT FROM stock_move back
                 WHERE back.state = 'done' AND back.origin_returned_move_id IN (
                       SELECT id FROM stock_move WHERE picking_id = picking.id
                        UNION SELECT id FROM chain))
    AND NOT EXISTS (
        SELECT FROM stock_move move
         WHERE move.picking_id = picking.id AND move.state = 'done'
           AND {kept_of("move", _BACK)})"""
_FEEDS = """
    picking.state NOT IN ('done', 'cancel')
    AND EXISTS (SELECT FROM stock_move move
                  JOIN stock_move_move_rel link ON link.move_orig_id = move.id
                  JOIN stock_move onward ON onward.id = link.move_dest_id
                  JOIN stock_picking_type type ON type.id = onward.picking_type_id
                 WHERE move.picking_id = picking.id AND onward.state <> 'cancel'
                   -- What waits for the goods is no way into the house.
                   AND type.code = 'internal'
                   AND NOT EXISTS (SELECT FROM stock_warehouse other
                                    WHERE type.id IN (other.pick_type_id, other.pack_type_id)))"""
# What came in one step and stayed there. In the order of ``purchase_counts.Transfer``.
_PLAIN_TRANSFERS = f"""
    SELECT jsonb_agg(jsonb_build_array(
               picking.id, picking.name, picking.state,
               CASE (SELECT usage FROM stock_location WHERE id = picking.location_dest_id)
               WHEN 'supplier' THEN 'return'
               ELSE CASE WHEN {_DROPSHIPPED} THEN 'dropship' ELSE 'in' END END,
               picking.date_done, picking.scheduled_date, false, false) ORDER BY picking.id)
      FROM stock_picking picking
     WHERE picking.id = ANY(ARRAY(SELECT picking_id FROM stock_move WHERE id = ANY(moves)))"""
_CHAINED_TRANSFERS = f"""{_CHAIN}
    SELECT jsonb_agg(jsonb_build_array(
               picking.id, picking.name, picking.state, {_ROLE}, picking.date_done,
               picking.scheduled_date, {_RETURNED}, {_FEEDS}) ORDER BY picking.id)
      FROM stock_picking picking
     WHERE picking.id IN (SELECT move.picking_id FROM stock_move move JOIN chain USING (id)
                           WHERE NOT chain.back OR chain.id = chain.receipt_id
                           UNION ({_REFERRED}
                           EXCEPT
                          SELECT move.picking_id FROM stock_move move JOIN chain USING (id)
                           WHERE chain.back))"""
TRANSFERS = f"""
    DECLARE
        moves int[];
    BEGIN
        moves := ARRAY(SELECT id FROM stock_move WHERE purchase_line_id = ANY(of_lines));
        IF moves = '{{}}' THEN
            RETURN NULL;
        END IF;
        IF several_steps
           OR EXISTS (SELECT FROM stock_move_move_rel WHERE move_orig_id = ANY(moves))
           OR EXISTS (SELECT FROM stock_move WHERE origin_returned_move_id = ANY(moves))
        THEN
            RETURN ({_CHAINED_TRANSFERS});
        END IF;
        RETURN ({_PLAIN_TRANSFERS});
    END"""
