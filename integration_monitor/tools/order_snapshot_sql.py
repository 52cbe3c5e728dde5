"""Plain SQL: the database function that reads orders for the milestone recorder, in small steps.

Each runs, and is planned, only when needed: Odoo forgets the plans of a connection after a request.
"""

from .order_evidence_sql import EVIDENCE

#: How the roots of changed documents are found, by argument of the function.
ROOTS = {
    "orphans": """
        SELECT reference.sale_id
          FROM stock_move move
          JOIN stock_reference_move_rel moved ON moved.move_id = move.id
          JOIN stock_reference_sale_rel reference ON reference.reference_id = moved.reference_id
         WHERE move.picking_id = ANY(orphans)
         UNION
        SELECT line.order_id
          FROM stock_move move
          JOIN sale_order_line line ON line.id = move.sale_line_id
         WHERE move.picking_id = ANY(orphans)""",
    "move_ids": """
        SELECT line.order_id
          FROM account_move_line item
          JOIN sale_order_line_invoice_rel link ON link.invoice_line_id = item.id
          JOIN sale_order_line line ON line.id = link.order_line_id
         WHERE item.move_id = ANY(move_ids)""",
    "payment_ids": """
        SELECT line.order_id
          FROM (SELECT paid.invoice_id
                  FROM account_move__account_payment paid
                 WHERE paid.payment_id = ANY(payment_ids)
                 UNION
                SELECT counterpart.move_id
                  FROM account_payment payment
                  JOIN account_move_line item ON item.move_id = payment.move_id
                  JOIN account_partial_reconcile part
                    ON item.id IN (part.debit_move_id, part.credit_move_id)
                  JOIN account_move_line counterpart
                    ON counterpart.id IN (part.debit_move_id, part.credit_move_id)
                   AND counterpart.id <> item.id
                 WHERE payment.id = ANY(payment_ids)) invoice
          JOIN account_move_line item ON item.move_id = invoice.invoice_id
          JOIN sale_order_line_invoice_rel link ON link.invoice_line_id = item.id
          JOIN sale_order_line line ON line.id = link.order_line_id""",
    "transaction_ids": """
        SELECT res_id FROM integration_transaction
         WHERE id = ANY(transaction_ids) AND res_model = 'sale.order'""",
    "correlation_ids": """
        SELECT res_id FROM integration_transaction
         WHERE correlation_id = ANY(correlation_ids) AND res_model = 'sale.order'""",
}

ROLE = """
    CASE WHEN kind.code IN ('outgoing', 'dropship') THEN 'out'
         WHEN picking.return_id IS NOT NULL THEN 'return'
         WHEN kind.code = 'incoming' THEN 'in'
         WHEN kind.id = house.pick_type_id THEN 'pick'
         WHEN kind.id = house.pack_type_id THEN 'pack'
         ELSE 'internal' END"""

# Everything a delivery brought came back; later transfers of the same goods exist.
RETURNED = """
    picking.state = 'done' AND kind.code IN ('outgoing', 'dropship')
    AND EXISTS (SELECT FROM stock_picking back
                 WHERE back.return_id = picking.id AND back.state = 'done')
    AND NOT EXISTS (
        SELECT FROM stock_move move
         WHERE move.picking_id = picking.id AND move.state = 'done'
           AND move.product_qty > COALESCE((
               SELECT SUM(back.product_qty) FROM stock_move back
                WHERE back.origin_returned_move_id = move.id AND back.state = 'done'), 0))"""
FEEDS = """
    picking.state NOT IN ('done', 'cancel') AND kind.code = 'internal'
    AND EXISTS (SELECT FROM stock_move move
                  JOIN stock_move_move_rel chain ON chain.move_orig_id = move.id
                 WHERE move.picking_id = picking.id)"""


def _pickings(returned, feeds):
    """The transfers of all orders, as a map by order."""
    return f"""
        SELECT jsonb_object_agg(order_id, rows) FROM (
            SELECT pair.order_id, jsonb_agg(jsonb_build_array(
                       picking.id, picking.name, picking.state, {ROLE}, picking.date_done,
                       picking.scheduled_date, {returned}, {feeds}) ORDER BY picking.id) AS rows
              FROM unnest(picking_orders, pickings) pair (order_id, id)
              JOIN stock_picking picking ON picking.id = pair.id
              JOIN stock_picking_type kind ON kind.id = picking.picking_type_id
              LEFT JOIN stock_warehouse house ON house.id = kind.warehouse_id
             GROUP BY pair.order_id) grouped"""


INVOICES = """
    SELECT jsonb_object_agg(order_id, rows) FROM (
        SELECT pair.order_id, jsonb_agg(jsonb_build_array(
                   move.id, move.name, move.move_type, move.state, move.payment_state,
                   move.invoice_date_due) ORDER BY move.id) AS rows
          FROM unnest(invoice_orders, invoices) pair (order_id, id)
          JOIN account_move move ON move.id = pair.id
         WHERE move.move_type IN ('out_invoice', 'out_refund')
         GROUP BY pair.order_id) grouped"""

PAYMENTS = """
    SELECT jsonb_object_agg(order_id, rows) FROM (
        SELECT link.order_id, jsonb_agg(jsonb_build_array(payment.id, payment.name, payment.state)
                                        ORDER BY payment.id) AS rows
          FROM (SELECT pair.order_id, paid.payment_id
                  FROM unnest(invoice_orders, invoices) pair (order_id, id)
                  JOIN account_move__account_payment paid ON paid.invoice_id = pair.id
                 UNION
                SELECT pair.order_id, paying.origin_payment_id
                  FROM unnest(invoice_orders, invoices) pair (order_id, id)
                  JOIN account_move_line item ON item.move_id = pair.id
                  JOIN account_partial_reconcile part
                    ON item.id IN (part.debit_move_id, part.credit_move_id)
                  JOIN account_move_line counterpart
                    ON counterpart.id IN (part.debit_move_id, part.credit_move_id)
                   AND counterpart.id <> item.id
                  JOIN account_move paying ON paying.id = counterpart.move_id
                 WHERE paying.origin_payment_id IS NOT NULL) link
          JOIN account_payment payment ON payment.id = link.payment_id
         GROUP BY link.order_id) grouped"""

# Found from the orders themselves: for new and changed orders, and for new documents.
ORDER_PICKINGS = """
    SELECT array_agg(link.order_id), array_agg(link.id) FROM (
        SELECT picking.sale_id AS order_id, picking.id
          FROM stock_picking picking WHERE picking.sale_id = ANY(roots)
         UNION
        SELECT reference.sale_id, move.picking_id
          FROM stock_reference_sale_rel reference
          JOIN stock_reference_move_rel moved ON moved.reference_id = reference.reference_id
          JOIN stock_move move ON move.id = moved.move_id
         WHERE reference.sale_id = ANY(roots) AND move.picking_id IS NOT NULL
         UNION
        SELECT line.order_id, move.picking_id
          FROM sale_order_line line
          JOIN stock_move move ON move.sale_line_id = line.id
         WHERE line.order_id = ANY(roots) AND move.picking_id IS NOT NULL) link"""
ORDER_INVOICE_LINES = """
    SELECT array_agg(line.order_id), array_agg(link.invoice_line_id)
      FROM sale_order_line line
      JOIN sale_order_line_invoice_rel link ON link.order_line_id = line.id
     WHERE line.order_id = ANY(roots)"""
ORDER_INVOICES = """
    SELECT array_agg(link.order_id), array_agg(link.move_id) FROM (
        SELECT DISTINCT pair.order_id, item.move_id
          FROM unnest(invoice_orders, invoices) pair (order_id, id)
          JOIN account_move_line item ON item.id = pair.id) link"""
# Found from what was linked before, of these transactions.
_KNOWN = """
    SELECT array_agg(owner.res_id) FILTER (WHERE link.res_model = 'stock.picking'),
           array_agg(link.res_id) FILTER (WHERE link.res_model = 'stock.picking'),
           array_agg(owner.res_id) FILTER (WHERE link.res_model = 'account.move'),
           array_agg(link.res_id) FILTER (WHERE link.res_model = 'account.move'),
           array_agg(DISTINCT owner.id), array_agg(DISTINCT owner.res_id)
      INTO picking_orders, pickings, invoice_orders, invoices, owners, found
      FROM integration_transaction owner
      JOIN integration_transaction_document link ON link.transaction_id = owner.id
     WHERE owner.res_model = 'sale.order' AND owner.id """
KNOWN = f"{_KNOWN} = ANY(owners)"
# The same for the transactions that changed documents belong to: one plan for both questions.
KNOWN_BY_DOCUMENTS = f"""{_KNOWN} IN (
           SELECT changed.transaction_id
             FROM integration_transaction_document changed
            WHERE changed.res_id = ANY(documents)
              AND (changed.res_model = 'stock.picking' AND changed.res_id = ANY(picking_ids)
                   OR changed.res_model = 'account.move' AND changed.res_id = ANY(move_ids)))"""

MILESTONES = """
    SELECT jsonb_agg(jsonb_build_object(
               'step_id', step_id, 'state', state, 'reached_at', reached_at,
               'planned_at', planned_at, 'expected', expected_count, 'reached', reached_count,
               'res_model', res_model, 'res_id', res_id, 'message_id', message_id,
               'source', source, 'evidence', evidence, 'history', history))
      FROM integration_milestone WHERE transaction_id = owner.id"""

DOCUMENTS = """
    SELECT jsonb_object_agg(res_model || ',' || res_id, jsonb_build_array(document_name, state))
      FROM integration_transaction_document WHERE transaction_id = owner.id"""

RESULT = f"""
    SELECT jsonb_build_object(
               'id', sale.id, 'name', sale.name, 'state', sale.state,
               'partner_id', sale.partner_id, 'company_id', sale.company_id,
               'warehouse_id', sale.warehouse_id, 'user_id', sale.user_id,
               'currency_id', sale.currency_id, 'invoice_status', sale.invoice_status,
               'amount_total', sale.amount_total,
               'amount_company',
                   round(sale.amount_total / COALESCE(NULLIF(sale.currency_rate, 0), 1), 6),
               'create_date', sale.create_date, 'commitment_date', sale.commitment_date,
               'correlation_id', sale.integration_correlation_id,
               'partner', partner.complete_name, 'warehouse', warehouse.name,
               'pickings', picking_rows -> sale.id::text,
               'invoices', invoice_rows -> sale.id::text,
               'payments', payment_rows -> sale.id::text,
               'evidence', proofs -> owner.id::text,
               'owner', to_jsonb(owner), 'milestones', ({MILESTONES}), 'documents', ({DOCUMENTS}))
      FROM sale_order sale
      JOIN res_partner partner ON partner.id = sale.partner_id
      LEFT JOIN stock_warehouse warehouse ON warehouse.id = sale.warehouse_id
      LEFT JOIN integration_transaction owner
        ON owner.res_model = 'sale.order' AND owner.res_id = sale.id
     WHERE sale.id = ANY(roots)
     ORDER BY sale.id"""

FURTHER_ROOTS = "\n".join(
    f"IF cardinality({name}) > 0 THEN roots := roots || ARRAY({query}); END IF;"
    for name, query in ROOTS.items()
)

BODY = f"""
    IF cardinality(documents) > 0 THEN
        -- Documents seen before are found by their links.
        {KNOWN_BY_DOCUMENTS};
        roots := roots || COALESCE(found, '{{}}');
        IF pickings @> picking_ids THEN
            picking_ids := '{{}}';
        ELSIF cardinality(pickings) > 0 THEN
            picking_ids := ARRAY(SELECT id FROM unnest(picking_ids) id WHERE id <> ALL(pickings));
        END IF;
        IF invoices @> move_ids THEN
            move_ids := '{{}}';
        ELSIF cardinality(invoices) > 0 THEN
            move_ids := ARRAY(SELECT id FROM unnest(move_ids) id WHERE id <> ALL(invoices));
        END IF;
    END IF;
    -- All of them are known, and nothing else changed: what belongs to their orders was read, too.
    IF cardinality(
           order_ids || picking_ids || move_ids || payment_ids || transaction_ids
       ) + cardinality(correlation_ids) > 0
    THEN
        IF cardinality(picking_ids) > 0 THEN
            SELECT array_agg(sale_id), array_agg(id) FILTER (WHERE sale_id IS NULL)
              INTO found, orphans
              FROM stock_picking WHERE id = ANY(picking_ids);
            roots := roots || COALESCE(found, '{{}}');
        END IF;
        {FURTHER_ROOTS}
        roots := ARRAY(SELECT DISTINCT id FROM unnest(roots) id WHERE id IS NOT NULL);
        IF cardinality(roots) = 0 THEN RETURN; END IF;
        owners := ARRAY(SELECT owner.id FROM integration_transaction owner
                         WHERE owner.res_model = 'sale.order' AND owner.res_id = ANY(roots));
        IF cardinality(order_ids || picking_ids || move_ids) > 0
           OR cardinality(owners) < cardinality(roots)
        THEN
            {ORDER_PICKINGS} INTO picking_orders, pickings;
            {ORDER_INVOICE_LINES} INTO invoice_orders, invoices;
            IF cardinality(invoices) > 0 THEN
                {ORDER_INVOICES} INTO invoice_orders, invoices;
            END IF;
        ELSE
            {KNOWN};
        END IF;
    END IF;
    IF cardinality(pickings) > cardinality(roots) THEN
        picking_rows := ({_pickings(RETURNED, FEEDS)});
    ELSIF cardinality(pickings) > 0 THEN
        -- A single transfer neither came back nor has others after it.
        picking_rows := ({_pickings("false", "false")});
    END IF;
    IF cardinality(invoices) > 0 THEN
        invoice_rows := ({INVOICES});
        IF with_payments THEN payment_rows := ({PAYMENTS}); END IF;
    END IF;
    IF EXISTS (SELECT FROM integration_message WHERE transaction_id = ANY(owners))
       OR EXISTS (SELECT FROM integration_exception
                   WHERE transaction_id = ANY(owners) AND is_open)
    THEN
        proofs := ({EVIDENCE});
    END IF;
    RETURN QUERY {RESULT};
"""
