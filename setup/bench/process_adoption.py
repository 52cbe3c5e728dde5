"""How fast existing orders are adopted, beside a bare ``search_fetch`` of the same documents.

Real orders with their deliveries, invoices and payments, made by Odoo; their transactions are taken
away, as if the suite had been installed after them. Each pair reads all documents as a list would,
batch by batch with all their columns, and then adopts the orders, which is rolled back.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from provision import progress

from .database import environment, suite_registry
from .report import write
from .statistics_of import ratio_of

ORDERS, PAIRS = 400, 30
LIMIT = 0.5


def run(arguments: argparse.Namespace) -> bool:
    """Measure, print, write the JSON; return whether the figure holds."""
    modules = [name for name in arguments.modules.split(",") if name]
    with suite_registry("adoption", modules) as (_name, registry):
        with progress.step(f"{ORDERS} orders, delivered, invoiced and half of them paid"):
            documents = _make(registry)
        pairs = []
        with progress.step(f"{PAIRS} pairs of reading and adopting, in turns"):
            for turn in range(-2, PAIRS):
                seconds = {}
                for work in (_read, _adopt) if turn % 2 else (_adopt, _read):
                    seconds[work] = work(registry, documents)
                if turn >= 0:
                    pairs.append((seconds[_adopt], seconds[_read]))
    # How many times as fast as reading: its time by the time of adopting.
    speed = ratio_of([adopt for adopt, _read_ in pairs], [read for _adopt_, read in pairs])
    holds = speed.median >= LIMIT
    middle = sorted(adopt for adopt, _read_ in pairs)[PAIRS // 2] / ORDERS * 1000
    print(f"\nAdopting an order takes {middle:.2f} ms")
    print(
        "  speed beside search_fetch: {:.2f}× ({:.2f} – {:.2f})".format(*speed.values),
        f" limit ≥ {LIMIT}  {'holds' if holds else 'FAILS'}",
    )
    write(
        "process_adoption",
        arguments,
        holds,
        orders=ORDERS,
        documents={model: len(ids) for model, ids in documents.items()},
        order_ms=round(middle, 3),
        speed=[round(value, 3) for value in speed.values],
    )
    return holds


def _make(registry: Any) -> dict[str, list[int]]:
    """Make the orders; return the ids of all documents by model."""
    with registry.cursor() as cursor:
        env = environment(cursor)
        env["account.chart.template"].try_loading("generic_coa", env.company)
        customer = env["res.partner"].create({"name": "Bench Customer"})
        product = env["product.product"].create(
            {"name": "Bench Product", "is_storable": True, "invoice_policy": "order"}
        )
        lines = [(0, 0, {"product_id": product.id, "product_uom_qty": 1})]
        warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
        env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, ORDERS)
        orders = env["sale.order"].create(
            [{"partner_id": customer.id, "order_line": lines} for _number in range(ORDERS)]
        )
        orders.action_confirm()
        for picking in orders.picking_ids:
            for move in picking.move_ids:
                move.quantity, move.picked = move.product_uom_qty, True
        orders.picking_ids.button_validate()
        invoices = env["account.move"]
        for order in orders:
            invoices |= order._create_invoices()
        invoices.action_post()
        payments = env["account.payment"]
        for invoice in invoices[::2]:
            wizard = env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            )
            payments |= wizard.create({})._create_payments()
        cursor.commit()
        cursor.execute("DELETE FROM integration_transaction")
        cursor.execute("UPDATE sale_order SET integration_correlation_id = NULL")
        cursor.commit()
        # As autovacuum does on a busy server.
        documents = (orders, orders.picking_ids, invoices, payments)
        for records in documents:
            cursor.execute(f"ANALYZE {records._table}")
        return {records._name: records.ids for records in documents}


def _read(registry: Any, documents: dict[str, list[int]]) -> float:
    """Read all documents with their columns; return the seconds."""
    from odoo.addons.integration_monitor.models.integration_adoption_run import BATCH

    with registry.cursor() as cursor:
        env = environment(cursor)
        begun = time.perf_counter()
        for model, ids in documents.items():
            for start in range(0, len(ids), BATCH):
                env[model].search_fetch([("id", "in", ids[start : start + BATCH])])
        return time.perf_counter() - begun


def _adopt(registry: Any, documents: dict[str, list[int]]) -> float:
    """Adopt the orders as the job does, but for its commits; return the seconds."""
    from odoo.addons.integration_monitor.models.integration_adoption_run import BATCH

    ids = documents["sale.order"]
    with registry.cursor() as cursor:
        adoption = environment(cursor)["integration.adoption"]
        begun = time.perf_counter()
        for start in range(0, len(ids), BATCH):
            if adoption._adopt(ids[start : start + BATCH]):
                raise RuntimeError("Orders of the benchmark could not be adopted.")
        seconds = time.perf_counter() - begun
        cursor.rollback()
        return seconds
