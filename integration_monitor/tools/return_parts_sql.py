"""Plain SQL: how much of order lines came back by which return, and what was sent in its place.

Parts of the body of a database function: ``moves`` are those of a return, ``lines`` their order
lines.
"""

_QUANTITY = "CASE {0}.state WHEN 'done' THEN {0}.quantity ELSE {0}.product_uom_qty END * {1}.factor"
#: How much of what ``move`` brought went to the customer again.
AGAIN = """COALESCE((
    SELECT sum(again.quantity * other.factor)
      FROM stock_move again
      JOIN uom_uom other ON other.id = again.product_uom
      JOIN stock_location target ON target.id = again.location_dest_id
     WHERE again.origin_returned_move_id = move.id AND again.state = 'done'
       AND target.usage = 'customer'), 0)"""
# All that came back of the order lines, by the return that brought it; and the moves that an
# exchange made: Odoo makes them with the return, of the same line, and keeps no link.
_PARTS = f"""
    WITH RECURSIVE came AS (
        SELECT move.id, move.sale_line_id AS line_id, move.product_id, move.picking_id, move.state,
               move.create_date, COALESCE(move.to_refund, false) AS to_refund,
               {_QUANTITY.format("move", "unit")} AS quantity,
               {AGAIN} AS again
          FROM stock_move move
          JOIN uom_uom unit ON unit.id = move.product_uom
          JOIN stock_location origin ON origin.id = move.location_id AND origin.usage = 'customer'
         WHERE move.state <> 'cancel'
           AND (move.id = ANY(moves)
                OR (move.sale_line_id = ANY(lines) AND move.origin_returned_move_id IS NOT NULL))
    ), whole (picking_id, id) AS (
        SELECT DISTINCT picking_id, picking_id FROM came
         UNION
        SELECT whole.picking_id, part.backorder_id
          FROM whole
          JOIN stock_picking part ON part.id = whole.id
          JOIN stock_picking first ON first.id = part.backorder_id
           AND first.location_id = part.location_id
    ), belongs AS (
        SELECT came.id, min(whole.id) AS return_id
          FROM came JOIN whole USING (picking_id) GROUP BY came.id
    ), fresh AS (
        SELECT move.id, move.picking_id, move.sale_line_id AS line_id, replaced.id AS came_id
          FROM stock_move move
          JOIN stock_location target
            ON target.id = COALESCE(move.location_final_id, move.location_dest_id)
           AND target.usage = 'customer'
         CROSS JOIN LATERAL (
               SELECT came.id, came.picking_id FROM came
                WHERE came.line_id = move.sale_line_id AND came.product_id = move.product_id
                  AND came.id < move.id AND came.create_date = move.create_date
                ORDER BY came.id DESC LIMIT 1) replaced
         WHERE move.sale_line_id = ANY(lines) AND move.origin_returned_move_id IS NULL
           AND move.state <> 'cancel'
           AND NOT EXISTS (SELECT FROM stock_move_move_rel WHERE move_dest_id = move.id)
           -- the rest of a replacement; Odoo adds others to a back order that was there before
           AND NOT EXISTS (SELECT FROM stock_picking rest
                            WHERE rest.id = move.picking_id AND rest.backorder_id IS NOT NULL
                              AND rest.id > replaced.picking_id)
    ), sending (fresh_id, id) AS (
        SELECT fresh.id, fresh.picking_id FROM fresh
         UNION
        SELECT sending.fresh_id, later.id
          FROM sending JOIN stock_picking later ON later.backorder_id = sending.id
    ), swapped AS (
        SELECT belongs.return_id, fresh.line_id, move.id, move.state,
               {_QUANTITY.format("move", "unit")} AS quantity
          FROM fresh
          JOIN belongs ON belongs.id = fresh.came_id
          JOIN sending ON sending.fresh_id = fresh.id
          JOIN stock_move move
            ON move.picking_id = sending.id AND move.sale_line_id = fresh.line_id
           AND (move.id = fresh.id OR sending.id <> fresh.picking_id)
          JOIN uom_uom unit ON unit.id = move.product_uom
         WHERE move.state <> 'cancel')"""
#: The moves that replace what came back of the line ``of_line``, from the shelf to the customer.
SWAPS_OF_LINE = f"""
    DECLARE
        moves int[] := '{{}}'; lines int[] := ARRAY[of_line];
    BEGIN
        RETURN ARRAY({_PARTS}, sent (id) AS (
            SELECT id FROM swapped
             UNION
            SELECT link.move_dest_id
              FROM sent JOIN stock_move_move_rel link ON link.move_orig_id = sent.id)
            SELECT id FROM sent);
    END"""
SWAPS = f"ARRAY({_PARTS} SELECT id FROM swapped WHERE return_id = of_return)"
# In the order of the fields of ``return_counts.Part``.
RETURNED = f"""{_PARTS}
    SELECT jsonb_agg(jsonb_build_array(
               return_id, line_id, asked,
               COALESCE((SELECT sum(quantity) FROM swapped
                          WHERE swapped.return_id = part.return_id
                            AND swapped.line_id = part.line_id), 0),
               COALESCE((SELECT sum(quantity) FROM swapped
                          WHERE swapped.return_id = part.return_id
                            AND swapped.line_id = part.line_id AND swapped.state = 'done'), 0)))
      FROM (SELECT belongs.return_id, came.line_id,
                   sum(CASE WHEN came.to_refund THEN came.quantity - came.again ELSE 0 END) AS asked
              FROM came JOIN belongs USING (id)
             WHERE came.line_id IS NOT NULL
             GROUP BY belongs.return_id, came.line_id) part"""
