"""A warehouse that does not find everything it was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .scenario import Scenario

PATIENCE = 120


def ship_half(scenario: Scenario) -> None:
    """Let customers order until the main warehouse could ship half of an order."""
    warehouse = scenario.stack.partners["wms-main"]
    warehouse.behaviour(auto_ship=False)
    try:
        release: dict[str, Any] = {"lines": []}
        while sum(line["quantity"] for line in release["lines"]) < 2:
            known = len(warehouse.ledger("releases"))
            scenario.order(seed=4)
            released = warehouse.wait_for("releases", known + 1, timeout=PATIENCE)
            release = max(released, key=lambda row: row["accepted_at"])
            _ship_half(scenario, release)
    finally:
        warehouse.behaviour(auto_ship=True)


def _ship_half(scenario: Scenario, release: dict[str, Any]) -> None:
    """Let the warehouse ship half of the pieces of a release, and at least one."""
    left = max(1, int(sum(line["quantity"] for line in release["lines"]) // 2))
    lines = []
    for line in release["lines"]:
        quantity = min(left, line["quantity"])
        left -= quantity
        lines.append({"line_id": line["line_id"], "quantity": quantity})
    scenario.stack.partners["wms-main"].control(
        "POST", "ship", {"reference": release["reference"], "lines": lines}
    )
