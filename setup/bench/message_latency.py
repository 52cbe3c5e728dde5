"""From the commit to the first attempt, beside a plain job that makes the same call.

Both are measured where they arrive, at a server of this program; the start of a job that does
nothing, by the line that the log has of it, is printed beside them. One at a time, in turns, on a
server that has nothing else to do.
"""

from __future__ import annotations

import argparse
import statistics
import time
from datetime import datetime, timezone
from typing import Any

from provision import paths, progress
from testing.processes import OdooServer
from testing.waiting import wait_until

from .database import environment, suite_registry
from .message_office import PATIENCE, Office
from .message_partner import Partner
from .report import write
from .statistics_of import ratio_of

CHANNELS = "root:4"
TURNS, SAMPLES, PAUSE = 10, 40, 0.05
LIMIT = 1.2
_STARTED = "SELECT occurred_at FROM integration_log WHERE kind = 'job' AND detail->>'uuid' = %s"


def _job(office: Office) -> float:
    """Commit a job that does nothing; return the milliseconds until it began."""
    with office.registry.cursor() as cursor:
        uuid = environment(cursor)["queue.job"].with_delay()._test_job().uuid
        cursor.commit()
    committed = datetime.now(timezone.utc).replace(tzinfo=None)

    def started() -> datetime | None:
        with office.registry.cursor() as cursor:
            cursor.execute(_STARTED, [uuid])
            row = cursor.fetchone()
            return row[0] if row else None

    return (wait_until(started, PATIENCE, "a job in the log") - committed).total_seconds() * 1000


def _call(office: Office, partner: Partner, number: int) -> float:
    """Commit a job that calls the partner; return the milliseconds until he had the call."""
    key = f"call {number}"
    with office.registry.cursor() as cursor:
        endpoint = environment(cursor)["integration.endpoint"].browse(office.endpoints[0])
        endpoint.with_delay()._call("POST", json={"level": 1}, idempotency_key=key)
        cursor.commit()
    committed = time.monotonic()
    wait_until(lambda: key in partner.received, PATIENCE, "a call at the partner")
    office.wait_jobs()
    return (partner.received.pop(key) - committed) * 1000


def _message(office: Office, partner: Partner) -> float:
    """Commit an outbound message; return the milliseconds until the partner had it."""
    [(key, committed)] = office.emit(office.outbound, 1).items()
    wait_until(lambda: key in partner.received, PATIENCE, "a message at the partner")
    office.wait_jobs()
    return (partner.received[key] - committed) * 1000


def _turn(office: Office, partner: Partner) -> dict[str, float]:
    """Measure jobs and messages in turns; return the 95th percentile of each, in ms."""
    samples: dict[str, list[float]] = {"job": [], "call": [], "message": []}
    for number in range(SAMPLES):
        samples["job"].append(_job(office))
        time.sleep(PAUSE)
        samples["call"].append(_call(office, partner, number))
        time.sleep(PAUSE)
        samples["message"].append(_message(office, partner))
        time.sleep(PAUSE)
    return {name: sorted(values)[int(SAMPLES * 0.95)] for name, values in samples.items()} | {
        f"{name}_median": statistics.median(values) for name, values in samples.items()
    }


def run(arguments: argparse.Namespace) -> bool:
    """Measure, print the table, write the JSON; return whether the figure holds."""
    modules = [name for name in arguments.modules.split(",") if name]
    partner = Partner(seconds=0)
    log = paths.WORK / "logs" / "bench" / "latency.log"
    try:
        with suite_registry("latency", modules) as (name, registry):
            office = Office(registry, [partner.url])
            with OdooServer(name, log, channels=CHANNELS) as server:
                server.wait_ready()
                server.wait_runner()
                _turn(office, partner)  # fills caches and pools
                with progress.step(f"{TURNS} turns of {SAMPLES} jobs and messages"):
                    turns = [_turn(office, partner) for _number in range(TURNS)]
    finally:
        partner.close()
    return _report(arguments, turns)["holds"]


def _report(arguments: argparse.Namespace, turns: list[dict[str, float]]) -> dict[str, Any]:
    print("\nFrom commit, ms, medians of turns      p95   median")
    for name, title in (
        ("job", "to the start of a plain job"),
        ("call", "a plain job's call to the partner"),
        ("message", "a message to the partner"),
    ):
        high, middle = (
            statistics.median(turn[key] for turn in turns) for key in (name, f"{name}_median")
        )
        print(f"  {title:<34}{high:8.1f}{middle:9.1f}")
    ratio = ratio_of([turn["call"] for turn in turns], [turn["message"] for turn in turns])
    holds = ratio.median <= LIMIT
    print("  p95: {:.2f} ({:.2f} – {:.2f})".format(*ratio.values), f" limit ≤ {LIMIT}")
    print(f"  {'holds' if holds else 'FAILS'}")
    return write(
        "message_latency",
        arguments,
        holds,
        channels=CHANNELS,
        ratio=[round(value, 3) for value in ratio.values],
        turns=turns,
    )
