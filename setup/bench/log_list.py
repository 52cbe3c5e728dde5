"""How fast the screen of the log opens: five million lines, read as the web client reads them.

Each question is asked through ``web_search_read`` with the fields of the list, as an ordinary
viewer and as support, each time in a new transaction and with other values. A figure holds when
95 of 100 answers come within 200 ms.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from datetime import datetime, timedelta, timezone
from typing import Any

from provision import progress

from . import database
from .report import write

LIMIT_MS = 200.0
DAYS = 100
WARM_UP = 3
LAST_WEEK = ("occurred_at", ">=", "today -7d")
#: The filter that the list opens with beside the week.
NO_ROUTINE = ["|", ("kind", "not in", ("job", "cron")), ("outcome", "!=", "ok")]
COUNT_LIMIT = 10001  # what the web client asks for


class Screen:
    """The list of the log, opened by one user."""

    def __init__(self, registry: Any, user_id: int) -> None:
        self.registry, self.user_id = registry, user_id
        self.specification = self._specification()

    def _environment(self, cursor: Any) -> Any:
        from odoo.api import Environment

        return Environment(cursor, self.user_id, {"lang": "en_US", "tz": "UTC"})

    def _specification(self) -> dict[str, dict]:
        """The fields of the list view that are shown, as the client asks for them."""
        from lxml import etree

        with self.registry.cursor() as cursor:
            env = self._environment(cursor)
            view = env["integration.log"].get_view(view_type="list")
            fields = env["integration.log"]._fields
            found = {}
            for node in etree.fromstring(view["arch"]).iter("field"):
                name = node.get("name")
                many2one = fields[name].type == "many2one"
                found[name] = {"fields": {"display_name": {}}} if many2one else {}
            return found

    def open(self, domain: list) -> tuple[float, int]:
        """Open the list; return the milliseconds and how many lines it tells."""
        with self.registry.cursor() as cursor:
            begun = time.perf_counter()
            found = self._environment(cursor)["integration.log"].web_search_read(
                domain, self.specification, limit=80, count_limit=COUNT_LIMIT
            )
            return (time.perf_counter() - begun) * 1000, found["length"]

    def explain(self, domain: list) -> str:
        """Return PostgreSQL's plan of the list's first statement."""
        with self.registry.cursor() as cursor:
            log = self._environment(cursor)["integration.log"]
            select = log._search(domain, limit=80, order=log._order).select()
            code = cursor.mogrify(select.code, select.params).decode()
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, SUMMARY) " + code)
            return "\n".join(row[0] for row in cursor.fetchall())


def questions(ids: dict[str, list[int]], rows: int, dice: random.Random) -> dict[str, list]:
    """Return the domain of each question, with values that the log holds."""
    import hashlib

    correlation = hashlib.md5(str(dice.randrange(rows // 6)).encode(), usedforsecurity=False)
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    start = now - timedelta(days=dice.randrange(2, DAYS - 2))
    endpoint = dice.choice(ids["endpoints"])
    error = dice.choice(["timeout", "server", "connect", "auth", "business"])
    day = [("occurred_at", ">=", f"{start:%F %T}"),
           ("occurred_at", "<", f"{start + timedelta(days=1):%F %T}")]  # fmt: skip
    return {
        "opened (7 days, no routine)": [LAST_WEEK, *NO_ROUTINE],
        "last 7 days": [LAST_WEEK],
        "without any filter": [],
        "one correlation id": [("correlation_id", "=", correlation.hexdigest())],
        "one endpoint, last 7 days": [("endpoint_id", "=", endpoint), LAST_WEEK],
        "one endpoint, one day": [("endpoint_id", "=", endpoint), *day],
        "an endpoint by its name": [("endpoint_id", "ilike", "API 2 of Partner 7"), LAST_WEEK],
        "one error class, last 7 days": [("error_class", "=", error), LAST_WEEK],
        "one error class": [("error_class", "=", error)],
        "failed, last 7 days": [("outcome", "=", "error"), LAST_WEEK],
        "one flow, last 7 days": [("flow_id", "=", dice.choice(ids["flows"])), LAST_WEEK],
    }


def run(arguments: argparse.Namespace) -> bool:
    """Fill, measure, print the table, write the JSON; return whether every figure holds."""
    modules = [name for name in arguments.modules.split(",") if name]
    runs = max(arguments.pairs, 30)
    with database.suite_registry("log_list", modules) as (_name, registry):
        ids = database.partners(registry)
        _fill(registry, ids, arguments.rows)
        figures = []
        for role, user_id in _users(registry).items():
            screen = Screen(registry, user_id)
            with progress.step(f"{runs} times each question, as {role}"):
                figures += _measure(screen, role, ids, arguments, runs)
    report = write(
        "log-list",
        arguments,
        all(item["holds"] for item in figures),
        rows=arguments.rows,
        limit_ms=LIMIT_MS,
        figures=figures,
    )
    print(f"\n{arguments.rows:,} lines over {DAYS} days; {report['machine']}")
    row = "{:<9} {:<30} {:>7} {:>10} {:>10} {:>10}  {}"
    print(row.format("role", "question", "lines", "median", "p95", "slowest", "p95 < 200 ms"))
    for item in figures:
        times = [f"{item[key]:.1f} ms" for key in ("median_ms", "p95_ms", "max_ms")]
        verdict = "holds" if item["holds"] else "FAILS"
        print(row.format(item["role"], item["question"], item["lines"], *times, verdict))
    return report["holds"]


def _measure(
    screen: Screen, role: str, ids: dict[str, list[int]], arguments: argparse.Namespace, runs: int
) -> list[dict[str, Any]]:
    dice = random.Random(7)  # noqa: S311 - the same questions in each run
    times: dict[str, list[tuple[float, int]]] = {}
    for turn in range(WARM_UP + runs):
        for question, domain in questions(ids, arguments.rows, dice).items():
            answer = screen.open(domain)
            if turn >= WARM_UP:
                times.setdefault(question, []).append(answer)
            elif arguments.verbose and not turn:
                print(f"\n{role}, {question}: {domain}\n{screen.explain(domain)}")
    figures = []
    for question, answers in times.items():
        milliseconds = sorted(answer[0] for answer in answers)
        p95 = milliseconds[min(len(milliseconds) - 1, int(len(milliseconds) * 0.95))]
        figures.append(
            {
                "role": role,
                "question": question,
                "lines": max(answer[1] for answer in answers),
                "median_ms": round(statistics.median(milliseconds), 2),
                "p95_ms": round(p95, 2),
                "max_ms": round(milliseconds[-1], 2),
                "holds": p95 < LIMIT_MS,
            }
        )
    return figures


def _fill(registry: Any, ids: dict[str, list[int]], rows: int) -> None:
    """Fill the log without its indexes and make them then, as an upgrade does."""
    from odoo.addons.integration_monitor.instrumentation import log_partitions, log_table

    begun = time.monotonic()
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    with progress.step(f"{rows:,} lines"), registry.cursor() as cursor:
        for number in range(DAYS // 28 + 2):
            month = now - timedelta(days=28 * number)
            for retention_class in log_table.RETENTION_CLASSES:
                log_partitions.ensure_partition(cursor, retention_class, month.year, month.month)
        for index in log_table.INDEXES:
            cursor.execute(f"DROP INDEX {index}")
        step = 500_000
        for first in range(1, rows + 1, step):
            last = min(first + step - 1, rows)
            database.fill(cursor, ids, rows, DAYS * 86400, first, last)
        log_table.ensure_schema(cursor)
    with registry.cursor() as cursor:
        cursor.execute("ANALYZE integration_log_data")
    print(f"filled and indexed in {time.monotonic() - begun:.0f} s", flush=True)


def _users(registry: Any) -> dict[str, int]:
    with registry.cursor() as cursor:
        env = database.environment(cursor)
        found = {}
        for role in ("viewer", "support"):
            group = env.ref(f"integration_monitor.group_{role}")
            user = env["res.users"].create(
                {
                    "name": f"Bench {role}",
                    "login": f"bench_{role}",
                    "group_ids": [(6, 0, [group.id, env.ref("base.group_user").id])],
                }
            )
            found[role] = user.id
        return found
