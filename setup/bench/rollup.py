"""How long the roll-up takes: a million lines at once, then the lines of one busy minute.

Also how far the percentiles of its histograms are from those of the raw durations, that late lines
reach their own minute, and that rebuilding gives the same figures.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

from provision import progress

from . import database
from .report import write

ROWS, MINUTE = 1_000_000, 20_000
MINUTES = 30
DAY = 86400
LIMIT_BULK_S, LIMIT_MINUTE_MS, LIMIT_ERROR = 60.0, 200.0, 0.03
SHARES = (0.5, 0.9, 0.95, 0.99)


def run(arguments: argparse.Namespace) -> bool:
    """Measure, print, write the JSON; return whether every figure holds."""
    modules = [name for name in arguments.modules.split(",") if name]
    with database.suite_registry("rollup", modules) as (_name, registry):
        ids = database.partners(registry)
        with progress.step(f"{ROWS:,} lines of a day"):
            _write(registry, ids, ROWS, DAY)
        with progress.step("Roll-up of all of them"):
            bulk = _roll_up(registry)
        minutes = []
        with progress.step(f"{MINUTES} minutes of {MINUTE:,} lines"):
            for _ in range(MINUTES):
                _write(registry, ids, MINUTE, 60)
                minutes.append(_roll_up(registry) * 1000)
        error = _largest_error(registry)
        with progress.step(f"{MINUTE:,} late lines, spread over the day before"):
            _write(registry, ids, MINUTE, DAY)
            late = _roll_up(registry)
        counted = _counted(registry) == ROWS + (MINUTES + 1) * MINUTE
        with progress.step("Rebuilding"):
            begun = time.perf_counter()
            before = _figures(registry)
            with registry.cursor() as cursor:
                database.environment(cursor)["integration.metric"]._rebuild_on(cursor)
            rebuilt = time.perf_counter() - begun
            same = before == _figures(registry)
    minute = statistics.median(minutes)
    figures = [
        (f"roll-up of {ROWS:,} lines", bulk, "s", LIMIT_BULK_S, bulk < LIMIT_BULK_S),
        (f"a minute of {MINUTE:,} lines, median of {MINUTES}", minute, "ms", LIMIT_MINUTE_MS,
         minute < LIMIT_MINUTE_MS),
        ("the slowest of these minutes", max(minutes), "ms", None, True),
        (f"{MINUTE:,} late lines over a day", late, "s", None, True),
        ("rebuilding minutes and hours", rebuilt, "s", None, True),
        ("largest error of a percentile", error * 100, "%", LIMIT_ERROR * 100, error < LIMIT_ERROR),
        ("every line counted once", float(counted), "", None, counted),
        ("a rebuild changes nothing", float(same), "", None, same),
    ]  # fmt: skip
    report = write(
        "rollup",
        arguments,
        all(holds for *_rest, holds in figures),
        figures=[
            {"what": what, "value": round(value, 3), "unit": unit, "limit": limit, "holds": holds}
            for what, value, unit, limit, holds in figures
        ],
        minutes_ms=[round(value, 1) for value in minutes],
    )
    print(f"\n{report['machine']}")
    for what, value, unit, limit, holds in figures:
        bound = f"< {limit:g} {unit}" if limit else ""
        print(f"{what:<48} {value:>10.2f} {unit:<3} {bound:<9} {'holds' if holds else 'FAILS'}")
    return report["holds"]


def _write(registry: Any, ids: dict[str, list[int]], rows: int, seconds: float) -> None:
    with registry.cursor() as cursor:
        database.fill(cursor, ids, rows, seconds)
    # As autovacuum does on a busy server: the planner must know the table.
    with registry.cursor() as cursor:
        cursor.execute("ANALYZE integration_log_data")


def _roll_up(registry: Any) -> float:
    """Run the scheduled action's work; return the seconds, the commit included."""
    with registry.cursor() as cursor:
        metric = database.environment(cursor)["integration.metric"]
        begun = time.perf_counter()
        if not metric._roll_up():
            raise RuntimeError("The roll-up did not run.")
        return time.perf_counter() - begun


def _largest_error(registry: Any) -> float:
    """Return the largest relative error of a percentile, over all lines of each flow."""
    from odoo.addons.integration_monitor.tools.histogram import merge_flat

    worst = 0.0
    with registry.cursor() as cursor:
        cursor.execute(
            "SELECT flow_id, percentile_disc(%s) WITHIN GROUP (ORDER BY duration_ms)"
            " FROM integration_log_data WHERE flow_id IS NOT NULL GROUP BY flow_id",
            [list(SHARES)],
        )
        exact = dict(cursor.fetchall())
        cursor.execute(
            "SELECT flow_id, jsonb_agg(histogram) FROM integration_metric"
            " WHERE level = 'minute' AND flow_id IS NOT NULL GROUP BY flow_id"
        )
        for flow_id, histograms in cursor.fetchall():
            merged = merge_flat(histograms)
            for share, value in zip(SHARES, exact[flow_id], strict=True):
                worst = max(worst, abs(merged.quantile(share) - value) / value)
    return worst


def _counted(registry: Any) -> int:
    with registry.cursor() as cursor:
        cursor.execute("SELECT sum(count_total) FROM integration_metric WHERE level = 'lifetime'")
        return cursor.fetchone()[0]


def _figures(registry: Any) -> list[tuple]:
    """Return the sums of each level and hour that a rebuild must not change."""
    with registry.cursor() as cursor:
        cursor.execute(
            "SELECT level, date_trunc('hour', bucket), kind, flow_id, sum(count_ok),"
            " sum(count_error), sum(count_refused), sum(request_bytes), max(duration_max_ms)"
            " FROM integration_metric GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
        )
        return cursor.fetchall()
