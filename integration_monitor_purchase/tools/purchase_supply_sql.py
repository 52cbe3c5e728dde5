"""Plain SQL: which sales orders a purchase brings goods for, and which purchases bring an order's.

A dropship names the line of the order; what is made to order carries the order's reference, or the
move that waits for it.
"""

from __future__ import annotations

# In the order of the fields of ``purchase_supply.Sold``. Of an order that has its goods, or gets
# them by another purchase, a purchase owes nothing.
_OWED = """EXISTS (
    SELECT FROM purchase_order_line line
      JOIN sale_order_line sold ON sold.id = line.sale_line_id AND sold.order_id = sale.id
     WHERE line.id = ANY(of_lines)
       AND COALESCE(sold.qty_delivered, 0) < sold.product_uom_qty
       AND NOT EXISTS (SELECT FROM purchase_order_line other
                         JOIN purchase_order instead ON instead.id = other.order_id
                        WHERE other.sale_line_id = sold.id AND instead.state <> 'cancel')
       AND NOT EXISTS (SELECT FROM stock_move moved
                        WHERE moved.sale_line_id = sold.id
                          AND moved.state NOT IN ('done', 'cancel')))"""
# Goods are missing that the order takes from the shelf: no purchase is asked for them.
_LACKS = """EXISTS (
    SELECT FROM stock_move own
      JOIN sale_order_line sold ON sold.id = own.sale_line_id AND sold.order_id = sale.id
     WHERE own.state IN ('confirmed', 'partially_available')
       AND NOT EXISTS (SELECT FROM stock_move_created_purchase_line_rel made
                        WHERE made.move_id = own.id)
       AND NOT EXISTS (SELECT FROM stock_move_move_rel chain WHERE chain.move_dest_id = own.id))"""
SALES = f"""
    DECLARE
        sale_ids int[];
    BEGIN
        sale_ids := ARRAY(
            SELECT sold.order_id
              FROM purchase_order_line line
              JOIN sale_order_line sold ON sold.id = line.sale_line_id
             WHERE line.id = ANY(of_lines)
             UNION
            SELECT sold.order_id
              FROM stock_move_created_purchase_line_rel made
              JOIN stock_move waiting ON waiting.id = made.move_id
              JOIN sale_order_line sold ON sold.id = waiting.sale_line_id
             WHERE made.created_purchase_line_id = ANY(of_lines)
             UNION
            SELECT theirs.sale_id
              FROM stock_reference_purchase_rel mine
              JOIN stock_reference_sale_rel theirs ON theirs.reference_id = mine.reference_id
             WHERE mine.purchase_id = of_purchase);
        IF sale_ids = '{{}}' THEN
            RETURN NULL;
        END IF;
        RETURN (
            SELECT jsonb_agg(jsonb_build_array(
                       sale.id, sale.name, owner.id, owner.state = 'in_progress',
                       owner.process_id, owner.waits_for_step_id,
                       (SELECT document_name FROM integration_transaction_document link
                         WHERE link.transaction_id = owner.id AND link.res_id = of_purchase
                           AND link.res_model = 'purchase.order'),
                       {_OWED}, {_LACKS}) ORDER BY sale.id)
              FROM sale_order sale
              LEFT JOIN integration_transaction owner
                ON owner.res_model = 'sale.order' AND owner.res_id = sale.id
             WHERE sale.id = ANY(sale_ids));
    END"""
#: The earliest date that customers were promised.
PROMISE = """
    BEGIN
        RETURN (SELECT min(sale.commitment_date)
                  FROM purchase_order_line line
                  JOIN sale_order_line sold ON sold.id = line.sale_line_id
                  JOIN sale_order sale ON sale.id = sold.order_id
                 WHERE line.id = ANY(of_lines));
    END"""
#: Purchases that documents of a sales order name, with what was judged of them, as
#: ``purchase_supply`` takes them.
SUPPLIES = """
    BEGIN
        RETURN (
            SELECT jsonb_agg(jsonb_build_object(
                       'id', purchase.id, 'name', purchase.name, 'state', purchase.state,
                       'partner_id', purchase.partner_id, 'user_id', purchase.user_id,
                       'kind', CASE kind.code WHEN 'dropship' THEN 'dropship' END,
                       'sales', integration_purchase_sales(purchase.id, ARRAY(
                           SELECT id FROM purchase_order_line
                            WHERE order_id = purchase.id AND display_type IS NULL)),
                       'judged', (SELECT to_jsonb(owner) FROM integration_transaction owner
                                   WHERE owner.res_model = 'purchase.order'
                                     AND owner.res_id = purchase.id)))
              FROM purchase_order purchase
              JOIN stock_picking_type kind ON kind.id = purchase.picking_type_id
             WHERE purchase.id = ANY(ARRAY(
                   SELECT split_part(document, ',', 2)::int
                     FROM jsonb_object_keys(of_links) document
                    WHERE starts_with(document, 'purchase.order,'))));
    END"""
#: It, for the few orders that know purchases. A fact of ``order_snapshot_sql``.
SUPPLIES_OF_ORDER = """
    CASE WHEN told.sale IS NOT NULL AND strpos(documents::text, '"purchase.order,') > 0
         THEN jsonb_build_object('supplies', integration_purchase_supplies(documents -> 0)) END"""
#: Arguments, result and body by name.
FUNCTIONS = {
    "integration_purchase_sales": ("of_purchase int, of_lines int[]", "jsonb STABLE", SALES),
    "integration_purchase_promise": ("of_lines int[]", "timestamp STABLE", PROMISE),
    "integration_purchase_supplies": ("of_links jsonb", "jsonb STABLE", SUPPLIES),
}

#: Purchases for these orders.
FOR_SALES = """
    SELECT line.order_id
      FROM sale_order_line sold
      JOIN purchase_order_line line ON line.sale_line_id = sold.id
     WHERE sold.order_id = ANY(%(sales)s)
     UNION
    SELECT line.order_id
      FROM sale_order_line sold
      JOIN stock_move waiting ON waiting.sale_line_id = sold.id
      JOIN stock_move_created_purchase_line_rel made ON made.move_id = waiting.id
      JOIN purchase_order_line line ON line.id = made.created_purchase_line_id
     WHERE sold.order_id = ANY(%(sales)s)
     UNION
    SELECT mine.purchase_id
      FROM stock_reference_sale_rel theirs
      JOIN stock_reference_purchase_rel mine ON mine.reference_id = theirs.reference_id
     WHERE theirs.sale_id = ANY(%(sales)s)"""
#: Purchases for orders that are not over, for those from before.
UNDER_WAY = """
    SELECT purchase.id
      FROM purchase_order purchase
      LEFT JOIN integration_transaction owner
        ON owner.res_model = 'purchase.order' AND owner.res_id = purchase.id
     WHERE (owner.state = 'in_progress' OR purchase.state IN ('draft', 'sent', 'to approve'))
       AND (EXISTS (SELECT FROM purchase_order_line line
                     WHERE line.order_id = purchase.id
                       AND (line.sale_line_id IS NOT NULL
                            OR EXISTS (SELECT FROM stock_move_created_purchase_line_rel made
                                        WHERE made.created_purchase_line_id = line.id)))
            OR EXISTS (SELECT FROM stock_reference_purchase_rel mine
                         JOIN stock_reference_sale_rel theirs
                           ON theirs.reference_id = mine.reference_id
                        WHERE mine.purchase_id = purchase.id))
     ORDER BY purchase.id"""
