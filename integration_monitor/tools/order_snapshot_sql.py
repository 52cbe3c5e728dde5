"""Plain SQL: reading orders for the milestone recorder, with everything they are judged by.

Odoo forgets the plans of a connection after each request, so understanding a statement costs more
than reading. Hence subqueries on one table each, which are planned one by one, where joins would
have the planner try their orders; and rare questions are functions, planned when they are asked.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from .order_counts import moment
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
#: Of these only what was linked before tells that they belong to another root than a sales order:
#: a transfer within the house. Bills know it, and what is asked for orders is no document.
OWNED_ELSEWHERE = frozenset({"integration.transaction", "correlation", "stock.picking"})

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
#: What the columns of the statements below are called by those around them; some of a transaction
#: are named like others beside them.
ROW = ("sale", "owner_id", "milestones", "documents", "evidence")
OWNED = ", ".join(f"owned_{name}" for name in OWNER_COLUMNS)

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


def _told(order: str, documents: str) -> str:
    """What is told of an order, ``sale``, and an array with what belongs to it, ``documents``.

    A source of rows: facts refer to both.
    """
    # Without a limit PostgreSQL would copy each into all places that name it.
    return f"CROSS JOIN LATERAL (SELECT {order}, {documents} OFFSET 0) told (sale, documents)"


def _with(facts: tuple[str, ...]) -> str:
    """The documents and what else is told of an order: an object, or nothing, for each fact."""
    return f"documents || jsonb_build_array({', '.join(facts)})" if facts else "documents"


def as_facts(query: str) -> str:
    """One column with all of a row, for ``reading``; see :func:`row_of`."""
    return f"""
        SELECT 'sale.order', to_jsonb(row) || jsonb_build_object(
                   'partner_name', (SELECT complete_name FROM res_partner
                                     WHERE id = (sale ->> 'partner_id')::int),
                   'warehouse_name', (SELECT name FROM stock_warehouse
                                       WHERE id = (sale ->> 'warehouse_id')::int))
          FROM ({query}) row ({", ".join(ROW)}, {OWNED})"""


def row_of(facts: dict[str, Any]) -> tuple[list[Any], dict[str, str]]:
    """Return the columns of a row that was read by :func:`as_facts`, and names beside them."""
    owner = [
        moment(facts[f"owned_{name}"])
        if TRANSACTION_COLUMNS.get(name) == "timestamp"
        else facts[f"owned_{name}"]
        for name in OWNER_COLUMNS
    ]
    names = {name: facts[name] for name in ("partner_name", "warehouse_name")}
    return [*(facts[name] for name in ROW), *owner], names


@lru_cache
def of_owners(models: frozenset[str], evidence: bool, facts: tuple[str, ...] = ()) -> str:
    """Transactions by what was linked to them before; those of other roots without their document.

    Payments are linked when they are made, and when an invoice tells of one.

    Takes whether payments are wanted, and ids by model.

    :param models: keys of ``OWNERS``
    :param evidence: ask what messages and exceptions tell, and all of the order, instead of taking
        what was kept
    :param facts: see :func:`_with`
    """
    which = " OR ".join(OWNERS[model].format(ids=f"%({model})s") for model in sorted(models))
    return by_owner(which, "%(payments)s", evidence, facts)


def by_owner(which: str, payments: str, evidence: bool, facts: tuple[str, ...]) -> str:
    """Transactions as :func:`of_owners` reads them.

    :param which: condition on ``owner``
    :param payments: whether payments are wanted
    """
    told = "integration_order_evidence(owner.id)" if evidence else "owner.evidence"
    order = ORDER if evidence else ORDER_PROGRESS
    pickings, invoices = (LINKED.format(model=m) for m in ("stock.picking", "account.move"))
    order = f"""(
        SELECT {order} FROM sale_order sale
         WHERE sale.id = owner.res_id AND owner.res_model = 'sale.order')"""
    documents = f"""(
        SELECT jsonb_build_array(
                   {LINK},
                   ({_transfers(pickings, role="NULL")}),
                   CASE WHEN bool_or(linked.res_model = 'account.move')
                        THEN integration_order_invoices({invoices}, false, {payments}) END)
          FROM integration_transaction_document linked
         WHERE linked.transaction_id = owner.id)"""
    return f"""
        SELECT told.sale, owner.id, ({MILESTONES}), {_with(facts)}, {told}, {OWNER}
          FROM integration_transaction owner
         {_told(order, documents)}
         WHERE {which}"""


#: What was billed of an order, and, if wanted, what it was paid with.
_BILLING = f"""(SELECT integration_order_invoices(array_agg(DISTINCT move_id), %(payments)s, false)
                  FROM account_move_line WHERE id = ANY({ORDER_INVOICE_LINES})
                HAVING count(*) > 0)"""


@lru_cache
def of_orders(
    models: frozenset[str],
    facts: tuple[str, ...] = (),
    pickings: str = ORDER_PICKINGS,
    billing: str = _BILLING,
) -> str:
    """Orders, by what belongs to them now, and with the ids that new transactions get.

    Transactions of other roots come with them, as :func:`of_owners` has them.

    Takes whether payments are wanted, and ids by model.

    :param models: keys of ``ROOTS``
    :param facts: see :func:`_with`
    :param pickings: array of the ids of the transfers of ``sale``
    :param billing: what was billed of ``sale``
    """
    roots = " UNION ".join(ROOTS[model].format(ids=f"%({model})s") for model in sorted(models))
    strangers = models & OWNED_ELSEWHERE
    documents = f"jsonb_build_array(({LINKS}), ({_transfers(pickings)}), {billing})"
    return f"""
        SELECT told.sale,
               COALESCE(owner.id, nextval('integration_transaction_id_seq')), ({MILESTONES}),
               {_with(facts)},
               CASE WHEN owner.id IS NOT NULL THEN integration_order_evidence(owner.id) END,
               {OWNER}
          FROM sale_order sale
          LEFT JOIN LATERAL (
               SELECT * FROM integration_transaction
                WHERE res_model = 'sale.order' AND res_id = sale.id OFFSET 0) owner ON true
         {_told(ORDER, documents)}
         WHERE sale.id = ANY(ARRAY({roots}))
        {f"UNION ALL {_strangers(strangers)}" if strangers else ""}"""


def _strangers(models: Collection[str]) -> str:
    """Transactions of other roots that documents were linked to before, without their document."""
    which = " OR ".join(OWNERS[model].format(ids=f"%({model})s") for model in sorted(models))
    return f"""
        SELECT NULL::jsonb, owner.id, NULL::jsonb,
               jsonb_build_array(({LINKS}), NULL, NULL), NULL::jsonb, {OWNER}
          FROM integration_transaction owner
         WHERE owner.res_model <> 'sale.order' AND ({which})"""


@lru_cache
def of_many_orders(facts: tuple[str, ...] = ()) -> str:
    """Orders by their own ids, as :func:`of_orders`, with their payments.

    What was billed is read for all of them together: of a batch that takes a quarter of the time,
    of a single order, most of which is understanding the statement, more.
    """
    billing = BILLING_OF_MANY.format(orders="%(sale.order)s")
    joined = "FROM sale_order sale LEFT JOIN billing of_order ON of_order.order_id = sale.id"
    orders = of_orders(frozenset({"sale.order"}), facts, billing="of_order.billing")
    return f"WITH {billing} {orders.replace('FROM sale_order sale', joined, 1)}"
