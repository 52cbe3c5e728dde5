"""Plain SQL: the database function that reads orders for the milestone recorder, in small steps.

Odoo forgets the plans of a connection after a request, so planning costs more than reading: each
step runs, and is planned, only when needed, and rare questions are functions of their own.
"""

from .order_parts_sql import transfer_row

EVIDENCE = "CASE WHEN owner.id IS NOT NULL THEN integration_order_evidence(owner.id) END"

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

PICKINGS = """
    SELECT jsonb_object_agg(order_id, integration_order_transfers(ids))
      FROM (SELECT pair.order_id, array_agg(pair.id) AS ids
              FROM unnest(picking_orders, pickings) pair (order_id, id)
             GROUP BY pair.order_id) grouped"""

INVOICES = """
    SELECT jsonb_object_agg(order_id, integration_order_invoices(ids, with_payments, false))
      FROM (SELECT pair.order_id, array_agg(pair.id) AS ids
              FROM unnest(invoice_orders, invoices) pair (order_id, id)
             GROUP BY pair.order_id) grouped"""

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
# The transactions of the changed documents that were linked before.
LINKED = """
    SELECT array_agg(DISTINCT transaction_id), count(DISTINCT (res_model, res_id))
      INTO owners, number
      FROM integration_transaction_document
     WHERE res_model = 'stock.picking' AND res_id = ANY(picking_ids)
        OR res_model = 'account.move' AND res_id = ANY(move_ids)"""

# In the order of the fields of ``milestones.Milestone``.
MILESTONES = """
    SELECT jsonb_agg(jsonb_build_array(
               step_id, state, reached_at, planned_at, expected_count, reached_count,
               res_model, res_id, message_id, source, evidence, history))
      FROM integration_milestone WHERE transaction_id = owner.id"""


def _order(evidence: str) -> str:
    """What is read of an order whichever way its documents are found."""
    return f"""jsonb_build_object(
        'id', sale.id, 'name', sale.name, 'state', sale.state,
        'partner_id', sale.partner_id, 'company_id', sale.company_id,
        'warehouse_id', sale.warehouse_id, 'user_id', sale.user_id,
        'currency_id', sale.currency_id, 'invoice_status', sale.invoice_status,
        'amount_total', sale.amount_total,
        'amount_company',
            round(sale.amount_total / COALESCE(NULLIF(sale.currency_rate, 0), 1), 6),
        'create_date', sale.create_date, 'commitment_date', sale.commitment_date,
        'correlation_id', sale.integration_correlation_id,
        'owner', to_jsonb(owner), 'milestones', ({MILESTONES}), 'evidence', {evidence})"""


RESULT = f"""
    SELECT {_order(EVIDENCE)} || jsonb_build_object('invoices', NULL, 'payments', NULL)
           || COALESCE(invoice_rows -> sale.id::text, '{{}}') || jsonb_build_object(
               'pickings', picking_rows -> sale.id::text,
               'documents', (SELECT jsonb_object_agg(res_model || ',' || res_id, document_name)
                               FROM integration_transaction_document
                              WHERE transaction_id = owner.id))
      FROM sale_order sale
      LEFT JOIN integration_transaction owner
        ON owner.res_model = 'sale.order' AND owner.res_id = sale.id
     WHERE sale.id = ANY(roots)
     ORDER BY sale.id"""


def _known(evidence: str) -> str:
    """The same from what was linked before.

    Payments are linked when they are made, and when an invoice tells of one; invoices that nobody
    has paid a part of tell nothing.
    """
    return f"""
    SELECT {_order(evidence)} || (
        SELECT jsonb_build_object(
                   'pickings', CASE count(picking.id)
                       WHEN 0 THEN NULL
                       WHEN 1 THEN jsonb_agg({transfer_row(role="link.role")})
                                   FILTER (WHERE picking.id IS NOT NULL)
                       ELSE integration_order_transfers(array_agg(picking.id)) END,
                   'documents', jsonb_object_agg(link.res_model || ',' || link.res_id,
                                                link.document_name))
               || CASE WHEN bool_or(link.res_model = 'account.move')
                       THEN integration_order_invoices(
                                array_agg(link.res_id)
                                FILTER (WHERE link.res_model = 'account.move'),
                                with_payments AND cardinality(payment_ids) > 0, with_payments)
                       ELSE '{{"invoices": null, "payments": null}}' END
          FROM integration_transaction_document link
          LEFT JOIN stock_picking picking
            ON link.res_model = 'stock.picking' AND picking.id = link.res_id
         WHERE link.transaction_id = owner.id)
      FROM integration_transaction owner
      JOIN sale_order sale ON sale.id = owner.res_id
     WHERE owner.id = ANY(owners) AND owner.res_model = 'sale.order'
     ORDER BY sale.id"""


FURTHER_ROOTS = "\n".join(
    f"IF cardinality({name}) > 0 THEN roots := roots || ARRAY({query}); END IF;"
    for name, query in ROOTS.items()
)

BODY = f"""
    #variable_conflict use_variable
    DECLARE
        roots int[]; owners int[];
        number int; found int[]; orphans int[];
        picking_orders int[]; pickings int[]; invoice_orders int[]; invoices int[];
        picking_rows jsonb; invoice_rows jsonb;
    BEGIN
        IF documents > 0 THEN
            {LINKED};
            -- Everything is known, and nothing else changed: no message, no exception either.
            IF number = documents AND others = 0 THEN
                RETURN QUERY {_known("owner.evidence")};
                RETURN;
            END IF;
            transaction_ids := transaction_ids || COALESCE(owners, '{{}}');
        END IF;
        roots := order_ids;
        IF cardinality(picking_ids) > 0 THEN
            SELECT array_agg(sale_id), array_agg(id) FILTER (WHERE sale_id IS NULL)
              INTO found, orphans
              FROM stock_picking WHERE id = ANY(picking_ids);
            roots := roots || COALESCE(found, '{{}}');
        END IF;
        {FURTHER_ROOTS}
        roots := ARRAY(SELECT DISTINCT id FROM unnest(roots) id WHERE id IS NOT NULL);
        IF cardinality(roots) = 0 THEN RETURN; END IF;
        IF documents = 0 AND cardinality(order_ids) = 0 THEN
            owners := ARRAY(SELECT owner.id FROM integration_transaction owner
                             WHERE owner.res_model = 'sale.order' AND owner.res_id = ANY(roots));
            IF cardinality(owners) = cardinality(roots) THEN
                RETURN QUERY {_known(EVIDENCE)};
                RETURN;
            END IF;
        END IF;
        {ORDER_PICKINGS} INTO picking_orders, pickings;
        {ORDER_INVOICE_LINES} INTO invoice_orders, invoices;
        IF cardinality(pickings) > 0 THEN
            picking_rows := ({PICKINGS});
        END IF;
        IF cardinality(invoices) > 0 THEN
            {ORDER_INVOICES} INTO invoice_orders, invoices;
            invoice_rows := ({INVOICES});
        END IF;
        RETURN QUERY {RESULT};
    END"""
