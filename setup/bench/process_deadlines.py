"""The clock of 200,000 open transactions, and what their deadlines cost the recorder.

A tick with nothing due, ticks that find 5,000 transactions newly late and post what notes they may,
planning anew, and the statements and the time of recording a batch of 100 orders.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

from provision import databases, progress

from .database import environment, suite_registry
from .report import write

OPEN, LATE, ORDERS = 200_000, 5_000, 100
IDLE_TICKS, LATE_TICKS, RECORDS = 50, 5, 10
LIMIT_IDLE_MS, LIMIT_LATE_S, LIMIT_STATEMENTS = 20.0, 2.0, 3

#: Orders as a company has them, each with the milestones of the process; due within the next days.
_ORDERS = """
INSERT INTO sale_order (name, partner_id, partner_invoice_id, partner_shipping_id, company_id,
                        state, date_order, warehouse_id, currency_id, picking_policy,
                        integration_correlation_id, create_uid, write_uid, create_date, write_date)
SELECT 'B' || n, %(partner)s, %(partner)s, %(partner)s, %(company)s, 'sale', now, %(warehouse)s,
       %(currency)s, 'direct', md5('bench' || n), 1, 1, now, now
  FROM generate_series(1, %(count)s) n, (SELECT now() AT TIME ZONE 'UTC' AS now) t
"""
_TRANSACTIONS = """
INSERT INTO integration_transaction (
    name, process_id, correlation_id, res_model, res_id, state, timeliness, partner_id, company_id,
    warehouse_id, currency_id, amount_total, amount_company, started_at, waits_for_step_id,
    waits_since, waits_on, due_at, tick_at, cause)
SELECT o.name, %(process)s, o.integration_correlation_id, 'sale.order', o.id, 'in_progress',
       'on_track', o.partner_id, o.company_id, o.warehouse_id, o.currency_id, 100, 100,
       o.create_date, %(step)s, o.create_date, 'Warehouse',
       o.create_date + (4 + o.id %% 96) * interval '1 hour',
       o.create_date + (3 + o.id %% 96) * interval '1 hour', 'team'
  FROM sale_order o WHERE o.name LIKE 'B%%'
"""
_MILESTONES = """
INSERT INTO integration_milestone (transaction_id, step_id, sequence, state, planned_at, reached_at,
                                   expected_count, reached_count, source)
SELECT t.id, s.id, s.sequence, CASE WHEN s.sequence <= 20 THEN 'reached' ELSE 'pending' END,
       t.started_at + s.sequence * interval '1 hour',
       CASE WHEN s.sequence <= 20 THEN t.started_at END, 1, (s.sequence <= 20)::int, 'document'
  FROM integration_transaction t JOIN integration_process_step s ON s.process_id = t.process_id
"""
_MAKE_LATE = """
UPDATE integration_transaction SET tick_at = now() AT TIME ZONE 'UTC' - interval '1 second',
                                   due_at = now() AT TIME ZONE 'UTC' - interval '1 second'
 WHERE id IN (SELECT id FROM integration_transaction
               WHERE state = 'in_progress' AND timeliness = 'on_track' ORDER BY id LIMIT %s)
"""


def run(arguments: argparse.Namespace) -> bool:
    """Measure, print, write the JSON; return whether every figure holds."""
    modules = [name for name in arguments.modules.split(",") if name]
    with suite_registry("deadlines", modules) as (_name, registry):
        with progress.step(f"{OPEN:,} open transactions with their milestones"):
            fill(registry)
        with progress.step(f"{IDLE_TICKS} ticks with nothing due"):
            idle = [_tick(registry, 0) * 1000 for _ in range(IDLE_TICKS)]
        with progress.step(f"{LATE_TICKS} times {LATE:,} newly late, and their notes"):
            late = []
            for _ in range(LATE_TICKS):
                with registry.cursor() as cursor:
                    cursor.execute(_MAKE_LATE, [LATE])
                vacuum(registry, "integration_transaction")
                late.append(_tick(registry, LATE))
                notes = _finish_notes(registry)
        with progress.step(f"Recording {ORDERS} orders, {RECORDS} times"):
            statements, recorded = _record(registry)
        with progress.step("Planning anew"):
            planned = _replan(registry)
    figures = [
        (f"tick, nothing of {OPEN:,} due, median of {IDLE_TICKS}", statistics.median(idle), "ms",
         LIMIT_IDLE_MS),
        (f"tick, {LATE:,} newly late, median of {LATE_TICKS}", statistics.median(late), "s",
         LIMIT_LATE_S),
        ("the slowest of these ticks", max(late), "s", None),
        ("a tick that posts notes alone, median", statistics.median(notes), "s", None),
        (f"statements of recording {ORDERS} orders", statements, "", LIMIT_STATEMENTS),
        (f"recording {ORDERS} orders, median of {RECORDS}", recorded * 1000, "ms", None),
        ("planning anew, for each transaction", planned * 1000, "ms", None),
    ]  # fmt: skip
    report = write(
        "process-deadlines",
        arguments,
        all(limit is None or value <= limit for _what, value, _unit, limit in figures),
        figures=[
            {"what": what, "value": round(value, 3), "unit": unit, "limit": limit,
             "holds": limit is None or value <= limit}
            for what, value, unit, limit in figures
        ],
        idle_ms=[round(value, 2) for value in idle],
        late_s=[round(value, 3) for value in late],
    )  # fmt: skip
    print(f"\n{report['machine']}")
    for what, value, unit, limit in figures:
        bound = f"≤ {limit:g} {unit}" if limit else ""
        verdict = "" if limit is None else "holds" if value <= limit else "FAILS"
        print(f"{what:<52} {value:>10.2f} {unit:<3} {bound:<9} {verdict}")
    return report["holds"]


def fill(registry: Any) -> None:
    """Make the orders, with steps that have a deadline of every kind."""
    with registry.cursor() as cursor:
        env = environment(cursor)
        process = env.ref("integration_monitor.process_order_to_cash")
        steps = {step.code: step for step in process.step_ids}
        steps["picked"].write({"deadline_source": "working", "expected_minutes": 480})
        steps["shipped"].write({"deadline_source": "cut_off"})
        env["integration.cut.off"].create({"hour": 16.0, "tz": "Europe/Berlin"})
        values = {
            "partner": env["res.partner"].create({"name": "Customer"}).id,
            "company": env.company.id,
            "warehouse": env["stock.warehouse"].search([], limit=1).id,
            "currency": env.company.currency_id.id,
            "count": OPEN,
            "process": process.id,
            "step": steps["picked"].id,
        }
        env.flush_all()
        for statement in (_ORDERS, _TRANSACTIONS, _MILESTONES):
            cursor.execute(statement, values)
    for table in ("sale_order", "integration_transaction", "integration_milestone"):
        vacuum(registry, table)


def vacuum(registry: Any, table: str) -> None:
    """Leave the table as autovacuum leaves it; else that happens while something is measured."""
    with databases.cursor(registry.db_name) as cursor:
        cursor.execute(f"VACUUM (ANALYZE) {table}")


def _tick(registry: Any, expected: int) -> float:
    """Run the scheduled action's work; return the seconds, the commit included."""
    with registry.cursor() as cursor:
        transactions = environment(cursor)["integration.transaction"]
        begun = time.perf_counter()
        moved = transactions._tick()
        cursor.commit()
        spent = time.perf_counter() - begun
    if moved != expected:
        raise RuntimeError(f"{moved} transactions changed instead of {expected}.")
    return spent


def _finish_notes(registry: Any) -> list[float]:
    """Tick until every late order was told; return the seconds of each tick."""
    spent = []
    while True:
        with registry.cursor() as cursor:
            cursor.execute(
                "SELECT FROM integration_transaction WHERE state = 'in_progress'"
                " AND timeliness = 'missed' AND breach_noted_at IS NULL LIMIT 1"
            )
            if not cursor.fetchall():
                return spent
        spent.append(_tick(registry, 0))


def _record(registry: Any) -> tuple[int, float]:
    """Record orders whose promise moved; return the most statements and the median seconds."""
    statements, spent = [], []
    with registry.cursor() as cursor:
        env = environment(cursor)
        cursor.execute("SELECT id FROM sale_order WHERE name LIKE 'B%%' LIMIT %s", [ORDERS])
        ids = [row[0] for row in cursor.fetchall()]
        for day in range(RECORDS + 1):
            cursor.execute(
                "UPDATE sale_order SET commitment_date = now() AT TIME ZONE 'UTC'"
                " + %s * interval '1 day' WHERE id = ANY(%s)",
                [day + 1, ids],
            )
            for order_id in ids:
                env["integration.milestone"]._notes().documents["sale.order"][order_id] = {}
            before, begun = cursor.sql_log_count, time.perf_counter()
            env["integration.milestone"]._record_pending()
            if day:  # the first one fills the caches
                spent.append(time.perf_counter() - begun)
                statements.append(cursor.sql_log_count - before)
        cursor.rollback()
    return max(statements), statistics.median(spent)


def _replan(registry: Any) -> float:
    """Plan some thousand transactions anew, as the job does; return the seconds of one."""
    after, count, begun = 0, 0, time.perf_counter()
    while count < LATE:
        with registry.cursor() as cursor:
            ids = environment(cursor)["integration.transaction"]._replan_batch(after)
        after, count = ids[-1], count + len(ids)
    return (time.perf_counter() - begun) / count
