"""PostgreSQL is restarted in the middle: what was committed is there, the rest happens once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster
from lanes import Lanes
from partner import Partner

from provision import templates
from testing.waiting import wait_until

EACH, INBOUND = 150, 400
PATIENCE = 180.0


@pytest.fixture(scope="module")
def restarted(new_database: Callable[[str], str], log_folder: Path) -> Iterator[dict[str, Any]]:
    """Restart PostgreSQL while both partners are called; yield the lanes once all is settled."""
    partners = [Partner().open(), Partner().open()]
    # One call is under way when the server goes: its answer comes to nobody who could keep it.
    partners[1].fault = lambda number: "hang" if number == EACH // 4 else None
    database = new_database(templates.suite_template())
    try:
        with Cluster(database) as cluster:
            lanes = Lanes(
                database, log_folder, partners, outbound=EACH, inbound=INBOUND, env=cluster.env
            )
            # Without workers Odoo's scheduler ends with its connection, for good; with them Odoo
            # may end, when it looks while PostgreSQL is starting.
            with lanes.server("odoo", "root:3", workers=3) as server:
                server.wait_ready()
                [key] = wait_until(lambda: partners[1].hanging, PATIENCE, "a call that hangs")
                before = lanes.states()
                cluster.restart()
                partners[1].release()
                lanes.wait_finished(PATIENCE, server=server)
                yield {"lanes": lanes, "hanging": key, "before": before}
                server.kill9()
    finally:
        for partner in partners:
            partner.close()


def test_count_in_count_out(restarted: dict[str, Any]) -> None:
    """Messages are lost with the connection, or settled as done without their effect."""
    lanes = restarted["lanes"]
    assert restarted["before"]["pending"] > 0
    assert lanes.states() == {"done": 2 * EACH + INBOUND}
    for partner, flow in zip(lanes.partners, lanes.flows["outbound"], strict=True):
        assert partner.effects == lanes.keys(flow)


def test_interrupted_calls_keep_their_key(restarted: dict[str, Any]) -> None:
    """The answer that could not be kept makes a second effect."""
    lanes = restarted["lanes"]
    assert lanes.partners[1].repeated[restarted["hanging"]] == 1
    for partner in lanes.partners:
        # Each lane has one call at a time.
        assert partner.repeated.total() <= 1
    assert lanes.settled_twice() == []
