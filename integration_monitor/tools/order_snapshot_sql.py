"""Plain SQL: reading orders for the milestone recorder, with everything they are judged by.

Odoo forgets the plans of a connection after each request, so understanding a statement costs more
than reading. Hence subqueries on one table each, which are planned one by one, where joins would
have the planner try their orders; and rare questions are functions, planned when they are asked.
"""

from __future__ import annotations

from functools import lru_cache

from .order_parts_sql import BILLING_OF_MANY, transfer_row
from .order_store_sql import TRANSACTION_COLUMNS

#: The moves of transfers that name no order themselves.
_ORPHANS = (
    "ARRAY(SELECT id FROM stock_move WHERE picking_id = ANY(ARRAY("
    "SELECT id FROM stock_picking WHERE id = ANY({ids}) AND sale_id IS NULL)))"
)
_LINES_OF_INVOICES = """
    SELECT order_id FROM sale_order_line WHERE id = ANY(ARRAY(
        SELECT order_line_id FROM sale_order_line_invoice_rel WHERE invoice_line_id = ANY(ARRAY(
            SELECT id FROM account_move_line WHERE move_id = ANY({invoices})))))"""
#: The invoices and bills of payments, ``{ids}`` being an array of their ids.
PAID_INVOICES = """ARRAY(
    SELECT invoice_id FROM account_move__account_payment WHERE payment_id = ANY({ids})
     UNION
    SELECT counterpart.move_id
      FROM account_payment payment
      JOIN account_move_line item ON item.move_id = payment.move_id
      JOIN account_partial_reconcile part ON item.id IN (part.debit_move_id, part.credit_move_id)
      JOIN account_move_line counterpart
        ON counterpart.id IN (part.debit_move_id, part.credit_move_id)
       AND counterpart.id <> item.id
     WHERE payment.id = ANY({ids}))"""
#: How the orders of changed documents are found; ``{ids}`` is the place of an array of ids.
ROOTS = {
    "sale.order": "SELECT unnest({ids})",
    "stock.picking": f"""
        SELECT sale_id FROM stock_picking WHERE id = ANY({{ids}})
         UNION
        SELECT sale_id FROM stock_reference_sale_rel WHERE reference_id = ANY(ARRAY(
            SELECT reference_id FROM stock_reference_move_rel WHERE move_id = ANY({_ORPHANS})))
         UNION
        SELECT order_id FROM sale_order_line WHERE id = ANY(ARRAY(
            SELECT sale_line_id FROM stock_move WHERE id = ANY({_ORPHANS})))""",
    "account.move": _LINES_OF_INVOICES.format(invoices="{ids}"),
    "account.payment": _LINES_OF_INVOICES.format(invoices=PAID_INVOICES),
    "integration.transaction": "SELECT res_id FROM integration_transaction"
    " WHERE id = ANY({ids}) AND res_model = 'sale.order'",
    "correlation": "SELECT res_id FROM integration_transaction"
    " WHERE correlation_id = ANY({ids}) AND res_model = 'sale.order'",
}
#: How the transactions of documents are found that were linked before.
OWNERS = {
    "integration.transaction": "owner.id = ANY({ids})",
    "correlation": "owner.correlation_id = ANY({ids})",
    **{
        model: "owner.id = ANY(ARRAY(SELECT transaction_id FROM integration_transaction_document"
        f" WHERE res_model = '{model}' AND res_id = ANY({{ids}})))"
        for model in ("stock.picking", "account.move")
    },
}

ORDER = """jsonb_build_object(
    'id', sale.id, 'name', sale.name, 'state', sale.state, 'partner_id', sale.partner_id,
    'company_id', sale.company_id, 'warehouse_id', sale.warehouse_id, 'user_id', sale.user_id,
    'currency_id', sale.currency_id, 'invoice_status', sale.invoice_status,
    'amount_total', sale.amount_total,
    'amount_company', round(sale.amount_total / COALESCE(NULLIF(sale.currency_rate, 0), 1), 6),
    'create_date', sale.create_date, 'commitment_date', sale.commitment_date,
    'correlation_id', sale.integration_correlation_id)"""
# What a change of transfers and invoices can change of an order; the transaction has the rest.
ORDER_PROGRESS = """jsonb_build_object(
    'id', sale.id, 'state', sale.state, 'invoice_status', sale.invoice_status)"""
#: The keys of ``ORDER`` that a transaction has, by its columns.
OF_OWNER = {
    "name": "name", "partner_id": "partner_id", "company_id": "company_id",
    "warehouse_id": "warehouse_id", "user_id": "user_id", "currency_id": "currency_id",
    "amount_total": "amount_total", "amount_company": "amount_company",
    "started_at": "create_date", "promised_at": "commitment_date",
    "correlation_id": "correlation_id",
}  # fmt: skip
# In the order of the fields of ``milestones.Milestone``.
MILESTONES = """
    SELECT jsonb_agg(jsonb_build_array(
               step_id, state, reached_at, planned_at, expected_count, reached_count,
               res_model, res_id, message_id, source, evidence, history))
      FROM integration_milestone WHERE transaction_id = owner.id"""
LINK = """jsonb_object_agg(linked.res_model || ',' || linked.res_id,
                        jsonb_build_array(linked.document_name, linked.role))"""
LINKS = f"""
    SELECT {LINK} FROM integration_transaction_document linked
     WHERE linked.transaction_id = owner.id"""
#: The ids of a transaction's documents of a model, within an aggregation of its documents.
LINKED = "array_agg(linked.res_id) FILTER (WHERE linked.res_model = '{model}')"
#: Columns of a transaction; as such they are read faster than as JSON.
OWNER_COLUMNS = ("id", *TRANSACTION_COLUMNS)
OWNER = ", ".join(f"owner.{name}" for name in OWNER_COLUMNS)

#: Those that name the order themselves: all of a confirmation, most often.
NAMED_PICKINGS = "ARRAY(SELECT id FROM stock_picking WHERE sale_id = sale.id)"
_LINES = "ARRAY(SELECT id FROM sale_order_line WHERE order_id = sale.id)"
ORDER_PICKINGS = f"""ARRAY(
    SELECT id FROM stock_picking WHERE sale_id = sale.id
     UNION
    SELECT picking_id FROM stock_move WHERE id = ANY(ARRAY(
        SELECT move_id FROM stock_reference_move_rel WHERE reference_id = ANY(ARRAY(
            SELECT reference_id FROM stock_reference_sale_rel WHERE sale_id = sale.id))))
        OR sale_line_id = ANY({_LINES}))"""
ORDER_INVOICE_LINES = f"""ARRAY(
    SELECT invoice_line_id FROM sale_order_line_invoice_rel WHERE order_line_id = ANY({_LINES}))"""


def _transfers(ids: str, **row: str) -> str:
    """The transfers with these ids: a single one neither came back nor feeds others."""
    return f"""
        SELECT CASE count(*)
                   WHEN 1 THEN jsonb_agg({transfer_row(**row)})
                   WHEN 0 THEN NULL
                   ELSE integration_order_transfers(array_agg(picking.id)) END
          FROM stock_picking picking WHERE picking.id = ANY({ids})"""


@lru_cache
def of_owners(models: frozenset[str], evidence: bool) -> str:
    """Transactions by what was linked to them before; those of other roots without their document.

    Payments are linked when they are made, and when an invoice tells of one.

    Takes whether payments are wanted, and ids by model.

    :param models: keys of ``OWNERS``
    :param evidence: ask what messages and exceptions tell, and all of the order, instead of taking
        what was kept
    """
    which = " OR ".join(OWNERS[model].format(ids=f"%({model})s") for model in sorted(models))
    told = "integration_order_evidence(owner.id)" if evidence else "owner.evidence"
    order = ORDER if evidence else ORDER_PROGRESS
    pickings, invoices = (LINKED.format(model=m) for m in ("stock.picking", "account.move"))
    return f"""
        SELECT (SELECT {order} FROM sale_order sale
                 WHERE sale.id = owner.res_id AND owner.res_model = 'sale.order'),
               owner.id, ({MILESTONES}),
               (SELECT jsonb_build_array(
                       {LINK},
                       ({_transfers(pickings, role="NULL")}),
                       CASE WHEN bool_or(linked.res_model = 'account.move')
                            THEN integration_order_invoices({invoices}, false, %(payments)s) END)
                  FROM integration_transaction_document linked
                 WHERE linked.transaction_id = owner.id),
               {told}, {OWNER}
          FROM integration_transaction owner
         WHERE {which}"""


#: What was billed of an order, and, if wanted, what it was paid with.
_BILLING = f"""(SELECT integration_order_invoices(array_agg(DISTINCT move_id), %(payments)s, false)
                  FROM account_move_line WHERE id = ANY({ORDER_INVOICE_LINES})
                HAVING count(*) > 0)"""


@lru_cache
def of_orders(
    models: frozenset[str], pickings: str = ORDER_PICKINGS, billing: str = _BILLING
) -> str:
    """Orders, by what belongs to them now, and with the ids that new transactions get.

    Takes whether payments are wanted, and ids by model.

    :param models: keys of ``ROOTS``
    :param pickings: array of the ids of the transfers of ``sale``
    :param billing: what was billed of ``sale``
    """
    roots = " UNION ".join(ROOTS[model].format(ids=f"%({model})s") for model in sorted(models))
    return f"""
        SELECT {ORDER},
               COALESCE(owner.id, nextval('integration_transaction_id_seq')), ({MILESTONES}),
               jsonb_build_array(
                   ({LINKS}),
                   ({_transfers(pickings)}),
                   {billing}),
               CASE WHEN owner.id IS NOT NULL THEN integration_order_evidence(owner.id) END,
               {OWNER}
          FROM sale_order sale
          LEFT JOIN LATERAL (
               SELECT * FROM integration_transaction
                WHERE res_model = 'sale.order' AND res_id = sale.id OFFSET 0) owner ON true
         WHERE sale.id = ANY(ARRAY({roots}))"""


@lru_cache
def of_many_orders() -> str:
    """Orders by their own ids, as :func:`of_orders`, with their payments.

    What was billed is read for all of them together: of a batch that takes a quarter of the time,
    of a single order, most of which is understanding the statement, more.
    """
    billing = BILLING_OF_MANY.format(orders="%(sale.order)s")
    joined = "FROM sale_order sale LEFT JOIN billing of_order ON of_order.order_id = sale.id"
    orders = of_orders(frozenset({"sale.order"}), billing="of_order.billing")
    return f"WITH {billing} {orders.replace('FROM sale_order sale', joined, 1)}"
