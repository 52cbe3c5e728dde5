"""The same with prefork workers, as production servers run Odoo."""

from __future__ import annotations

from typing import Any

import ledgers
import pytest
from world import World


@pytest.fixture(scope="module")
def world_options() -> dict[str, Any]:
    """Return the options of a server with two worker processes."""
    return {"workers": 2}


def test_order_to_cash_with_workers(world: World) -> None:
    """With several processes an order is made twice, or jobs and log lines get lost."""
    shop = world.partners["shop-us"]
    # The same delivery reaches both workers at once.
    shop.faults(
        {"kind": "duplicate", "direction": "out", "count": 2, "copies": 2, "concurrent": True}
    )
    keys = world.order(count=3, mix=("plain", "repeat_customer"), seed=61)
    keys += world.order(count=2, target="east", seed=62)
    world.wait_completed(keys)
    ledgers.compare(world, keys)
    ledgers.compare_correlation(world, keys)
    world.wait_quiet()
    ledgers.compare_stock(world)
    assert world.query("SELECT name, error_message FROM integration_exception") == []
