"""How fast existing orders are adopted, beside a bare ``search_fetch`` of the same documents.

Real orders with their deliveries, invoices and payments, made by Odoo; their transactions are taken
away, as if the suite had been installed after them. Each turn lets the job adopt all of them, with
its commits and everything that it writes, and reads the same documents through the ORM, twice: with
the columns of a bare ``search_fetch``, which is what the limit speaks of, and with no field more
than the recorder's, which is told beside it; ``adoption_documents.read`` says what is read. What
was adopted is taken away again between the turns, unmeasured.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import time
from typing import Any

from provision import progress

from . import adoption_documents as documents
from .database import environment, suite_registry
from .process_deadlines import vacuum
from .report import write
from .statistics_of import ratio_of

WARM_UP = 2
LIMIT = 0.5
#: What the job writes.
TABLES = (
    "sale_order",
    "integration_transaction",
    "integration_transaction_document",
    "integration_milestone",
)


def run(arguments: argparse.Namespace) -> bool:
    """Measure, print, write the JSON; return whether the figure holds."""
    if arguments.pairs < 30:
        raise SystemExit("Fewer than 30 pairs prove nothing; use --pairs 30 or more.")
    modules = [name for name in arguments.modules.split(",") if name]
    count = arguments.orders
    times: dict[str, list[float]] = {name: [] for name in WORKS}
    with suite_registry("adoption", modules) as (_name, registry):
        with progress.step(f"{count:,} orders, most delivered and invoiced, half of these paid"):
            documents.make(registry, count)
            _forget(registry)
        with progress.step(f"{arguments.pairs} times reading and adopting, in turns"):
            for turn in range(-WARM_UP, arguments.pairs):
                for name in WORKS if turn % 2 else reversed(WORKS):
                    seconds, numbers = WORKS[name](registry)
                    if turn >= 0:
                        times[name].append(seconds)
                    if name != "adopt":
                        found = numbers
                    elif numbers["sale.order"] != count:
                        raise RuntimeError(f"Adopted were {numbers} of {count} orders.")
                    else:
                        _forget(registry)
    # How many times as fast as reading: its time by the time of adopting.
    speed = ratio_of(times["adopt"], times["bare"])
    beside = ratio_of(times["adopt"], times["fields"])
    holds = speed.high >= LIMIT
    spent = {name: statistics.median(values) / count * 1000 for name, values in times.items()}
    print(
        f"\nAdopting an order takes {spent['adopt']:.2f} ms, reading what it reads"
        f" {spent['bare']:.2f} ms, {spent['fields']:.2f} ms without a field more"
    )
    print(
        "  speed beside a bare search_fetch: {:.2f}× ({:.2f} – {:.2f})".format(*speed.values),
        f" limit ≥ {LIMIT}  {'holds' if holds else 'FAILS'}",
    )
    print("  beside one of its fields alone:   {:.2f}× ({:.2f} – {:.2f})".format(*beside.values))
    write(
        "process-adoption",
        arguments,
        holds,
        pairs=arguments.pairs,
        orders=count,
        documents=found,
        ms={name: round(value, 3) for name, value in spent.items()},
        speed=[round(value, 3) for value in speed.values],
        speed_fields=[round(value, 3) for value in beside.values],
        limit=LIMIT,
    )
    return holds


def _read(registry: Any, bare: bool) -> tuple[float, dict[str, int]]:
    """Read all documents, in batches as the job; return the seconds, and numbers of documents."""
    with registry.cursor() as cursor:
        env = environment(cursor)
        begun = time.perf_counter()
        numbers = documents.read(env, bare)
        return time.perf_counter() - begun, numbers


def _adopt(registry: Any) -> tuple[float, dict[str, int]]:
    """Let the job adopt all orders; return the seconds, its commits included."""
    with registry.cursor() as cursor:
        env = environment(cursor)
        adoption = env["integration.adoption"].create({"company_id": env.company.id})
        adoption.write({"state": "running"})
        cursor.commit()
        begun = time.perf_counter()
        while adoption._run_batch() is not None:
            pass
        seconds = time.perf_counter() - begun
        return seconds, {"sale.order": adoption.done_count}


def _forget(registry: Any) -> None:
    """Take away what was adopted, as before the installation; as autovacuum leaves the tables."""
    with registry.cursor() as cursor:
        cursor.execute("DELETE FROM integration_adoption")
        cursor.execute("DELETE FROM integration_transaction")
        cursor.execute(
            "UPDATE sale_order SET integration_correlation_id = NULL"
            " WHERE integration_correlation_id IS NOT NULL"
        )
    for table in TABLES:
        vacuum(registry, table)


#: What is measured in each turn, one after the other, the other way round in the next.
WORKS = {
    "bare": functools.partial(_read, bare=True),
    "adopt": _adopt,
    "fields": functools.partial(_read, bare=False),
}
