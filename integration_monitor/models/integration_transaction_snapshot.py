"""One query that shows a sales order with everything that its transaction is judged by.

Planning this query takes longer than running it, so it lives in a function of the database, which
keeps the plan for as long as a connection lives.
"""

from odoo import api, models
from odoo.tools import SQL

FUNCTION = "integration_order_snapshot"
#: Arguments of the function, by what ``_snapshot`` is given.
ARGUMENTS = {
    "sale.order": "order_ids",
    "stock.picking": "picking_ids",
    "account.move": "move_ids",
    "account.payment": "payment_ids",
    "integration.transaction": "transaction_ids",
    "correlation": "correlation_ids",
}
#: How the roots of changed documents are found, by argument of the function.
ROOTS = {
    "picking_ids": """
        SELECT reference.sale_id
          FROM stock_move move
          JOIN stock_reference_move_rel moved ON moved.move_id = move.id
          JOIN stock_reference_sale_rel reference ON reference.reference_id = moved.reference_id
         WHERE move.picking_id = ANY(picking_ids)
         UNION
        SELECT line.order_id
          FROM stock_move move
          JOIN sale_order_line line ON line.id = move.sale_line_id
         WHERE move.picking_id = ANY(picking_ids)
         UNION
        SELECT sale_id FROM stock_picking WHERE id = ANY(picking_ids) AND sale_id IS NOT NULL""",
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
    SELECT jsonb_agg(jsonb_build_array(
               picking.id, picking.name, picking.state,
               CASE WHEN kind.code IN ('outgoing', 'dropship') THEN 'out'
                    WHEN picking.return_id IS NOT NULL THEN 'return'
                    WHEN kind.code = 'incoming' THEN 'in'
                    WHEN kind.id = house.pick_type_id THEN 'pick'
                    WHEN kind.id = house.pack_type_id THEN 'pack'
                    ELSE 'internal' END,
               picking.date_done, picking.scheduled_date,
               picking.state = 'done' AND kind.code IN ('outgoing', 'dropship')
               AND EXISTS (SELECT FROM stock_picking back
                            WHERE back.return_id = picking.id AND back.state = 'done')
               AND NOT EXISTS (
                   SELECT FROM stock_move move
                    WHERE move.picking_id = picking.id AND move.state = 'done'
                      AND move.product_qty > COALESCE((
                          SELECT SUM(back.product_qty) FROM stock_move back
                           WHERE back.origin_returned_move_id = move.id
                             AND back.state = 'done'), 0)),
               picking.state NOT IN ('done', 'cancel') AND kind.code = 'internal'
               AND EXISTS (SELECT FROM stock_move move
                             JOIN stock_move_move_rel chain ON chain.move_orig_id = move.id
                            WHERE move.picking_id = picking.id)
           ) ORDER BY picking.id)
      FROM (SELECT picking.id FROM stock_picking picking WHERE picking.sale_id = sale.id
             UNION
            SELECT move.picking_id
              FROM stock_reference_sale_rel reference
              JOIN stock_reference_move_rel moved
                ON moved.reference_id = reference.reference_id
              JOIN stock_move move ON move.id = moved.move_id
             WHERE reference.sale_id = sale.id AND move.picking_id IS NOT NULL
             UNION
            SELECT move.picking_id
              FROM sale_order_line line
              JOIN stock_move move ON move.sale_line_id = line.id
             WHERE line.order_id = sale.id AND move.picking_id IS NOT NULL) link
      JOIN stock_picking picking ON picking.id = link.id
      JOIN stock_picking_type kind ON kind.id = picking.picking_type_id
      LEFT JOIN stock_warehouse house ON house.id = kind.warehouse_id"""

INVOICE_IDS = """
    SELECT DISTINCT item.move_id
      FROM sale_order_line line
      JOIN sale_order_line_invoice_rel link ON link.order_line_id = line.id
      JOIN account_move_line item ON item.id = link.invoice_line_id
     WHERE line.order_id = sale.id"""

INVOICES = f"""
    SELECT jsonb_agg(jsonb_build_array(
               move.id, move.name, move.move_type, move.state, move.payment_state,
               move.invoice_date_due) ORDER BY move.id)
      FROM ({INVOICE_IDS}) link
      JOIN account_move move ON move.id = link.move_id
     WHERE move.move_type IN ('out_invoice', 'out_refund')"""

PAYMENTS = f"""
    SELECT jsonb_agg(jsonb_build_array(payment.id, payment.name, payment.state)
                     ORDER BY payment.id)
      FROM account_payment payment
     WHERE payment.id IN (
            SELECT paid.payment_id
              FROM ({INVOICE_IDS}) invoice
              JOIN account_move__account_payment paid ON paid.invoice_id = invoice.move_id
             UNION
            SELECT counterpart_move.origin_payment_id
              FROM ({INVOICE_IDS}) invoice
              JOIN account_move_line item ON item.move_id = invoice.move_id
              JOIN account_partial_reconcile part
                ON item.id IN (part.debit_move_id, part.credit_move_id)
              JOIN account_move_line counterpart
                ON counterpart.id IN (part.debit_move_id, part.credit_move_id)
               AND counterpart.id <> item.id
              JOIN account_move counterpart_move ON counterpart_move.id = counterpart.move_id
             WHERE counterpart_move.origin_payment_id IS NOT NULL)"""

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

MESSAGE = """
    SELECT jsonb_build_object(
               'state', message.state, 'held', COALESCE(message.held, false),
               'hold_reason', message.hold_reason,
               'paused', flow.state = 'paused' OR endpoint.state = 'paused',
               'error', message.error_message, 'attempt', message.attempt_count,
               'limit', policy.max_attempts, 'next_at', message.next_attempt_at,
               'ack_state', message.ack_state, 'system', system.name, 'system_id', system.id,
               'endpoint', endpoint.name, 'flow', flow.name)
      FROM integration_message message
      JOIN integration_flow flow ON flow.id = message.flow_id
      LEFT JOIN integration_retry_policy policy ON policy.id = flow.retry_policy_id
      LEFT JOIN integration_endpoint endpoint ON endpoint.id = message.endpoint_id
      LEFT JOIN integration_system system ON system.id = message.system_id
     WHERE message.transaction_id = owner.id
       AND (message.state IN ('pending', 'processing', 'retry', 'dead', 'quarantined')
            OR (message.state = 'done' AND message.ack_state = 'awaited'))
     ORDER BY array_position(ARRAY['dead', 'quarantined', 'retry', 'processing', 'pending'],
                             message.state::text), message.id DESC
     LIMIT 1"""

EXCEPTION = """
    SELECT jsonb_build_object('title', problem.name, 'category', problem.category,
                              'system', system.name, 'system_id', system.id)
      FROM integration_exception problem
      LEFT JOIN integration_system system ON system.id = problem.system_id
     WHERE problem.transaction_id = owner.id AND problem.is_open
     ORDER BY problem.id DESC
     LIMIT 1"""

RELEASED_TO = """
    SELECT jsonb_build_object('system', system.name, 'system_id', system.id)
      FROM integration_message message
      JOIN integration_system system ON system.id = message.system_id
     WHERE message.transaction_id = owner.id AND message.direction = 'outbound'
       AND message.state = 'done' AND system.kind IN ('wms', 'tms')
     ORDER BY message.id DESC
     LIMIT 1"""


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
               'pickings', ({PICKINGS}), 'invoices', ({INVOICES}),
               'payments', CASE WHEN with_payments THEN ({PAYMENTS}) END,
               'owner', to_jsonb(owner),
               'milestones', ({MILESTONES}), 'documents', ({DOCUMENTS}), 'message', ({MESSAGE}),
               'exception', ({EXCEPTION}), 'released_to', ({RELEASED_TO}))
      FROM sale_order sale
      JOIN res_partner partner ON partner.id = sale.partner_id
      LEFT JOIN stock_warehouse warehouse ON warehouse.id = sale.warehouse_id
      LEFT JOIN integration_transaction owner
        ON owner.res_model = 'sale.order' AND owner.res_id = sale.id
     WHERE sale.id = ANY(roots)
     ORDER BY sale.id"""

# Small steps over arrays: the planner expects few rows of an array, and takes the indexes.
BODY = "\n".join(
    [
        f"IF cardinality({name}) > 0 THEN roots := roots || ARRAY({query}); END IF;"
        for name, query in ROOTS.items()
    ]
    + [f"RETURN QUERY {RESULT};"]
)


class IntegrationTransactionSnapshot(models.Model):
    _inherit = "integration.transaction"

    def init(self):
        """Create the function, as each installation and upgrade finds it."""
        self.env.cr.execute(
            f"""
            CREATE OR REPLACE FUNCTION {FUNCTION}(
                order_ids int[], picking_ids int[], move_ids int[], payment_ids int[],
                transaction_ids int[], correlation_ids varchar[], with_payments bool
            ) RETURNS SETOF jsonb LANGUAGE plpgsql STABLE
            SET plan_cache_mode = force_generic_plan AS $snapshot$
            #variable_conflict use_column
            DECLARE roots int[] := order_ids;
            BEGIN {BODY} END
            $snapshot$"""
        )

    def _snapshot(self, roots, payments=False):
        """Read everything the transactions of some documents are judged by, in one query.

        :param dict roots: ids by model of the documents (see ``ARGUMENTS``);
            ``correlation`` takes correlation ids
        :param bool payments: read the payments too (only when invoices or payments changed)
        :return: one dict per sales order; moments are texts, as JSON has them
        """
        if not any(roots.values()):
            return []
        rows = self.env.execute_query(
            SQL(
                "SELECT * FROM %s(%s)",
                SQL.identifier(FUNCTION),
                SQL(", ").join(
                    [SQL("%s", list(roots.get(name, ()))) for name in ARGUMENTS]
                    + [SQL("%s", bool(payments))]
                ),
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _drop_snapshot(self):
        """Remove the function; the ORM, which removes the tables, does not know of it."""
        self.env.cr.execute(
            SQL("DROP FUNCTION IF EXISTS %s", SQL.identifier(FUNCTION))
        )
