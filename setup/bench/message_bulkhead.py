"""Five partners of which one hangs: do messages for the other four still go as fast?

A real server with queue_job's runner sends messages to five HTTP servers of this program. In turns
the fifth one hangs (it takes requests and never answers, its breaker closed again before each turn)
or gets nothing at all. A turn has two parts: more messages than can be sent in its time, for the
throughput of the healthy four, and a steady stream, for the delay from commit to receipt.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

from psycopg2 import OperationalError

from provision import paths, progress
from testing.processes import OdooServer
from testing.waiting import wait_until

from .database import environment, suite_registry
from .message_partner import Partner
from .report import write
from .statistics_of import ratio_of

HEALTHY = 4
#: As the README says: more places than partners, so that one of them may hang.
CHANNELS = "root:6"
TURNS = 4
#: More than the server sends to one partner in the seconds that are measured.
BACKLOG, SECONDS = 1200, 20.0
STREAM_SECONDS, STREAM_PAUSE = 10.0, 0.4
THROUGHPUT, DELAY = 0.9, 1.5
PATIENCE = 300.0


class Bench:
    """The database, its server and the partners."""

    def __init__(self, registry: Any, partners: list[Partner]) -> None:
        self.registry = registry
        self.partners = partners
        with registry.cursor() as cursor:
            env = environment(cursor)
            system = env["integration.system"].create(
                {"name": "Bulkhead", "code": "bulkhead", "environment": "test"}
            )
            endpoints = env["integration.endpoint"].create(
                [
                    {
                        "name": f"Partner {number}",
                        "code": f"bulkhead.{number}",
                        "system_id": system.id,
                        "base_url": partner.url,
                        "allowed_networks": "127.0.0.0/8",
                    }
                    for number, partner in enumerate(partners)
                ]
            )
            self.flows = (
                env["integration.flow"]
                .create(
                    [
                        {
                            "name": f"To {endpoint.name}",
                            "code": endpoint.code,
                            "system_id": system.id,
                            "endpoint_id": endpoint.id,
                            "direction": "outbound",
                            "handler": "integration.handler.noop",
                            "message_type": "bulkhead",
                        }
                        for endpoint in endpoints
                    ]
                )
                .ids
            )
            self.endpoints = endpoints.ids

    def emit(self, flows: list[int], count: int) -> dict[str, float]:
        """Commit so many messages a flow; return the moment of the commit by message."""
        with self.registry.cursor() as cursor:
            env = environment(cursor)
            keys = [
                {"res_model": "res.partner", "res_id": 1, "payload": '{"level": 1}'}
                for _number in range(count)
            ]
            made = env["integration.flow"].browse(flows)._emit(keys)
            uids = made.mapped("message_uid")
            cursor.commit()
        at = time.monotonic()
        return dict.fromkeys(uids, at)

    def healthy(self, sent: dict[str, float]) -> list[tuple[float, float]]:
        """Return (sent, received) of the messages that the healthy partners have."""
        found = {}
        for partner in self.partners[:HEALTHY]:
            found.update(partner.received)
        return [(sent[uid], found[uid]) for uid in sent if uid in found]

    def wait(self, sent: dict[str, float], count: int) -> list[tuple[float, float]]:
        """Wait until the healthy partners have so many of the messages."""
        wait_until(
            lambda: len(self.healthy(sent)) >= count, PATIENCE, f"{count} messages", interval=0.05
        )
        return self.healthy(sent)

    def turn(self, hangs: bool) -> dict[str, float]:
        """Measure one turn; return messages a second and the 95th percentile of the delay."""
        flows = self.flows if hangs else self.flows[:HEALTHY]
        hanging = self.partners[HEALTHY]
        if hangs:
            hanging.hang()
            # The breaker has seen nothing yet: that is the worst case.
            self.emit(self.flows[HEALTHY:], 20)
            wait_until(lambda: hanging.hung, PATIENCE, "a call that hangs", interval=0.02)
        sent = self.emit(flows, BACKLOG)
        begun = min(at for _sent, at in self.wait(sent, 1))
        time.sleep(max(begun + SECONDS - time.monotonic(), 0))
        received = [at for _sent, at in self.healthy(sent) if at <= begun + SECONDS]
        figures = {"throughput": len(received) / SECONDS}
        self.forget(self.flows[:HEALTHY])
        sent = {}
        until, count = time.monotonic() + STREAM_SECONDS, 0
        while time.monotonic() < until:
            sent.update(self.emit(flows, 1))
            count += HEALTHY
            time.sleep(STREAM_PAUSE)
        delays = sorted(at - begun for begun, at in self.wait(sent, count))
        figures["p95_ms"] = delays[int(len(delays) * 0.95)] * 1000
        figures["hung_calls"] = hanging.hung
        self.reset()
        return figures

    def forget(self, flows: list[int]) -> None:
        """Cancel what waits in lanes, until nothing is in work either."""

        def idle() -> bool:
            with self.registry.cursor() as cursor:
                cursor.execute(
                    """UPDATE integration_message SET state = 'cancelled'
                        WHERE id IN (SELECT id FROM integration_message
                                      WHERE flow_id = ANY(%s) AND state IN ('pending', 'retry')
                                        FOR UPDATE SKIP LOCKED)""",
                    (flows,),
                )
                cursor.execute(
                    """SELECT 1 FROM integration_message
                        WHERE flow_id = ANY(%s) AND state IN ('pending', 'retry', 'processing')""",
                    (flows,),
                )
                busy = cursor.fetchone()
                cursor.commit()
                return not busy

        def quiet() -> bool:
            try:
                return idle()
            except OperationalError:
                return False  # a lane has just settled one of them

        wait_until(quiet, PATIENCE, "lanes without work", interval=0.2)

    def reset(self) -> None:
        """Let the fifth partner answer, forget what waits for him, close his breaker."""
        hanging = self.partners[HEALTHY]
        hanging.release()
        self.forget(self.flows[HEALTHY:])
        with self.registry.cursor() as cursor:
            cursor.execute(
                """UPDATE integration_endpoint
                      SET breaker_state = 'closed', breaker_failures = 0, breaker_timeouts = 0,
                          breaker_trips = 0, breaker_until = NULL, breaker_probe = NULL,
                          breaker_closed_at = NULL
                    WHERE id = %s""",
                (self.endpoints[HEALTHY],),
            )
            cursor.commit()
        hanging.hung = 0


def run(arguments: argparse.Namespace) -> bool:
    """Measure, print the table, write the JSON; return whether the figures hold."""
    modules = [name for name in arguments.modules.split(",") if name]
    partners = [Partner() for _number in range(HEALTHY + 1)]
    logs = paths.WORK / "logs" / "bench"
    try:
        with suite_registry("bulkhead", modules) as (name, registry):
            bench = Bench(registry, partners)
            with OdooServer(name, logs / "bulkhead.log", channels=CHANNELS) as server:
                server.wait_ready()
                server.wait_runner()
                bench.turn(hangs=False)  # fills caches and pools
                turns: dict[bool, list[dict[str, float]]] = {True: [], False: []}
                with progress.step(f"{TURNS} turns with a hanging partner, as many without"):
                    for number in range(TURNS):
                        for hangs in (False, True) if number % 2 else (True, False):
                            turns[hangs].append(bench.turn(hangs))
    finally:
        for partner in partners:
            partner.close()
    report = _report(arguments, turns)
    return report["holds"]


def _report(
    arguments: argparse.Namespace, turns: dict[bool, list[dict[str, float]]]
) -> dict[str, Any]:
    throughput, delay = (
        ratio_of([turn[name] for turn in turns[False]], [turn[name] for turn in turns[True]])
        for name in ("throughput", "p95_ms")
    )
    print("\nFour healthy partners, medians      without   with a hanging one  ratio (95 %)")
    for title, name, ratio, limit in (
        ("messages a second", "throughput", throughput, f"≥ {THROUGHPUT}"),
        ("p95 from commit to receipt, ms", "p95_ms", delay, f"≤ {DELAY}"),
    ):
        without, hanging = (
            statistics.median(turn[name] for turn in turns[hangs]) for hangs in (False, True)
        )
        print(
            f"  {title:<32}{without:9.1f}{hanging:21.1f}  {{:.2f}} ({{:.2f}} – {{:.2f}})".format(
                *ratio.values
            )
            + f"  limit {limit}"
        )
    holds = throughput.median >= THROUGHPUT and delay.median <= DELAY
    print(f"  {'holds' if holds else 'FAILS'}")
    return write(
        "message_bulkhead",
        arguments,
        holds,
        channels=CHANNELS,
        throughput_ratio=[round(value, 3) for value in throughput.values],
        p95_ratio=[round(value, 3) for value in delay.values],
        turns={"with": turns[True], "without": turns[False]},
    )
