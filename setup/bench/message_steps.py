"""Inbound messages without a queue: a lane of this process beside a bare loop on the same table.

The bare loop claims a hundred rows with ``SKIP LOCKED``, commits, settles each in a savepoint of
its own, and commits: no handler, no account, no log, no exceptions, no business transaction.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

from provision import progress

from .database import environment, suite_registry
from .message_office import Office
from .report import write
from .statistics_of import ratio_of

TURNS, MESSAGES, LIMIT = 9, 2000, 0.5
_CLAIM = """
UPDATE integration_message SET state = 'processing', attempt_count = attempt_count + 1
 WHERE id IN (SELECT id FROM integration_message
               WHERE flow_id = %s AND state IN ('pending', 'retry')
               ORDER BY priority, id LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED)
RETURNING id
"""
_SETTLE = "UPDATE integration_message SET state = 'done', done_at = %s WHERE id = %s"


def _bare(office: Office, flow: int) -> None:
    """Claim, savepoint, settle, until nothing is left."""
    with office.registry.cursor() as cursor:
        while True:
            cursor.execute(_CLAIM, [flow])
            claimed = [row[0] for row in cursor.fetchall()]
            cursor.commit()
            if not claimed:
                return
            for message_id in claimed:
                cursor.execute("SAVEPOINT step")
                cursor.execute(_SETTLE, ["2026-01-01", message_id])
                cursor.execute("RELEASE SAVEPOINT step")
            cursor.commit()


def _lane(office: Office, flow: int) -> None:
    """Let the product drain the lane, as its job does."""
    with office.registry.cursor() as cursor:
        environment(cursor)["integration.flow"].browse(flow)._as_service()._drain()


def _rate(office: Office, work: Any, flow: int) -> float:
    """Return how many messages a second the work settles."""
    office.receive([flow], MESSAGES)
    begun = time.perf_counter()
    work(office, flow)
    rate = MESSAGES / (time.perf_counter() - begun)
    office.wait_settled()
    return rate


def run(arguments: argparse.Namespace) -> bool:
    """Measure, print the table, write the JSON; return whether the figure holds."""
    modules = [name for name in arguments.modules.split(",") if name]
    with suite_registry("steps", modules) as (_name, registry):
        office = Office(registry, ["http://127.0.0.1:9"])
        [flow] = office.inbound
        _rate(office, _lane, flow)  # fills caches
        rates: dict[Any, list[float]] = {_bare: [], _lane: []}
        with progress.step(f"{TURNS} turns of the lane and the bare loop"):
            for number in range(TURNS):
                for work in (_bare, _lane) if number % 2 else (_lane, _bare):
                    rates[work].append(_rate(office, work, flow))
    ratio = ratio_of(rates[_bare], rates[_lane])
    holds = ratio.median >= LIMIT
    bare, lane = (statistics.median(rates[work]) for work in (_bare, _lane))
    print(f"\nInbound steps a second, medians: bare loop {bare:.0f}, lane {lane:.0f}")
    print("  {:.2f}× ({:.2f} – {:.2f})".format(*ratio.values), f" limit ≥ {LIMIT}×")
    print(f"  {'holds' if holds else 'FAILS'}")
    report = write(
        "message_steps",
        arguments,
        holds,
        ratio=[round(value, 3) for value in ratio.values],
        turns={"bare": rates[_bare], "lane": rates[_lane]},
    )
    return report["holds"]
