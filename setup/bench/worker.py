"""One Odoo that does documents on command: reads an operation a line, answers with its cost.

Started twice by a benchmark, on a database with the suite and on one without. Each timed operation
runs in a fresh transaction of an ordinary user's environment and includes the commit.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from typing import Any

LINES = {"confirm_1": 1, "confirm_10": 10}


class Worker:
    """The documents of one database."""

    def __init__(self, database: str) -> None:
        import odoo.sql_db
        from odoo.modules.registry import Registry
        from odoo.tools import config

        config.parse_config(["-c", os.environ["ODOO_RC"], "-d", database, "--max-cron-threads=0"])
        self.sql_db = odoo.sql_db
        self.registry = Registry(database)
        self.setup()

    def environment(self, cursor: Any) -> Any:
        """An administrator's environment with its rules, as a request has it."""
        from odoo.api import Environment

        return Environment(cursor, 2, {"lang": "en_US", "tz": "UTC"})

    def setup(self) -> None:
        """Make a chart of accounts, a customer and goods on the shelf."""
        with self.registry.cursor() as cursor:
            env = self.environment(cursor)
            env["account.chart.template"].try_loading("generic_coa", env.company)
            self.customer = env["res.partner"].create({"name": "Bench Customer"}).id
            products = env["product.product"].create(
                [
                    {
                        "name": f"Bench Product {number}",
                        "is_storable": True,
                        "list_price": 10 + number,
                        "invoice_policy": "order",
                    }
                    for number in range(10)
                ]
            )
            warehouse = env["stock.warehouse"].search(
                [("company_id", "=", env.company.id)], limit=1
            )
            for product in products:
                env["stock.quant"]._update_available_quantity(
                    product, warehouse.lot_stock_id, 1_000_000
                )
            self.products = products.ids

    def prepare(self, operation: str) -> int:
        """Make the document that the operation works on; return its id."""
        with self.registry.cursor() as cursor:
            env = self.environment(cursor)
            lines = [
                (0, 0, {"product_id": product_id, "product_uom_qty": 1})
                for product_id in self.products[: LINES.get(operation, 1)]
            ]
            order = env["sale.order"].create({"partner_id": self.customer, "order_line": lines})
            if operation in LINES:
                return order.id
            order.action_confirm()
            if operation == "validate":
                for move in order.picking_ids.move_ids:
                    move.quantity, move.picked = move.product_uom_qty, True
                return order.picking_ids.id
            return order._create_invoices().id

    def measure(self, operation: str) -> dict[str, float]:
        """Do the operation once; return seconds and the number of SQL statements."""
        document = self.prepare(operation)
        gc.collect()
        with self.registry.cursor() as cursor:
            env = self.environment(cursor)
            statements = self.sql_db.sql_counter
            begun = time.perf_counter()
            if operation in LINES:
                env["sale.order"].browse(document).action_confirm()
            elif operation == "validate":
                env["stock.picking"].browse(document).button_validate()
            else:
                env["account.move"].browse(document).action_post()
            cursor.commit()
            seconds = time.perf_counter() - begun
            return {"seconds": seconds, "statements": self.sql_db.sql_counter - statements}


def main() -> None:
    """Answer each line of the input with one line of JSON."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever Odoo prints must not mix with the answers
    worker = Worker(sys.argv[1])
    print("{}", file=channel, flush=True)
    for line in sys.stdin:
        print(json.dumps(worker.measure(line.strip())), file=channel, flush=True)


if __name__ == "__main__":
    main()
