"""10,000 messages to five partners, two servers: one partner is dead, one server is killed.

Both servers have a job runner on one database. One partner refuses every connection until the rest
is done; one flaps, one answers 200 with garbage now and then, and one takes a call and answers only
when the server that called was killed. INTEGRATION_MONITOR_STORM: so many messages a partner.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lanes import Lanes
from partner import Partner

from provision import templates
from testing.waiting import wait_until

EACH = int(os.environ.get("INTEGRATION_MONITOR_STORM") or 2000)
INBOUND = 500
FLAPS, BABBLES, HANGS, DEAD = 1, 2, 3, 4
# A killed server's jobs are taken over by queue_job within 70 seconds, its claims by the sweep.
PATIENCE = 600.0


@pytest.fixture(scope="module")
def storm(new_database: Callable[[str], str], log_folder: Path) -> Iterator[dict[str, Any]]:
    """Let the storm pass; yield the lanes and what was seen on the way."""
    partners = [Partner() for _number in range(5)]
    for partner in partners[:DEAD]:
        partner.open()
    partners[FLAPS].fault = lambda number: 503 if number % 40 < 2 else None
    partners[BABBLES].fault = lambda number: "garbage" if number % 10 == 0 else None
    # Once it is under way, and only the call that is killed: later ones are answered.
    partners[HANGS].fault = lambda number: "hang" if number == EACH // 8 else None
    database = new_database(templates.suite_template())
    lanes = Lanes(database, log_folder, partners, outbound=EACH, inbound=INBOUND)
    servers = [lanes.server(name, "root:6") for name in ("first", "second")]
    seen: dict[str, Any] = {"lanes": lanes}
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.wait_ready()
        [hanging] = wait_until(lambda: partners[HANGS].hanging, PATIENCE, "a call that hangs")
        seen["hanging"] = hanging
        # Which of the two calls is the runners' choice: the caller's connection says it.
        caller = lanes.caller(partners[HANGS].port)
        victim = next(server for server in servers if server.pid == caller)
        seen["states"] = lanes.states()
        victim.kill9()
        partners[HANGS].release()
        lanes.wait_finished(PATIENCE, *lanes.flows["outbound"][:DEAD], lanes.flows["inbound"])
        seen["waiting"] = lanes.states(lanes.flows["outbound"][DEAD])
        partners[DEAD].open()
        lanes.wait_finished(PATIENCE)
        yield seen
    finally:
        for server in servers:
            server.kill9()
            server.close()
        for partner in partners:
            partner.close()


def test_count_in_count_out(storm: dict[str, Any]) -> None:
    """A message is lost in the storm, or has its effect at another partner or not at all."""
    lanes = storm["lanes"]
    assert lanes.states() == {"done": 5 * EACH + INBOUND}
    for partner, flow in zip(lanes.partners, lanes.flows["outbound"], strict=True):
        assert partner.effects == lanes.keys(flow)
        assert len(partner.effects) == EACH


def test_called_once_but_for_the_killed(storm: dict[str, Any]) -> None:
    """Partners get messages twice that nobody was killed with."""
    lanes = storm["lanes"]
    # Each lane has one call at a time: what the killed server had in its hands is repeated.
    for partner in lanes.partners:
        assert partner.repeated.total() <= 1
    assert lanes.settled_twice() == []


def test_killed_in_a_call(storm: dict[str, Any]) -> None:
    """The repetition of a call that a kill interrupted has another key: the effect is doubled."""
    lanes = storm["lanes"]
    assert lanes.partners[HANGS].repeated[storm["hanging"]] == 1
    [(attempts,)] = lanes.query(
        "SELECT attempt_count FROM integration_message WHERE idempotency_key = %s",
        storm["hanging"],
    )
    assert attempts == 2


def test_dead_partner_costs_no_message(storm: dict[str, Any]) -> None:
    """Messages for a dead partner use up their attempts, and die, before he is back."""
    # In work is the one that tries whether he answers again.
    assert storm["waiting"].keys() <= {"pending", "retry", "processing"}
    assert sum(storm["waiting"].values()) == EACH
    # It was under way when the server was killed.
    assert storm["states"]["pending"] > 0


def test_no_exception_is_left(storm: dict[str, Any]) -> None:
    """Somebody must look at what put itself right."""
    lanes = storm["lanes"]
    assert lanes.query("SELECT name FROM integration_exception WHERE is_open") == []
