"""Plain SQL: what moves tell about a line of an order, also where it is a kit.

A kit is a line whose moves bring other products than its own. Bills of materials belong to an addon
that the suite does not depend on, so how many kits some pieces of a component are is reckoned from
the line: the kits that Odoo says the customer has to the pieces that he has, or the kits ordered to
the pieces demanded, whichever is more. The first falls short where more pieces left than whole kits
need, or where all came back; the second where demand was cancelled and planned again.
"""

from __future__ import annotations

# What the customer has: Odoo's own rule of what counts as delivered.
_GOT = "(target.usage = 'customer' AND (m.origin_returned_move_id IS NULL OR m.to_refund))"
_GAVE_BACK = "(origin.usage = 'customer' AND m.to_refund)"
#: What a vendor brought; what went to the customer and came back to us was received once already.
BROUGHT = """(target.usage <> 'supplier'
               AND (m.origin_returned_move_id IS NULL OR m.to_refund))"""
#: What went back to a vendor.
SENT_BACK = "(target.usage = 'supplier' AND (m.origin_returned_move_id IS NULL OR m.to_refund))"

#: Half of the last digit of a quantity, in its own unit: what is less is rounding. All units have
#: the same digits.
HALF_DIGIT = """COALESCE((
    SELECT 0.501 * power(10, -digits)
      FROM decimal_precision WHERE name = 'Product Unit'), 0.00501)"""

#: Whole kits: as many as the scarcest component makes.
WHOLE = "floor(min({kits}) + 0.00001)"
#: Kits that are no longer whole: as many as the component that most is missing of.
BROKEN = "ceil(max({kits}) - 0.00001)"

_FACTOR = """(
    SELECT sold.factor / own.factor
      FROM product_product kit
      JOIN product_template template ON template.id = kit.product_tmpl_id
      JOIN uom_uom own ON own.id = template.uom_id
      JOIN uom_uom sold ON sold.id = {line}.product_uom_id
     WHERE kit.id = {line}.product_id)"""


def kept_of(move: str, back: str) -> str:
    """Return SQL for whether more moved than came back of it.

    A move is done with its demand, where the rest was given up without a back order: only its
    quantity says what moved.

    :param move: alias of a done move
    :param back: condition on the moves ``back`` that bring its goods back
    """
    return f"""{move}.quantity * (SELECT factor FROM uom_uom WHERE id = {move}.product_uom)
           > COALESCE((
               SELECT sum(back.quantity * unit.factor) + max(unit.factor) * {HALF_DIGIT}
                 FROM stock_move back
                 JOIN uom_uom unit ON unit.id = back.product_uom
                 JOIN stock_location target ON target.id = back.location_dest_id
                WHERE back.state = 'done' AND {back}), 0)"""


def kits_of(line: str, pieces: str, counted: str) -> str:
    """Return SQL for how many kits some moves of a line are, in the unit of the line.

    :param line: alias of the line of the sales order
    :param pieces: how much of a move ``m``, from ``origin`` to ``target`` by the transfer ``out``,
        counts, in its own unit
    :param counted: ``WHOLE`` or ``BROKEN``
    """
    factor = _FACTOR.format(line=line)
    counted = counted.format(kits=f"COALESCE(part.pieces, 0) * part.rate * {factor}")
    return f"""(
    SELECT {counted} / {factor}
      FROM (SELECT sum(({pieces}) * unit.factor) AS pieces,
                   greatest(
                       {line}.qty_delivered / NULLIF(sum(
                           CASE WHEN {_GOT} THEN m.quantity WHEN {_GAVE_BACK} THEN -m.quantity END
                           * unit.factor) FILTER (WHERE m.state = 'done'), 0),
                       {line}.product_uom_qty / NULLIF(sum(m.product_uom_qty * unit.factor) FILTER (
                           WHERE {first_steps("m")}), 0)) AS rate
              FROM stock_move m
              JOIN uom_uom unit ON unit.id = m.product_uom
              JOIN stock_location origin ON origin.id = m.location_id
              JOIN stock_location target ON target.id = m.location_dest_id
              LEFT JOIN stock_picking out ON out.id = m.picking_id
             WHERE m.sale_line_id = {line}.id
             GROUP BY m.product_id) part)"""


def pieces_of(line: str) -> str:
    """Return SQL for how many pieces its moves bring for one piece of a line; 1 unless it is a kit.

    All components together, in their reference units: for what is compared with the kit's invoices.

    :param line: alias of the line of the sales order, or of none
    """
    return f"""COALESCE((
    SELECT CASE WHEN bool_and(m.product_id <> {line}.product_id) THEN
                1 / NULLIF(min(sold.factor) * greatest(
                    {line}.qty_delivered / NULLIF(sum(
                        CASE WHEN {_GOT} THEN m.quantity WHEN {_GAVE_BACK} THEN -m.quantity END
                        * unit.factor) FILTER (WHERE m.state = 'done'), 0),
                    {line}.product_uom_qty / NULLIF(sum(m.product_uom_qty * unit.factor) FILTER (
                        WHERE {first_steps("m")}), 0)), 0) END
      FROM stock_move m
      JOIN uom_uom unit ON unit.id = m.product_uom
      JOIN uom_uom sold ON sold.id = {line}.product_uom_id
      JOIN stock_location origin ON origin.id = m.location_id
      JOIN stock_location target ON target.id = m.location_dest_id
     WHERE m.sale_line_id = {line}.id), 1)"""


def of_line(pieces: str) -> str:
    """Return SQL for the sum over the moves ``m`` of a line ``sol``, in its unit.

    Pieces of components that came back are as many kits as they broke up.

    :param pieces: how much of a move counts, in the move's unit ``u``; that of the line is ``unit``
    """
    return f"""
        CASE WHEN bool_or(m.product_id = sol.product_id)
             THEN sum(({pieces}) * u.factor / unit.factor) FILTER (
                      WHERE m.product_id = sol.product_id)
             ELSE {kits_of("sol", pieces, BROKEN)} END"""


def first_steps(move: str) -> str:
    """Return the condition that a move is where a line's goods set out: each piece counts once.

    :param move: alias of a move that has a ``sale_line_id``
    """
    return f"""{move}.origin_returned_move_id IS NULL
        AND NOT EXISTS (SELECT FROM stock_move_move_rel before
                          JOIN stock_move former ON former.id = before.move_orig_id
                         WHERE before.move_dest_id = {move}.id
                           AND former.sale_line_id = {move}.sale_line_id)"""


def _open_since(link: str, plus: str, minus: str, *, moved: str, settled: str) -> str:
    """Return SQL for the moment since which more moved than was settled, of a line ``q``.

    Pieces count by their share of all that moved, so units of moves and parts of kits do not
    matter: of a kit, half of the pieces are half a kit.
    """
    return f"""(
    SELECT min(later.date)
      FROM (SELECT run.date, bool_and(run.so_far * {moved} > ({settled} + 0.00001) * run.total)
                             OVER (ORDER BY run.date DESC, run.id DESC) AS lasting
              FROM (SELECT part.id, part.date,
                           sum(part.pieces) OVER (ORDER BY part.date, part.id) AS so_far,
                           sum(part.pieces) OVER () AS total
                      FROM (SELECT m.id, m.date, unit.factor * CASE
                                       WHEN {plus} THEN m.quantity
                                       WHEN {minus} THEN -m.quantity END AS pieces
                              FROM stock_move m
                              JOIN uom_uom unit ON unit.id = m.product_uom
                              JOIN stock_location origin ON origin.id = m.location_id
                              JOIN stock_location target ON target.id = m.location_dest_id
                             WHERE m.{link} = q.id AND m.state = 'done') part
                     WHERE part.pieces IS NOT NULL) run) later
     WHERE later.lasting)"""


#: When the first piece left that is on no invoice; of a line ``q`` with shipped and invoiced.
SHIPPED_SINCE = _open_since(
    "sale_line_id", _GOT, _GAVE_BACK, moved="q.shipped", settled="q.invoiced"
)
#: When the first piece came that is on no bill; of a line ``q`` with received and billed.
RECEIVED_SINCE = _open_since(
    "purchase_line_id", BROUGHT, SENT_BACK, moved="q.received", settled="q.billed"
)

# A piece that came back to be refunded.
_TO_REFUND = "m.state = 'done' AND origin.usage = 'customer' AND m.to_refund"
_SENT_AGAIN = """m.state = 'done' AND target.usage = 'customer'
               AND m.origin_returned_move_id IS NOT NULL"""
#: How much a move ``m`` brings in the place of what came back, by ``integration_order_swaps``; and
#: how much it brought to the customer.
SWAPPED = "(swaps.moves -> 'planned' ->> m.id::text)::numeric"
SWAPPED_DONE = "(swaps.moves -> 'shipped' ->> m.id::text)::numeric"
#: How much of a move ``m`` of a line the customer gave back and got no other in its place: what was
#: sent again, or replaces it, is taken off. With what Odoo calls delivered it is what ever left,
#: each piece once.
RETURNED = f"""
    CASE WHEN {_TO_REFUND} THEN m.quantity
         WHEN {_SENT_AGAIN} AND m.to_refund THEN -m.quantity
         ELSE -{SWAPPED_DONE} END"""
#: The same of what is to be refunded: for what waits to be replaced nothing is, nor for what was
#: sent again, whatever Odoo calls delivered.
UNREPLACED = f"""
    CASE WHEN {_TO_REFUND} THEN m.quantity
         WHEN {_SENT_AGAIN} AND EXISTS (
              SELECT FROM stock_move came
               WHERE came.id = m.origin_returned_move_id AND came.to_refund) THEN -m.quantity
         ELSE -{SWAPPED} END"""
