"""What following documents costs: confirm, validate and post, with and without the suite.

Two copies of one template database, one with the suite, each with an Odoo process of its own. Both
do the same operation in turns, the first of a turn alternating, so that whatever else the machine
does falls on both; and with new processes in each round, for where a process lies in memory makes
it faster or slower for its whole life. A figure holds when the lower bound of the 95 % interval of
the median ratio is at most 1.05.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from provision import databases, progress, templates

from .report import write
from .statistics_of import ratio_of

OPERATIONS = {
    "confirm_1": "sale.order.action_confirm, 1 line",
    "confirm_10": "sale.order.action_confirm, 10 lines",
    "validate": "stock.picking.button_validate",
    "post": "account.move.action_post",
}
WARM_UP = 5
ROUNDS = 10
LIMIT = 1.05


class Odoo:
    """A worker process on one database."""

    def __init__(self, database: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py")), database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def read(self) -> dict[str, Any]:
        """Return the next answer.

        :raise RuntimeError: when the worker ended instead
        """
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("A worker of the benchmark ended; run bench/worker.py by hand.")
        return json.loads(line)

    def measure(self, operation: str) -> dict[str, Any]:
        """Let the worker do an operation."""
        self.process.stdin.write(f"{operation}\n")
        self.process.stdin.flush()
        return self.read()

    def close(self) -> None:
        """End the worker."""
        self.process.stdin.close()
        self.process.wait(30)


@contextlib.contextmanager
def workers(modules: list[str]) -> Iterator[tuple[Odoo, Odoo]]:
    """Yield the workers without and with the suite; their databases go afterwards."""
    names = [f"im_bench_{os.getpid()}_{part}" for part in ("without", "with")]
    sources = [templates.base_template(), templates.suite_template(modules)]
    started: list[Odoo] = []
    try:
        with progress.step("Two databases and their Odoo processes"):
            for name, source in zip(names, sources, strict=True):
                databases.clone(source, name)
                started.append(Odoo(name))
            for odoo in started:
                odoo.read()
        yield started[0], started[1]
    finally:
        for odoo in started:
            odoo.close()
        for name in names:
            databases.drop(name)


def run(arguments: argparse.Namespace) -> bool:
    """Measure, print the table, write the JSON; return whether every figure holds."""
    if arguments.pairs < 30:
        raise SystemExit("Fewer than 30 pairs prove nothing; use --pairs 30 or more.")
    modules = [name for name in arguments.modules.split(",") if name]
    series: dict[str, list[tuple[dict, dict]]] = {name: [] for name in OPERATIONS}
    each = -(-arguments.pairs // ROUNDS)
    for number in range(1, ROUNDS + 1):
        what = f"Round {number} of {ROUNDS}: {each} pairs of {len(OPERATIONS)} operations, in turns"
        with workers(modules) as pair, progress.step(what):
            for turn in range(WARM_UP + each):
                for name in OPERATIONS:
                    answers = {}
                    for place in (0, 1) if turn % 2 else (1, 0):
                        answers[place] = pair[place].measure(name)
                    if turn >= WARM_UP:
                        series[name].append((answers[0], answers[1]))
    figures = [figure(name, series[name]) for name in OPERATIONS]
    report = write(
        "document",
        arguments,
        all(item["holds"] for item in figures),
        pairs=each * ROUNDS,
        limit=LIMIT,
        figures=figures,
    )
    show(report)
    return report["holds"]


def figure(name: str, pairs: list[tuple[dict, dict]]) -> dict[str, Any]:
    """Return the figures of one operation: times in ms, statements, ratio and verdict."""
    without = [old["seconds"] for old, _new in pairs]
    with_suite = [new["seconds"] for _old, new in pairs]
    ratio = ratio_of(without, with_suite)
    return {
        "operation": name,
        "what": OPERATIONS[name],
        "without_ms": round(statistics.median(without) * 1000, 2),
        "with_ms": round(statistics.median(with_suite) * 1000, 2),
        "without_statements": statistics.median(old["statements"] for old, _new in pairs),
        "with_statements": statistics.median(new["statements"] for _old, new in pairs),
        "ratio": round(ratio.median, 4),
        "low": round(ratio.low, 4),
        "high": round(ratio.high, 4),
        "holds": ratio.low <= LIMIT,
        "samples": [
            [round(old["seconds"] * 1000, 3), round(new["seconds"] * 1000, 3)] for old, new in pairs
        ],
    }


def show(report: dict[str, Any]) -> None:
    """Print the table."""
    print(f"\n{report['pairs']} interleaved pairs; {report['machine']}")
    row = "{:<38} {:>10} {:>10} {:>7} {:>17} {:>11}  {}"
    head = ("operation", "without", "with", "ratio", "95 % interval", "statements", "≤ 1.05")
    print(row.format(*head))
    for item in report["figures"]:
        print(
            row.format(
                item["what"],
                f"{item['without_ms']:.1f} ms",
                f"{item['with_ms']:.1f} ms",
                f"{item['ratio']:.3f}",
                f"{item['low']:.3f} – {item['high']:.3f}",
                f"{item['without_statements']:.0f} + "
                f"{item['with_statements'] - item['without_statements']:.0f}",
                "holds" if item["holds"] else "FAILS",
            )
        )
