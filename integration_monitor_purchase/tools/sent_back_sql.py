"""Plain SQL: what came of a purchase, went back or was called off, and what may be billed then.

Where bills come first Odoo goes by what was ordered, also when it went back or never came.
"""

from __future__ import annotations

from odoo.addons.integration_monitor.tools.move_sql import BROUGHT, SENT_BACK

# A kit is a line whose moves bring other products than its own, see ``move_sql``.
_PIECES = f"""
    SELECT CASE m.state WHEN 'done' THEN m.date ELSE m.write_date END,
           (CASE WHEN m.state = 'cancel' OR m.product_id <> line.product_id THEN 0
                 WHEN {BROUGHT} THEN m.quantity
                 WHEN {SENT_BACK} THEN -m.quantity ELSE 0 END * unit.factor)::numeric,
           (CASE WHEN m.state = 'done' AND m.product_id = line.product_id AND {SENT_BACK}
                 THEN m.quantity ELSE 0 END * unit.factor)::numeric,
           (m.origin_returned_move_id IS NULL)::int
      FROM purchase_order_line line
      JOIN stock_move m ON m.purchase_line_id = line.id AND m.state IN ('done', 'cancel')
      JOIN uom_uom unit ON unit.id = m.product_uom
      JOIN stock_location origin ON origin.id = m.location_id
      JOIN stock_location target ON target.id = m.location_dest_id
     WHERE line.id = of_line"""
_CAME = f"m.state = 'done' AND {BROUGHT}"
_WENT = f"m.state = 'done' AND {SENT_BACK}"
# How much of one component came and went until then, and how many kits a piece of it is.
_COMPONENT = f"""
    SELECT COALESCE(sum(m.quantity * unit.factor) FILTER (WHERE {_CAME} AND m.date <= moment.at), 0)
           AS came,
           COALESCE(sum(m.quantity * unit.factor) FILTER (WHERE {_WENT} AND m.date <= moment.at), 0)
           AS went,
           COALESCE(greatest(
               line.qty_received / NULLIF(sum(unit.factor * CASE
                   WHEN {_CAME} THEN m.quantity WHEN {_WENT} THEN -m.quantity END), 0),
               line.product_qty / NULLIF(sum(m.product_uom_qty * unit.factor)
                   FILTER (WHERE m.origin_returned_move_id IS NULL), 0)), 0) AS rate
      FROM stock_move m
      JOIN uom_uom unit ON unit.id = m.product_uom
      JOIN stock_location origin ON origin.id = m.location_id
      JOIN stock_location target ON target.id = m.location_dest_id
     WHERE m.purchase_line_id = line.id
     GROUP BY m.product_id"""
# Whole kits: what came of one component without the others is none, and one that went back breaks
# its kit.
_KITS = f"""
    SELECT kits.at, ((kits.kept - lag(kits.kept, 1, 0::numeric) OVER so_far) * own.factor)::numeric,
           ((kits.came - kits.kept - lag(kits.came - kits.kept, 1, 0::numeric) OVER so_far)
            * own.factor)::numeric, 0
      FROM purchase_order_line line
      JOIN uom_uom own ON own.id = line.product_uom_id
     CROSS JOIN LATERAL (
           SELECT moment.at, floor(min(part.came * part.rate) + 0.00001)::numeric AS came,
                  floor(min((part.came - part.went) * part.rate) + 0.00001)::numeric AS kept
             FROM (SELECT DISTINCT done.date AS at FROM stock_move done
                    WHERE done.purchase_line_id = line.id AND done.state = 'done') moment
            CROSS JOIN LATERAL ({_COMPONENT}) part
            GROUP BY moment.at) kits
     WHERE line.id = of_line
    WINDOW so_far AS (ORDER BY kits.at)"""
#: What moved of a line, as rows that add up, in the reference unit: how much of it stayed, how
#: much of it went back, and how many moves, returns aside, ended. Of what was called off the
#: moment is that of its last change.
MOVED = f"""
    BEGIN
        RETURN QUERY {_PIECES};
        IF EXISTS (SELECT FROM stock_move m
                     JOIN purchase_order_line line ON line.id = m.purchase_line_id
                    WHERE line.id = of_line AND m.product_id <> line.product_id)
        THEN
            RETURN QUERY {_KITS};
        END IF;
    END"""
#: What went back to the vendor of a line ``line``, in its own unit, as parts of what it received.
#: Nobody asks unless something is missing.
SENT = """
    CASE WHEN COALESCE(line.qty_received, 0) < line.product_qty THEN (
        SELECT CASE sum(moved.pieces) WHEN 0 THEN sum(moved.sent) / min(own.factor)
               ELSE COALESCE(line.qty_received, 0) * sum(moved.sent) / sum(moved.pieces) END
          FROM uom_uom own
         CROSS JOIN LATERAL integration_purchase_moved(line.id) moved
         WHERE own.id = line.product_uom_id) END"""
#: Whether goods of a line were on their way and none are any more: what it received is all that
#: stays of it. What went back will not be replaced, and what was called off will not come.
SETTLED = """
    BEGIN
        RETURN COALESCE((SELECT bool_and(m.state IN ('done', 'cancel'))
                           FROM stock_move m WHERE m.purchase_line_id = of_line), false);
    END"""
_BY_POLICY = """
    CASE (SELECT template.purchase_method
            FROM product_product product
            JOIN product_template template ON template.id = product.product_tmpl_id
           WHERE product.id = line.product_id)
    WHEN 'purchase' THEN {first} ELSE {otherwise} END"""
#: What may be billed of a line before it came: what was ordered, where bills come first.
BILLED_FIRST = _BY_POLICY.format(first="line.product_qty", otherwise="0")
_STAYS = "CASE WHEN integration_purchase_settled(line.id) THEN 0 ELSE line.product_qty END"
#: How much of a line may be billed.
BILLABLE = f"""greatest(COALESCE(line.qty_received, 0),
                        {_BY_POLICY.format(first=_STAYS, otherwise="0")})"""
_KEPT = f"least(line.product_qty, greatest(COALESCE(line.qty_received, 0), {_STAYS}))"
_TO_BILL = _BY_POLICY.format(
    first=f"{_KEPT} - COALESCE(line.qty_invoiced, 0)",
    otherwise="COALESCE(line.qty_to_invoice, 0)",
)
#: Quantities and prices have more digits than anybody orders; what is below is rounding.
LEAST = 0.00501
#: Whether something is to be billed or refunded: as Odoo says, unless less stays than was ordered.
INVOICE_STATUS = f"""
    BEGIN
        IF NOT EXISTS (SELECT FROM purchase_order_line line
                        WHERE line.id = ANY(of_lines) AND line.qty_received_method = 'stock_moves'
                          AND COALESCE(line.qty_received, 0) < line.product_qty
                          AND integration_purchase_settled(line.id))
        THEN
            RETURN of_status;
        END IF;
        RETURN CASE WHEN EXISTS (SELECT FROM purchase_order_line line
                                  WHERE line.id = ANY(of_lines) AND abs({_TO_BILL}) > {LEAST})
                    THEN 'to invoice' ELSE 'invoiced' END;
    END"""
#: Arguments, result and body by name.
FUNCTIONS = {
    "integration_purchase_moved": (
        "of_line int",
        "TABLE (at timestamp, pieces numeric, sent numeric, ended int) STABLE",
        MOVED,
    ),
    "integration_purchase_settled": ("of_line int", "bool STABLE", SETTLED),
    "integration_purchase_invoice_status": (
        "of_status varchar, of_lines int[]",
        "varchar STABLE",
        INVOICE_STATUS,
    ),
}
