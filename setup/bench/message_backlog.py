"""100,000 waiting messages: what picking the next one costs, and the sweep. Absolute figures."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

from provision import databases, progress

from .database import environment, suite_registry
from .message_office import Office
from .report import write

WAITING, CLAIMS, SWEEPS = 100_000, 200, 5
CLAIM_MS, SWEEP_SECONDS = 5.0, 2.0
#: Keys that share their messages, where a flow keeps an order.
KEYS = 20_000
_FILL = """
INSERT INTO integration_message (
    message_uid, idempotency_key, flow_id, system_id, endpoint_id, company_id, direction, state,
    message_type, priority, held, ack_state, attempt_count, attempt_start, conflict_count,
    duplicate_count, ordering_key, correlation_id, payload, occurred_at, received_at, create_date,
    write_date)
SELECT md5(f.code || n), md5(f.code || n), f.id, f.system_id, f.endpoint_id, f.company_id,
       f.direction, 'pending', f.message_type, 10 + n %% 3, FALSE, 'none', 0, 0, 0, 0,
       'key ' || n %% %(keys)s, md5(f.code || n), '{}', now, now, now, now
  FROM integration_flow f, generate_series(1, %(count)s) n,
       (SELECT now() AT TIME ZONE 'UTC' - interval '1 hour' AS now) t
 WHERE f.id = %(flow)s
"""


def _claims(registry: Any, flow_id: int) -> tuple[list[float], list[str]]:
    """Claim one message after the other, as lanes do; return milliseconds each, and a plan."""
    spent = []
    with registry.cursor() as cursor:
        flow = environment(cursor)["integration.flow"].browse(flow_id)._as_service()
        for _number in range(CLAIMS):
            turn = flow._new_turn(60)
            begun = time.perf_counter()
            assert flow._claim(turn)
            spent.append((time.perf_counter() - begun) * 1000)
            cursor.commit()
        from odoo import fields
        from odoo.tools import SQL

        query = flow._claim_query(fields.Datetime.now())
        cursor.execute(SQL("EXPLAIN (ANALYZE, COSTS OFF, SUMMARY OFF) %s", query))
        plan = [row[0] for row in cursor.fetchall()]
        cursor.rollback()
    return spent, plan


def _sweeps(registry: Any) -> list[float]:
    """Sweep as the scheduled action does; return the seconds of each."""
    spent = []
    for _number in range(SWEEPS):
        with registry.cursor() as cursor:
            begun = time.perf_counter()
            environment(cursor)["integration.message"]._sweep()
            cursor.commit()
            spent.append(time.perf_counter() - begun)
    return spent


def run(arguments: argparse.Namespace) -> bool:
    """Measure, print the table, write the JSON; return whether the figures hold."""
    modules = [name for name in arguments.modules.split(",") if name]
    with suite_registry("backlog", modules) as (_name, registry):
        office = Office(registry, ["http://127.0.0.1:9", "http://127.0.0.1:9"])
        plain, ordered = office.outbound
        with registry.cursor() as cursor:
            environment(cursor)["integration.flow"].browse(ordered).ordering = True
            cursor.commit()
        claims: dict[str, tuple[list[float], list[str]]] = {}
        sweeps: dict[str, list[float]] = {}
        with progress.step(f"{WAITING} waiting messages, {CLAIMS} claims, sweeps"):
            # Each of the three has the table to itself: 100,000 messages wait in one lane.
            for title, flow in (("outbound", plain), ("ordered", ordered)):
                _fill(registry, flow)
                claims[title], sweeps[title] = _claims(registry, flow), _sweeps(registry)
                if flow == ordered:
                    sweeps["open breaker"] = _with(
                        registry, office.endpoints[1], {"breaker_state": "open"}, _sweeps
                    )
            [inbound, _other] = office.inbound
            _fill(registry, inbound)
            claims["inbound"], sweeps["inbound"] = _claims(registry, inbound), _sweeps(registry)
    return _report(arguments, claims, sweeps)["holds"]


def _with(
    registry: Any, endpoint: int, values: dict[str, Any], measure: Callable[[Any], list[float]]
) -> list[float]:
    """Measure while the endpoint is as the values say."""
    with registry.cursor() as cursor:
        environment(cursor)["integration.endpoint"].browse(endpoint).write(values)
        cursor.commit()
    return measure(registry)


def _fill(registry: Any, flow: int) -> None:
    with registry.cursor() as cursor:
        cursor.execute("TRUNCATE integration_message CASCADE")
        cursor.execute(_FILL, {"flow": flow, "count": WAITING, "keys": KEYS})
        cursor.execute("DELETE FROM queue_job")
        cursor.commit()
    # What waits for an hour has been vacuumed; else that happens while claims are measured.
    with databases.cursor(registry.db_name) as cursor:
        cursor.execute("VACUUM (ANALYZE) integration_message")


def _report(
    arguments: argparse.Namespace,
    claims: dict[str, tuple[list[float], list[str]]],
    sweeps: dict[str, list[float]],
) -> dict[str, Any]:
    print(f"\n{WAITING} messages wait in one lane                    median      p95")
    p95 = {}
    for title, (spent, plan) in claims.items():
        p95[title] = sorted(spent)[int(CLAIMS * 0.95)]
        middle = statistics.median(spent)
        print(f"  claim of the next one, {title:<22}{middle:9.2f}{p95[title]:9.2f} ms")
        print("\n".join(f"      {line}" for line in plan))
    for title, seconds in sweeps.items():
        print(f"  sweep, {title:<38}{statistics.median(seconds):9.2f}{max(seconds):9.2f} s")
    holds = all(value < CLAIM_MS for value in p95.values()) and all(
        statistics.median(seconds) < SWEEP_SECONDS for seconds in sweeps.values()
    )
    print(f"  limits {CLAIM_MS:g} ms and {SWEEP_SECONDS:g} s: {'holds' if holds else 'FAILS'}")
    return write(
        "message_backlog",
        arguments,
        holds,
        claims_ms={
            title: [round(value, 3) for value in spent] for title, (spent, _) in claims.items()
        },
        plans={title: plan for title, (_spent, plan) in claims.items()},
        sweep_seconds=sweeps,
    )
