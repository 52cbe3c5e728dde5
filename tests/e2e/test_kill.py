"""Power cuts: Odoo is killed where it hurts, and every order is made, shipped and paid once.

The places are reached by locks that the test holds on its own connection, and by the partners'
faults; the software under test is the one that runs everywhere. Two power cuts hit five workers:
the first the intake of orders, the second the warehouse and the carrier.
"""

from __future__ import annotations

import json
import time
from typing import Any

import ledgers
import pytest
from world import World

from testing.waiting import wait_until

# After the last start, with nothing but waiting: what operators are promised.
RECOVERY_SECONDS = 120


@pytest.fixture(scope="module")
def killed(world: World) -> dict[str, Any]:
    """Kill Odoo at all five places; return the orders' keys by place, and what was seen there."""
    # A call may hang until the power is cut: an operator gives a slow carrier more time.
    world.query("UPDATE integration_endpoint SET read_timeout = 90, deadline_seconds = 90")
    # The carrier reports parcels whose booking waits for the sweep after the last start.
    world.set_policy(max_attempts=8)
    seen: dict[str, Any] = {}
    keys = {**_cut_intake(world, seen), **_cut_fulfilment(world, seen)}
    started = world.restart()
    world.wait_completed(list(keys.values()), RECOVERY_SECONDS)
    seen["recovered_after"] = time.monotonic() - started
    return {**keys, "seen": seen}


def _cut_intake(world: World, seen: dict[str, Any]) -> dict[str, str]:
    """Kill in the middle of a handler, and right after an order was acknowledged."""
    with world.locked("LOCK TABLE sale_order_line IN SHARE ROW EXCLUSIVE MODE"):
        [handler] = world.order(seed=31)
        world.wait_blocked("sale_order_line")
        # Jobs can be enqueued, not begun: the acknowledged message is untouched.
        with world.locked("LOCK TABLE queue_job_lock IN SHARE MODE"):
            [insert] = world.order(seed=32, target="east")
            shop = world.partners["shop-us"]
            shop.wait_for("deliveries", timeout=90, subject=insert, state="delivered")
            seen["insert"] = world.wait_message("shop-us.orders-east", "pending")
            seen["handler"] = world.wait_message("shop-us.orders", "processing")
            world.odoo.kill9()
    seen["handler_orders"] = world.orders_of(handler)
    world.restart()
    return {"handler": handler, "insert": insert}


def _cut_fulfilment(world: World, seen: dict[str, Any]) -> dict[str, str]:
    """Kill after a call and before its settlement, before the commit of a picking, in a call."""
    main, third = world.partners["wms-main"], world.partners["wms-3pl"]
    third.behaviour(auto_ship=False)
    main.faults({"kind": "hang", "path": "/releases"})
    [settle] = world.order(seed=33)
    [commit], [call] = (world.order(seed=seed, target="east") for seed in (34, 35))
    # A release hangs in the partner's hands: its picking can be locked before the answer.
    [release] = main.wait_for("requests", timeout=90, fault="hang")
    reference = json.loads(release["body"])["reference"]
    released = {key: _wait_released(world, key) for key in (commit, call)}
    picking = "SELECT 1 FROM stock_picking WHERE name = %s FOR UPDATE"
    with world.locked(picking, reference):
        main.clear_faults()
        world.wait_blocked("stock_picking")
        seen["settle"] = world.wait_message("wms-main.release", "processing")
        world.partners["carrier"].faults({"kind": "hang_after", "path": "/shipments"})
        third.control("POST", "ship", {"reference": released[call]})
        world.partners["carrier"].wait_for("shipments", timeout=90, reference=released[call])
        seen["call"] = world.wait_message("carrier.booking", "processing")
        with world.locked("LOCK TABLE integration_milestone IN SHARE ROW EXCLUSIVE MODE"):
            third.control("POST", "ship", {"reference": released[commit]})
            world.wait_blocked("integration_milestone")
            seen["commit"] = world.wait_message("wms-3pl.shipment", "processing")
            world.odoo.kill9()
    states = "SELECT state, carrier_tracking_ref FROM stock_picking WHERE name = %s"
    seen["commit_picking"] = world.query(states, released[commit])
    seen["call_picking"] = world.query(states, released[call])
    world.partners["carrier"].clear_faults()
    third.behaviour(auto_ship=True)
    # The order whose intake was cut may have been released while the warehouse shipped nothing.
    for waiting in third.ledger("releases", status="accepted"):
        if waiting["reference"] not in released.values():
            third.control("POST", "ship", {"reference": waiting["reference"]})
    return {"settle": settle, "commit": commit, "call": call}


def _release_of(world: World, key: str) -> str:
    """Return the transfer of an order that is released to its warehouse."""
    order = world.wait_order(key)
    return world.value(
        """SELECT p.name FROM stock_picking p JOIN integration_message m
               ON m.res_model = 'stock.picking' AND m.res_id = p.id
             JOIN integration_flow f ON f.id = m.flow_id
            WHERE p.sale_id = %s AND f.handler = 'integration.handler.wms.release'""",
        order["id"],
    )


def _wait_released(world: World, key: str) -> str:
    """Wait until Odoo knows that the warehouse took the order's transfer; return its name."""
    reference = _release_of(world, key)
    known = "SELECT integration_release_ref FROM stock_picking WHERE name = %s"
    wait_until(lambda: world.value(known, reference), 60, f"{reference} released")
    return reference


def test_after_the_insert(world: World, killed: dict[str, Any]) -> None:
    """An order that the shop saw accepted is gone after a power cut."""
    assert killed["seen"]["insert"]["attempt_count"] == 0
    ledgers.compare(world, [killed["insert"]])


def test_in_the_middle_of_a_handler(world: World, killed: dict[str, Any]) -> None:
    """Half an order stays behind, or the order is made twice."""
    assert killed["seen"]["handler"]["attempt_count"] == 1
    assert killed["seen"]["handler_orders"] == 0
    ledgers.compare(world, [killed["handler"]])


def test_after_a_call_before_its_settlement(world: World, killed: dict[str, Any]) -> None:
    """The warehouse took the release, Odoo forgot it, and releases the order again."""
    assert killed["seen"]["settle"]["called_at"]
    ledgers.compare(world, [killed["settle"]])


def test_before_the_commit_of_a_picking(world: World, killed: dict[str, Any]) -> None:
    """A shipment is booked half: goods left without milestone, parcel or back order."""
    assert killed["seen"]["commit_picking"] == [("assigned", None)]
    ledgers.compare(world, [killed["commit"]])


def test_during_the_carrier_call(world: World, killed: dict[str, Any]) -> None:
    """The carrier booked, its answer was lost, and the parcel is booked and paid twice."""
    assert killed["seen"]["call_picking"] == [("done", None)]
    requests = world.partners["carrier"].ledger("requests", method="POST", path="/shipments")
    of_key = [
        request
        for request in requests
        if request["idempotency_key"] == killed["seen"]["call"]["idempotency_key"]
    ]
    assert len(of_key) >= 2, "the call was not repeated under its key"
    assert sum(request["executed"] for request in of_key) == 1
    ledgers.compare(world, [killed["call"]])


def test_recovery_needs_nobody(world: World, killed: dict[str, Any]) -> None:
    """After a power cut somebody must press a button, or wait longer than promised."""
    assert killed["seen"]["recovered_after"] < RECOVERY_SECONDS
    world.wait_quiet()
    assert world.query("SELECT name FROM integration_exception WHERE is_open") == []
    ledgers.compare_stock(world)
