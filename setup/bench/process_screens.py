"""How long the screens of transactions and outcomes take to open on 200,000 of them.

The server's part of each: the calls that the web client makes, in a fresh transaction of a user who
sees everything of the monitor. Half of the transactions are open, with causes of every kind; all of
them have outcomes, two million steps among them.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

from provision import progress

from . import process_form, process_outcomes
from .database import environment, suite_registry
from .process_deadlines import fill, vacuum
from .report import write

TIMES = 7
LIMIT_MS = 500.0
#: Half of them are done; the others wait for all kinds of things.
_SPREAD = """
UPDATE integration_transaction SET
       state = CASE WHEN id % 2 = 0 THEN 'completed' ELSE 'in_progress' END,
       completed_at = CASE WHEN id % 2 = 0 THEN started_at + interval '2 days' END,
       cause = (ARRAY['team', 'stock', 'customer', 'message_failed', 'breaker', 'unknown'])
               [id % 6 + 1],
       waits_on = (ARRAY['Warehouse', 'Warehouse', 'Customer', 'Carrier', 'Shop', NULL])
                  [id % 6 + 1],
       waits_on_kind = (ARRAY['team', 'team', 'customer', 'system', 'system', NULL])[id % 6 + 1],
       timeliness = CASE id % 10 WHEN 1 THEN 'missed' WHEN 3 THEN 'warning' ELSE 'on_track' END
"""
_LINKS = """
INSERT INTO integration_transaction_document (
    transaction_id, res_model, res_id, document_name, role)
SELECT id, res_model, res_id, name, 'order' FROM integration_transaction
"""
_OPEN = [("state", "=", "in_progress")]
_LIST = (
    "name", "partner_id", "status", "waits_for_step_id", "waits_since", "waits_on", "reason",
    "deadline_text", "started_at", "promised_at", "amount_total", "currency_id",
)  # fmt: skip


def run(arguments: argparse.Namespace) -> bool:
    """Measure, print, write the JSON; return whether every figure holds."""
    modules = [name for name in arguments.modules.split(",") if name]
    with suite_registry("screens", modules) as (_name, registry):
        with progress.step("200,000 transactions with their milestones"):
            fill(registry)
            with registry.cursor() as cursor:
                cursor.execute(_SPREAD)
                cursor.execute(_LINKS)
            for table in ("integration_transaction", "integration_transaction_document"):
                vacuum(registry, table)
            one = process_form.enrich(registry)
        with progress.step("Their outcomes"):
            process_outcomes.fill(registry)
        screens = {
            **_screens(),
            "one transaction, everything of its form": lambda env: process_form.open_form(env, one),
            **process_outcomes.screens(),
        }
        with progress.step(f"Each screen, {TIMES} times"):
            figures = [(what, _measure(registry, opens)) for what, opens in screens.items()]
    holds = all(spent < LIMIT_MS for _what, spent in figures)
    print()
    for what, spent in figures:
        verdict = "holds" if spent < LIMIT_MS else "FAILS"
        print(f"{what:<52} {spent:>8.1f} ms  < {LIMIT_MS:g} ms  {verdict}")
    write(
        "process-screens",
        arguments,
        holds,
        figures=[{"what": what, "ms": round(spent, 1)} for what, spent in figures],
    )
    return holds


def _screens() -> dict[str, Callable[[Any], Any]]:
    """What each screen asks of the server, by its name."""

    def grouped(by: str) -> Callable[[Any], Any]:
        return lambda env: env["integration.transaction"].web_read_group(
            _OPEN, [by], ["__count", "value_at_risk:sum"], limit=80
        )

    def listed(domain: list) -> Callable[[Any], Any]:
        return lambda env: env["integration.transaction"].web_search_read(
            domain, {name: {} for name in _LIST}, limit=80, count_limit=10001
        )

    return {
        "list of open transactions": listed(_OPEN),
        "list of all transactions": listed([]),
        "list of late ones": listed([*_OPEN, ("timeliness", "=", "missed")]),
        "open ones by cause": grouped("cause"),
        "open ones by whom they wait for": grouped("waits_on"),
        "open ones by step": grouped("waits_for_step_id"),
        "open ones by kind": grouped("waits_on_kind"),
        "orders with their progress": lambda env: env["sale.order"].web_search_read(
            [], {"name": {}, "integration_status": {}, "integration_waits_on": {}}, limit=80
        ),
        "orders that are late": lambda env: env["sale.order"].web_search_read(
            [("integration_status", "=", "missed")], {"name": {}}, limit=80
        ),
        "orders by progress": lambda env: env["sale.order"].web_read_group(
            [], ["integration_status"], ["__count"]
        ),
    }


def _measure(registry: Any, opens: Callable[[Any], Any]) -> float:
    """Return the median milliseconds of the server, after one try that fills the caches."""
    spent = []
    for number in range(TIMES + 1):
        with registry.cursor() as cursor:
            env = environment(cursor)(user=2)
            begun = time.perf_counter()
            opens(env)
            if number:
                spent.append((time.perf_counter() - begun) * 1000)
    return statistics.median(spent)
