"""A database with lanes to partners of this program, and lanes from them, for the benchmarks."""

from __future__ import annotations

import json
import time
from typing import Any

from testing.waiting import wait_until

from .database import environment

PATIENCE = 300.0


class Office:
    """Outbound lanes, one for each partner's address, as many inbound lanes, and plain jobs."""

    def __init__(self, registry: Any, addresses: list[str], code: str = "bench") -> None:
        self.registry = registry
        with registry.cursor() as cursor:
            env = environment(cursor)
            system = env["integration.system"].create(
                {"name": code, "code": code, "environment": "test"}
            )
            endpoints = env["integration.endpoint"].create(
                [
                    {
                        "name": f"{code} {number}",
                        "code": f"{code}.{number}",
                        "system_id": system.id,
                        "base_url": address,
                        "allowed_networks": "127.0.0.0/8",
                    }
                    for number, address in enumerate(addresses)
                ]
            )
            made = env["integration.flow"].create(
                [
                    {
                        "name": f"{direction} {endpoint.code}",
                        "code": f"{direction}.{endpoint.code}",
                        "system_id": system.id,
                        "endpoint_id": endpoint.id if direction == "outbound" else False,
                        "direction": direction,
                        "handler": "integration.handler.noop",
                        "message_type": code,
                    }
                    for direction in ("outbound", "inbound")
                    for endpoint in endpoints
                ]
            )
            self.endpoints = endpoints.ids
            self.outbound = made.filtered(lambda flow: flow.direction == "outbound").ids
            self.inbound = (made - made.browse(self.outbound)).ids

    def emit(self, flows: list[int], count: int) -> dict[str, float]:
        """Commit so many outbound messages a flow; return the moment of the commit by key."""
        with self.registry.cursor() as cursor:
            env = environment(cursor)
            keys = [
                {"res_model": "res.partner", "res_id": 1, "payload": '{"level": 1}'}
                for _number in range(count)
            ]
            uids = env["integration.flow"].browse(flows)._emit(keys).mapped("message_uid")
            cursor.commit()
        at = time.monotonic()
        return dict.fromkeys(uids, at)

    def receive(self, flows: list[int], count: int) -> float:
        """Commit so many inbound messages a flow; return the moment of the commit."""
        with self.registry.cursor() as cursor:
            env = environment(cursor)
            for flow in env["integration.flow"].browse(flows):
                for number in range(count):
                    body = json.dumps({"number": number, "at": time.monotonic_ns()})
                    flow._receive(body.encode(), {}, content_type="application/json")
            cursor.commit()
        return time.monotonic()

    def enqueue(self, count: int) -> float:
        """Commit so many jobs that do nothing; return the moment of the commit."""
        with self.registry.cursor() as cursor:
            env = environment(cursor)
            for _number in range(count):
                env["queue.job"].with_delay()._test_job()
            cursor.commit()
        return time.monotonic()

    def wait_settled(self) -> float:
        """Wait until no message waits or is in work; return the moment.

        :raises AssertionError: a message ended otherwise than done
        """
        at = self._wait(
            "SELECT 1 FROM integration_message WHERE state IN ('pending', 'processing', 'retry')"
        )
        with self.registry.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM integration_message WHERE state <> 'done'")
            assert cursor.fetchone() == (0,), "not every message was done"
        return at

    def wait_jobs(self) -> float:
        """Wait until every job is done; return the moment."""
        return self._wait("SELECT 1 FROM queue_job WHERE state <> 'done'")

    def _wait(self, unfinished: str) -> float:
        """Wait until the statement finds nothing."""

        def finished() -> bool:
            with self.registry.cursor() as cursor:
                cursor.execute(f"{unfinished} LIMIT 1")
                return not cursor.fetchone()

        wait_until(finished, PATIENCE, unfinished, interval=0.02)
        return time.monotonic()
