"""Plain SQL: what went back to vendors, and what a purchase may be billed then.

Where bills come first Odoo goes by what was ordered, also when it went back.
"""

from __future__ import annotations

from odoo.addons.integration_monitor.tools.move_sql import BROUGHT, SENT_BACK

#: What moved of a line ``q``. Of what was called off the moment is that of its last change.
MOVES = f"""
    SELECT CASE m.state WHEN 'done' THEN m.date ELSE m.write_date END AS at,
           CASE WHEN m.state = 'cancel' THEN 0 WHEN {BROUGHT} THEN m.quantity
                WHEN {SENT_BACK} THEN -m.quantity ELSE 0 END * unit.factor AS pieces,
           CASE WHEN m.state = 'done' AND {SENT_BACK} THEN m.quantity ELSE 0 END * unit.factor
           AS sent, (m.origin_returned_move_id IS NULL)::int AS ended, 0 AS billed, 0 AS gap
      FROM stock_move m
      JOIN uom_uom unit ON unit.id = m.product_uom
      JOIN stock_location origin ON origin.id = m.location_id
      JOIN stock_location target ON target.id = m.location_dest_id
     WHERE m.purchase_line_id = q.id AND m.state IN ('done', 'cancel')"""
#: What went back to the vendor of a line ``line``, in its own unit, as parts of what it received.
SENT = f"""(
    SELECT CASE sum(document.pieces) WHEN 0 THEN sum(document.sent) / min(own.factor)
           ELSE COALESCE(line.qty_received, 0) * sum(document.sent) / sum(document.pieces) END
      FROM uom_uom own
     CROSS JOIN LATERAL ({MOVES.replace("q.id", "line.id")}) document
     WHERE own.id = line.product_uom_id)"""
_SENT_OF = f"""
    SELECT FROM stock_move m
      JOIN stock_location target ON target.id = m.location_dest_id
     WHERE m.purchase_line_id = {{lines}} AND m.state = 'done' AND {SENT_BACK}"""
#: What went back of a line and will not be replaced: nothing as long as something is under way.
SENT_FOR_GOOD = f"""
    BEGIN
        IF NOT EXISTS ({_SENT_OF.format(lines="of_line")})
           OR EXISTS (SELECT FROM stock_move m WHERE m.purchase_line_id = of_line
                         AND m.state NOT IN ('done', 'cancel'))
        THEN
            RETURN 0;
        END IF;
        RETURN (SELECT COALESCE({SENT}, 0) FROM purchase_order_line line WHERE line.id = of_line);
    END"""
_BY_POLICY = """
    CASE (SELECT template.purchase_method
            FROM product_product product
            JOIN product_template template ON template.id = product.product_tmpl_id
           WHERE product.id = line.product_id)
    WHEN 'purchase' THEN {first} ELSE {otherwise} END"""
#: What may be billed of a line before it came: what was ordered, where bills come first.
BILLED_FIRST = _BY_POLICY.format(first="line.product_qty", otherwise="0")
_STAYS = "line.product_qty - integration_purchase_sent_for_good(line.id)"
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
#: Whether something is to be billed or refunded: as Odoo says, unless something went back.
INVOICE_STATUS = f"""
    BEGIN
        IF NOT EXISTS ({_SENT_OF.format(lines="ANY(of_lines)")}) THEN
            RETURN of_status;
        END IF;
        RETURN CASE WHEN EXISTS (SELECT FROM purchase_order_line line
                                  WHERE line.id = ANY(of_lines) AND abs({_TO_BILL}) > {LEAST})
                    THEN 'to invoice' ELSE 'invoiced' END;
    END"""
#: Arguments, result and body by name.
FUNCTIONS = {
    "integration_purchase_sent_for_good": ("of_line int", "numeric STABLE", SENT_FOR_GOOD),
    "integration_purchase_invoice_status": (
        "of_status varchar, of_lines int[]",
        "varchar STABLE",
        INVOICE_STATUS,
    ),
}
