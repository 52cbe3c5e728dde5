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
# How much a wish gets of what ``have`` brings (``upto`` with all before it), if the wishes before
# it are served first.
_SHARE = """(least(wish.before + wish.asked, have.upto)
           - greatest(wish.before, have.upto - have.quantity))"""
_BEFORE = """COALESCE(sum({0}) OVER (
    PARTITION BY pool, line_id, product_id ORDER BY {1}
     ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)"""
# All that came back of the order lines, by the return that brought it; and what replaces it. Which
# moves do was noted with the exchange (``stock.return.picking``); of exchanges from before that it
# is what Odoo made with the return, of the same line. Transfers and their back orders are one pool.
# What was asked in exchange is served from it first, the earliest before the others, from what is
# done before what waits: Odoo merges it with what the order still has to get.
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
    ), noted AS (
        SELECT move.id, move.picking_id, move.sale_line_id AS line_id, move.product_id,
               came.id AS came_id, told.quantity::numeric * unit.factor AS asked
          FROM stock_move move
          JOIN uom_uom unit ON unit.id = move.product_uom
         CROSS JOIN LATERAL jsonb_each_text(move.integration_replaces) told (came_id, quantity)
          JOIN came ON came.id = told.came_id::int
         WHERE move.sale_line_id = ANY(lines) AND move.integration_replaces IS NOT NULL
           AND move.state <> 'cancel'
    ), fresh AS (
        SELECT * FROM noted
         UNION ALL
        SELECT move.id, move.picking_id, move.sale_line_id, move.product_id, replaced.id, NULL
          FROM stock_move move
          JOIN stock_location target
            ON target.id = COALESCE(move.location_final_id, move.location_dest_id)
           AND target.usage = 'customer'
         CROSS JOIN LATERAL (
               SELECT came.id, came.picking_id FROM came
                WHERE came.line_id = move.sale_line_id AND came.product_id = move.product_id
                  AND came.id < move.id AND came.create_date = move.create_date
                  AND NOT EXISTS (SELECT FROM noted WHERE noted.came_id = came.id)
                ORDER BY came.id DESC LIMIT 1) replaced
         WHERE move.sale_line_id = ANY(lines) AND move.origin_returned_move_id IS NULL
           AND move.state <> 'cancel'
           AND NOT EXISTS (SELECT FROM noted JOIN came ON came.id = noted.came_id
                            WHERE noted.id = move.id AND came.id < move.id
                              AND came.create_date = move.create_date)
           AND NOT EXISTS (SELECT FROM stock_move_move_rel WHERE move_dest_id = move.id)
           -- the rest of a replacement; Odoo adds others to a back order that was there before
           AND NOT EXISTS (SELECT FROM stock_picking rest
                            WHERE rest.id = move.picking_id AND rest.backorder_id IS NOT NULL
                              AND rest.id > replaced.picking_id)
    ), former (id, picking_id) AS (
        SELECT id, picking_id FROM fresh
         UNION
        SELECT former.id, part.backorder_id
          FROM former JOIN stock_picking part ON part.id = former.picking_id
         WHERE part.backorder_id IS NOT NULL
    ), wanted AS (
        SELECT fresh.*, belongs.return_id,
               (SELECT min(picking_id) FROM former WHERE former.id = fresh.id) AS pool
          FROM fresh JOIN belongs ON belongs.id = fresh.came_id
    ), sending (fresh_id, id) AS (
        SELECT id, picking_id FROM wanted
         UNION
        SELECT sending.fresh_id, later.id
          FROM sending JOIN stock_picking later ON later.backorder_id = sending.id
    ), supply AS (
        SELECT *, sum(quantity) OVER (PARTITION BY pool, line_id, product_id
                                      ORDER BY state <> 'done', id) AS upto
          FROM (SELECT DISTINCT wanted.pool, wanted.line_id, wanted.product_id,
                       move.id, move.state, {_QUANTITY.format("move", "unit")} AS quantity
                  FROM wanted
                  JOIN sending ON sending.fresh_id = wanted.id
                  JOIN stock_move move
                    ON move.picking_id = sending.id AND move.sale_line_id = wanted.line_id
                   AND move.product_id = wanted.product_id AND move.state <> 'cancel'
                   AND (move.id = wanted.id OR sending.id <> wanted.picking_id)
                  JOIN uom_uom unit ON unit.id = move.product_uom) one
    ), wishes AS (
        SELECT pool, line_id, product_id, came_id, return_id, id AS fresh_id,
               asked IS NULL AS guessed, COALESCE(asked, (
                   SELECT sum(supply.quantity) FROM supply
                    WHERE supply.pool = wanted.pool AND supply.line_id = wanted.line_id
                      AND supply.product_id = wanted.product_id), 0) AS asked
          FROM wanted
    ), swapped AS (
        SELECT pool, line_id, product_id, came_id, return_id, have.id, {_SHARE} AS quantity
          FROM (SELECT wishes.*, {_BEFORE.format("asked", "guessed, came_id, fresh_id")} AS before
                  FROM wishes) wish
          JOIN supply have USING (pool, line_id, product_id)
         WHERE {_SHARE} > 0
    ), onward (pool, line_id, product_id, id) AS (
        SELECT pool, line_id, product_id, id FROM supply
         UNION
        SELECT onward.pool, onward.line_id, onward.product_id, later.id
          FROM onward
          JOIN stock_move_move_rel link ON link.move_orig_id = onward.id
          JOIN stock_move later
            ON later.id = link.move_dest_id AND later.origin_returned_move_id IS NULL
    ), arrived AS (
        SELECT onward.*, move.quantity * unit.factor AS quantity,
               sum(move.quantity * unit.factor) OVER (
                   PARTITION BY onward.pool, onward.line_id, onward.product_id
                       ORDER BY move.date, move.id) AS upto
          FROM onward
          JOIN stock_move move ON move.id = onward.id AND move.state = 'done'
          JOIN uom_uom unit ON unit.id = move.product_uom
          JOIN stock_location target ON target.id = move.location_dest_id
           AND target.usage = 'customer'
    ), shipped AS (
        SELECT pool, line_id, product_id, return_id, have.id, {_SHARE} AS quantity
          FROM (SELECT served.*, {_BEFORE.format("asked", "place")} AS before
                  FROM (SELECT pool, line_id, product_id, return_id, sum(quantity) AS asked,
                               min(came_id) AS place
                          FROM swapped
                         GROUP BY pool, line_id, product_id, return_id) served) wish
          JOIN arrived have USING (pool, line_id, product_id)
         WHERE {_SHARE} > 0)"""
_OF_MOVES = """(
    SELECT COALESCE(jsonb_object_agg(of_move.id, of_move.quantity), '{{}}')
      FROM (SELECT {0}.id, sum({0}.quantity) / min(unit.factor) AS quantity
              FROM {0}
              JOIN stock_move move ON move.id = {0}.id
              JOIN uom_uom unit ON unit.id = move.product_uom
             GROUP BY {0}.id) of_move)"""
_SWAPS = f"""jsonb_build_object('planned', {_OF_MOVES.format("swapped")},
                                   'shipped', {_OF_MOVES.format("shipped")})"""
#: How much moves of the line ``of_line`` bring in the place of what came back, by their ids and in
#: their units: ``planned`` where it sets out, also while it waits, and ``shipped`` of those that
#: brought it to the customer.
SWAPS_OF_LINE = f"""
    DECLARE
        moves int[] := '{{}}'; lines int[] := ARRAY[of_line];
    BEGIN
        RETURN ({_PARTS} SELECT {_SWAPS});
    END"""
#: The same of all lines of the return ``of_return`` (``replacing``), the moves that replace its own
#: goods (``swaps``), and ``parts``, in the order of the fields of ``return_counts.Part``.
RETURNED = f"""{_PARTS}
    SELECT jsonb_build_object('replacing', {_SWAPS}, 'swaps', (
               SELECT COALESCE(jsonb_agg(DISTINCT id), '[]') FROM swapped
                WHERE return_id = of_return), 'parts', (
    SELECT jsonb_agg(jsonb_build_array(
               return_id, line_id, asked,
               COALESCE((SELECT sum(quantity) FROM swapped
                          WHERE swapped.return_id = part.return_id
                            AND swapped.line_id = part.line_id), 0),
               COALESCE((SELECT sum(quantity) FROM shipped
                          WHERE shipped.return_id = part.return_id
                            AND shipped.line_id = part.line_id), 0)))
      FROM (SELECT belongs.return_id, came.line_id,
                   sum(CASE WHEN came.to_refund THEN came.quantity - came.again ELSE 0 END) AS asked
              FROM came JOIN belongs USING (id)
             WHERE came.line_id IS NOT NULL
             GROUP BY belongs.return_id, came.line_id) part))"""
