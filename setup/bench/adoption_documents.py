"""Orders of a company with everything that belongs to them, and reading them through the ORM."""

from __future__ import annotations

from typing import Any

from .database import environment

#: Of a sales order; there is a correlation id, too, but Odoo alone knows no such field.
_ORDER = (
    "name", "state", "partner_id", "company_id", "warehouse_id", "user_id", "currency_id",
    "invoice_status", "amount_total", "currency_rate", "create_date", "commitment_date",
)  # fmt: skip
#: Orders that Odoo makes; the others are their copies, for Odoo takes a fifth of a second for one.
_MADE = 200
#: Between the ids of a row and of its copy.
_SHIFT = 100_000
#: What belongs to an order. Who refers to one of the copied rows refers to its copy, in each copy.
_COPIED = (
    "sale_order", "sale_order_line", "stock_reference", "stock_reference_sale_rel",
    "stock_reference_move_rel", "stock_picking", "stock_move", "account_move", "account_move_line",
    "sale_order_line_invoice_rel", "account_partial_reconcile", "account_payment",
    "account_move__account_payment",
)  # fmt: skip
#: Columns that tell one row from another, beside the id.
_NAMES = {("stock_picking", "name"), ("account_move", "name")}
_COLUMNS = """
SELECT c.table_name, c.column_name, c.column_name = 'id' OR EXISTS (
           SELECT FROM pg_constraint k
             JOIN pg_attribute a ON a.attrelid = k.conrelid AND k.conkey = ARRAY[a.attnum]
            WHERE k.contype = 'f' AND k.conrelid = c.table_name::regclass
              AND a.attname = c.column_name AND k.confrelid = ANY(%(tables)s::regclass[]))
  FROM information_schema.columns c
 WHERE c.table_schema = current_schema AND c.table_name = ANY(%(tables)s)
 ORDER BY c.table_name, c.ordinal_position
"""


def make(registry: Any, count: int) -> None:
    """Make orders with one to three lines: nine of ten are delivered, eight invoiced, four paid.

    :param count: a multiple of 200
    """
    with registry.cursor() as cursor:
        env = environment(cursor)
        _prepare(env)
        _make_orders(env, min(count, _MADE))
        env.flush_all()
        _copy(cursor, count // _MADE - 1)
    with registry.cursor() as cursor:
        cursor.execute("ANALYZE")


def _copy(cursor: Any, times: int) -> None:
    """Copy all orders with what belongs to them, row by row, under ids of their own."""
    cursor.execute(_COLUMNS, {"tables": list(_COPIED)})
    columns: dict[str, dict[str, str]] = {}
    for table, column, refers in cursor.fetchall():
        value = f"{column} + %(shift)s" if refers else column
        if (table, column) in _NAMES:
            value = f"{column} || '/' || %(copy)s"
        columns.setdefault(table, {})[column] = value
    # All in one statement: tables refer to each other, which is checked at its end.
    inserts = ", ".join(
        f"copy_of_{table} AS (INSERT INTO {table} ({', '.join(values)})"
        f" SELECT {', '.join(values.values())} FROM {table} WHERE {_own(values)})"
        for table, values in columns.items()
    )
    for number in range(1, times + 1):
        values = {"copy": number, "shift": number * _SHIFT, "limit": _SHIFT}
        cursor.execute(f"WITH {inserts} SELECT", values)


def _own(values: dict[str, str]) -> str:
    """:return: the condition that a row is none of a copy"""
    key = "id" if "id" in values else next(c for c, v in values.items() if v != c)
    return f"{key} <= %(limit)s"


def _prepare(env: Any) -> None:
    """Books, customers, and products that are in stock."""
    env["account.chart.template"].try_loading("generic_coa", env.company)
    env["res.partner"].create([{"name": f"Bench Customer {n}"} for n in range(50)])
    products = env["product.product"].create(
        [
            {"name": f"Bench Product {n}", "is_storable": True, "invoice_policy": "order"}
            for n in range(20)
        ]
    )
    warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
    for product in products:
        env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, 1_000_000)


def _make_orders(env: Any, count: int) -> None:
    """Let Odoo make orders with their documents."""
    customers = env["res.partner"].search([("name", "like", "Bench Customer")])
    products = env["product.product"].search([("name", "like", "Bench Product")])
    orders = env["sale.order"].create(
        [
            {
                "partner_id": customers[number % len(customers)].id,
                "order_line": [
                    (0, 0, {"product_id": products[(number + line) % len(products)].id})
                    for line in range(1 + number % 3)
                ],
            }
            for number in range(count)
        ]
    )
    orders.action_confirm()
    transfers = orders.filtered(lambda order: order.id % 10).picking_ids
    for move in transfers.move_ids:
        move.quantity, move.picked = move.product_uom_qty, True
    transfers.button_validate()
    invoices = orders.filtered(lambda order: order.id % 10 < 8)._create_invoices(grouped=True)
    invoices.action_post()
    wizard = env["account.payment.register"].with_context(
        active_model="account.move", active_ids=invoices[::2].ids
    )
    wizard.create({"group_payment": False})._create_payments()


def read(env: Any, bare: bool = True) -> dict[str, int]:
    """Read all documents that the adoption looks at, in batches of its size.

    A ``search_fetch`` for each kind of document, a dozen for a batch: orders, their lines,
    references, moves and transfers, invoices with the lines that they invoice, what these are
    reconciled with, payments. They are found as the recorder finds them: transfers by the order
    that they name, by the lines that their moves name, and by the references of the order; invoices
    by the lines that they invoice; payments by what was paid with them and what they are reconciled
    with. Nothing else is read, partners and products neither.

    Bare, as whoever calls ``search_fetch(domain)`` has it, that brings the columns that the ORM
    fetches by itself. By fields alone it brings what the recorder knows when it has read: of
    orders, transfers, invoices and payments the dozen columns that it judges by, of all others the
    relations that lead further, no quantities (it asks the database for them where goods came
    back). That is a bound that no adoption comes near: it reads as much, and writes twelve rows
    with their indexes beside it.

    :param bare: all columns; else the fields alone
    :return: numbers of documents by model
    """
    from odoo.addons.integration_monitor.models.integration_adoption_run import BATCH

    orders = env["sale.order"].search([("state", "=", "sale")], order="id desc").ids
    numbers: dict[str, int] = {}
    for start in range(0, len(orders), BATCH):
        for records in _read_batch(env, orders[start : start + BATCH], bare):
            numbers[records._name] = numbers.get(records._name, 0) + len(records)
        # As the job does after each batch.
        env.invalidate_all()
    return numbers


def _read_batch(env: Any, ids: list[int], bare: bool) -> list[Any]:
    """:return: the documents of some orders, with their values in the cache"""

    def fetch(model: str, domain: list, *fields: str) -> Any:
        return env[model].search_fetch(domain, None if bare else fields, order="id")

    orders = fetch("sale.order", [("id", "in", ids)], *_ORDER, "stock_reference_ids")
    lines = fetch("sale.order.line", [("order_id", "in", ids)], "order_id", "invoice_lines")
    references = fetch(
        "stock.reference", [("id", "in", orders.stock_reference_ids.ids)], "move_ids"
    )
    moves = fetch(
        "stock.move",
        ["|", ("sale_line_id", "in", lines.ids), ("id", "in", references.move_ids.ids)],
        "picking_id", "sale_line_id",
    )  # fmt: skip
    transfers = fetch(
        "stock.picking",
        ["|", ("sale_id", "in", ids), ("id", "in", moves.picking_id.ids)],
        "name", "state", "picking_type_id", "return_id", "date_done", "scheduled_date", "user_id",
        "sale_id",
    )  # fmt: skip
    invoiced = fetch("account.move.line", [("id", "in", lines.invoice_lines.ids)], "move_id")
    invoices = fetch(
        "account.move",
        [("id", "in", invoiced.move_id.ids)],
        "name", "move_type", "state", "payment_state", "invoice_date_due", "matched_payment_ids",
    )  # fmt: skip
    items = fetch("account.move.line", [("move_id", "in", invoices.ids)], "move_id")
    parts = fetch(
        "account.partial.reconcile",
        ["|", ("debit_move_id", "in", items.ids), ("credit_move_id", "in", items.ids)],
        "debit_move_id", "credit_move_id",
    )  # fmt: skip
    counterparts = fetch(
        "account.move.line",
        [("id", "in", (parts.debit_move_id | parts.credit_move_id - items).ids)],
        "move_id",
    )
    entries = fetch("account.move", [("id", "in", counterparts.move_id.ids)], "origin_payment_id")
    payments = fetch(
        "account.payment",
        [("id", "in", (invoices.matched_payment_ids | entries.origin_payment_id).ids)],
        "name", "state",
    )  # fmt: skip
    return [
        orders, lines, references, moves, transfers, invoiced, invoices, items, parts,
        counterparts, entries, payments,
    ]  # fmt: skip
