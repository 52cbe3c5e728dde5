"""How many messages a second, beside plain jobs that do nothing, on one server in turns.

Outbound messages are each claimed, committed, sent to a server of this program, logged and
settled; inbound ones are processed by a handler that makes no document. Jobs and messages share
the same channels.
"""

from __future__ import annotations

import argparse
import statistics
from typing import Any

from provision import paths, progress
from testing.processes import OdooServer

from .database import suite_registry
from .message_office import Office
from .message_partner import Partner
from .report import write
from .statistics_of import ratio_of

LANES, CHANNELS = 4, "root:4"
TURNS = 7
#: Enough for some seconds of each.
JOBS, OUTBOUND, INBOUND = 240, 150, 800
LIMITS = {"outbound": 2.0, "inbound": 10.0}


def _turn(office: Office) -> dict[str, float]:
    """Measure jobs and messages once; return how many a second."""
    committed = office.enqueue(JOBS)
    rates = {"jobs": JOBS / (office.wait_jobs() - committed)}
    committed = max(office.emit(office.outbound, OUTBOUND).values())
    rates["outbound"] = OUTBOUND * LANES / (office.wait_settled() - committed)
    office.wait_jobs()
    committed = office.receive(office.inbound, INBOUND)
    rates["inbound"] = INBOUND * LANES / (office.wait_settled() - committed)
    office.wait_jobs()
    return rates


def run(arguments: argparse.Namespace) -> bool:
    """Measure, print the table, write the JSON; return whether the figures hold."""
    modules = [name for name in arguments.modules.split(",") if name]
    partners = [Partner(seconds=0) for _lane in range(LANES)]
    log = paths.WORK / "logs" / "bench" / "throughput.log"
    try:
        with suite_registry("throughput", modules) as (name, registry):
            office = Office(registry, [partner.url for partner in partners])
            with OdooServer(name, log, channels=CHANNELS) as server:
                server.wait_ready()
                server.wait_runner()
                _turn(office)  # fills caches and pools
                with progress.step(f"{TURNS} turns of jobs, outbound and inbound messages"):
                    turns = [_turn(office) for _number in range(TURNS)]
    finally:
        for partner in partners:
            partner.close()
    return _report(arguments, turns)["holds"]


def _report(arguments: argparse.Namespace, turns: list[dict[str, float]]) -> dict[str, Any]:
    jobs = [turn["jobs"] for turn in turns]
    print(f"\nA second, medians; plain jobs: {statistics.median(jobs):.0f}")
    ratios = {}
    for name, limit in LIMITS.items():
        ratio = ratios[name] = ratio_of(jobs, [turn[name] for turn in turns])
        rate = statistics.median(turn[name] for turn in turns)
        print(
            f"  {name + ' messages':<20}{rate:8.0f}  "
            + "{:.1f}× ({:.1f} – {:.1f})".format(*ratio.values)
            + f"  limit ≥ {limit:g}×"
        )
    holds = all(ratios[name].median >= limit for name, limit in LIMITS.items())
    print(f"  {'holds' if holds else 'FAILS'}")
    return write(
        "message_throughput",
        arguments,
        holds,
        channels=CHANNELS,
        ratios={name: [round(value, 2) for value in r.values] for name, r in ratios.items()},
        turns=turns,
    )
