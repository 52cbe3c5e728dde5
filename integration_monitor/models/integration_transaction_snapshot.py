"""One query that shows a sales order with everything that its transaction is judged by."""

from odoo import models
from odoo.tools import SQL

#: How the roots of changed documents are found, by model of the document.
ROOTS = {
    "sale.order": "SELECT unnest(%s::int[]) AS id",
    "stock.picking": """
        SELECT reference.sale_id
          FROM stock_move move
          JOIN stock_reference_move_rel moved ON moved.move_id = move.id
          JOIN stock_reference_sale_rel reference ON reference.reference_id = moved.reference_id
         WHERE move.picking_id = ANY(%s)
         UNION
        SELECT line.order_id
          FROM stock_move move
          JOIN sale_order_line line ON line.id = move.sale_line_id
         WHERE move.picking_id = ANY(%s)
         UNION
        SELECT sale_id FROM stock_picking WHERE id = ANY(%s) AND sale_id IS NOT NULL""",
    "account.move": """
        SELECT line.order_id
          FROM account_move_line item
          JOIN sale_order_line_invoice_rel link ON link.invoice_line_id = item.id
          JOIN sale_order_line line ON line.id = link.order_line_id
         WHERE item.move_id = ANY(%s)""",
    "account.payment": """
        SELECT line.order_id
          FROM (SELECT paid.invoice_id
                  FROM account_move__account_payment paid
                 WHERE paid.payment_id = ANY(%s)
                 UNION
                SELECT counterpart.move_id
                  FROM account_payment payment
                  JOIN account_move_line item ON item.move_id = payment.move_id
                  JOIN account_partial_reconcile part
                    ON item.id IN (part.debit_move_id, part.credit_move_id)
                  JOIN account_move_line counterpart
                    ON counterpart.id IN (part.debit_move_id, part.credit_move_id)
                   AND counterpart.id <> item.id
                 WHERE payment.id = ANY(%s)) invoice
          JOIN account_move_line item ON item.move_id = invoice.invoice_id
          JOIN sale_order_line_invoice_rel link ON link.invoice_line_id = item.id
          JOIN sale_order_line line ON line.id = link.order_line_id""",
    "integration.transaction": """
        SELECT res_id FROM integration_transaction
         WHERE id = ANY(%s) AND res_model = 'sale.order'""",
    "correlation": """
        SELECT res_id FROM integration_transaction
         WHERE correlation_id = ANY(%s) AND res_model = 'sale.order'""",
}

PICKINGS = """
    SELECT link.order_id, jsonb_agg(jsonb_build_array(
               picking.id, picking.name, picking.state,
               CASE WHEN kind.code IN ('outgoing', 'dropship') THEN 'out'
                    WHEN picking.return_id IS NOT NULL THEN 'return'
                    WHEN kind.code = 'incoming' THEN 'in'
                    WHEN kind.id = warehouse.pick_type_id THEN 'pick'
                    WHEN kind.id = warehouse.pack_type_id THEN 'pack'
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
           ) ORDER BY picking.id) AS rows
      FROM (SELECT roots.id AS order_id, picking.id
              FROM roots JOIN stock_picking picking ON picking.sale_id = roots.id
             UNION
            SELECT roots.id, move.picking_id
              FROM roots
              JOIN stock_reference_sale_rel reference ON reference.sale_id = roots.id
              JOIN stock_reference_move_rel moved
                ON moved.reference_id = reference.reference_id
              JOIN stock_move move ON move.id = moved.move_id
             WHERE move.picking_id IS NOT NULL
             UNION
            SELECT roots.id, move.picking_id
              FROM roots
              JOIN sale_order_line line ON line.order_id = roots.id
              JOIN stock_move move ON move.sale_line_id = line.id
             WHERE move.picking_id IS NOT NULL) link
      JOIN stock_picking picking ON picking.id = link.id
      JOIN stock_picking_type kind ON kind.id = picking.picking_type_id
      LEFT JOIN stock_warehouse warehouse ON warehouse.id = kind.warehouse_id
     GROUP BY link.order_id"""

INVOICE_LINKS = """
    SELECT DISTINCT roots.id AS order_id, item.move_id
      FROM roots
      JOIN sale_order_line line ON line.order_id = roots.id
      JOIN sale_order_line_invoice_rel link ON link.order_line_id = line.id
      JOIN account_move_line item ON item.id = link.invoice_line_id"""

INVOICES = """
    SELECT link.order_id, jsonb_agg(jsonb_build_array(
               move.id, move.name, move.move_type, move.state, move.payment_state,
               move.invoice_date_due) ORDER BY move.id) AS rows
      FROM invoice_links link
      JOIN account_move move ON move.id = link.move_id
     WHERE move.move_type IN ('out_invoice', 'out_refund')
     GROUP BY link.order_id"""

PAYMENTS = """
    SELECT link.order_id, jsonb_agg(DISTINCT jsonb_build_array(
               payment.id, payment.name, payment.state)) AS rows
      FROM (SELECT invoice.order_id, paid.payment_id
              FROM invoice_links invoice
              JOIN account_move__account_payment paid ON paid.invoice_id = invoice.move_id
             UNION
            SELECT invoice.order_id, counterpart_move.origin_payment_id
              FROM invoice_links invoice
              JOIN account_move_line item ON item.move_id = invoice.move_id
              JOIN account_partial_reconcile part
                ON item.id IN (part.debit_move_id, part.credit_move_id)
              JOIN account_move_line counterpart
                ON counterpart.id IN (part.debit_move_id, part.credit_move_id)
               AND counterpart.id <> item.id
              JOIN account_move counterpart_move ON counterpart_move.id = counterpart.move_id
             WHERE counterpart_move.origin_payment_id IS NOT NULL) link
      JOIN account_payment payment ON payment.id = link.payment_id
     GROUP BY link.order_id"""

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


class IntegrationTransactionSnapshot(models.Model):
    _inherit = "integration.transaction"

    def _snapshot(self, roots, payments=False):
        """Read everything the transactions of some documents are judged by, in one query.

        :param dict roots: ids by model of the documents (see ``ROOTS``), or by
            ``integration.transaction``; ``correlation`` takes correlation ids
        :param bool payments: read the payments too (only when invoices or payments changed)
        :return: one dict per sales order
        """
        branches = [
            SQL(ROOTS[model], *[list(ids)] * ROOTS[model].count("%s"))
            for model, ids in roots.items()
            if ids
        ]
        if not branches:
            return []
        return self.env.execute_query_dict(
            SQL(
                """
                WITH roots AS (SELECT DISTINCT id FROM (%(roots)s) found (id)),
                     pickings AS (%(pickings)s),
                     invoice_links AS (%(invoice_links)s),
                     invoices AS (%(invoices)s),
                     payments AS (%(payments)s)
                SELECT sale.id, sale.name, sale.state, sale.partner_id, sale.company_id,
                       sale.warehouse_id, sale.user_id, sale.currency_id, sale.invoice_status,
                       sale.amount_total::float8 AS amount_total,
                       (sale.amount_total / COALESCE(NULLIF(sale.currency_rate, 0), 1))::float8
                           AS amount_company,
                       sale.create_date::text, sale.commitment_date,
                       sale.integration_correlation_id AS correlation_id,
                       partner.complete_name AS partner, warehouse.name AS warehouse,
                       pickings.rows AS pickings, invoices.rows AS invoices,
                       payments.rows AS payments,
                       to_jsonb(owner) AS owner,
                       (%(milestones)s) AS milestones, (%(documents)s) AS documents,
                       (%(message)s) AS message, (%(exception)s) AS exception,
                       (%(released_to)s) AS released_to
                  FROM roots
                  JOIN sale_order sale ON sale.id = roots.id
                  JOIN res_partner partner ON partner.id = sale.partner_id
                  LEFT JOIN stock_warehouse warehouse ON warehouse.id = sale.warehouse_id
                  LEFT JOIN pickings ON pickings.order_id = sale.id
                  LEFT JOIN invoices ON invoices.order_id = sale.id
                  LEFT JOIN payments ON payments.order_id = sale.id
                  LEFT JOIN integration_transaction owner
                    ON owner.res_model = 'sale.order' AND owner.res_id = sale.id
                 ORDER BY sale.id
                """,
                roots=SQL(" UNION ").join(branches),
                pickings=SQL(PICKINGS),
                invoice_links=SQL(INVOICE_LINKS),
                invoices=SQL(INVOICES),
                payments=SQL(PAYMENTS if payments else NO_PAYMENTS),
                milestones=SQL(MILESTONES),
                documents=SQL(DOCUMENTS),
                message=SQL(MESSAGE),
                exception=SQL(EXCEPTION),
                released_to=SQL(RELEASED_TO),
            )
        )


NO_PAYMENTS = "SELECT NULL::int AS order_id, NULL::jsonb AS rows WHERE false"
