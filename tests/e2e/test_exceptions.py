"""A partner that fails: retries, exceptions with an owner, buttons that work, and pauses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import ledgers
import pytest
from world import World

from demo.scenario import SHOPS
from testing.rpc import RpcError
from testing.waiting import wait_until

BOOKING = "carrier.booking"
KNOWN = SHOPS["shop-us"][1][0]


@pytest.fixture(autouse=True)
def _healthy(world: World) -> None:
    """Begin with healthy partners and a quick policy."""
    world.partners["carrier"].clear_faults()
    world.partners["wms-3pl"].clear_faults()
    world.set_policy(max_attempts=3, base_seconds=1, cap_seconds=1)


def ship(world: World, seed: int) -> str:
    """Let a customer order from the 3PL, whose parcels are booked at once; return the key."""
    return world.order(seed=seed, target="east")[0]


def picking_of(world: World, key: str) -> int:
    """Wait for the done delivery of an order; return its id."""
    statement = """SELECT p.id FROM stock_picking p JOIN sale_order o ON o.id = p.sale_id
                    WHERE o.integration_external_key = %s AND p.state = 'done'"""
    return wait_until(lambda: world.value(statement, key), 60, f"order {key} shipped")


def exception_of(world: World, picking: int) -> dict[str, Any]:
    """Wait for the open exception of a delivery, as its owner sees it."""
    return wait_until(
        lambda: world.person("oscar").search_read(
            "integration.exception",
            [
                ("is_open", "=", True),
                ("res_model", "=", "stock.picking"),
                ("res_id", "=", picking),
            ],
            [
                "name", "state", "error_class", "error_message", "amount_at_stake", "category",
                "user_id", "transaction_id", "message_id", "activity_ids", "document_name",
            ],
        ),
        60,
        f"an exception of delivery {picking}",
        interval=0.3,
    )[0]  # fmt: skip


def causes(world: World, keys: list[str]) -> list[str]:
    """Return what the orders wait for."""
    statement = """SELECT t.cause FROM integration_transaction t
                     JOIN sale_order o ON t.res_model = 'sale.order' AND t.res_id = o.id
                    WHERE o.integration_external_key = ANY(%s)"""
    return [row[0] for row in world.query(statement, keys)]


def bookings(world: World, picking: int) -> list[dict[str, Any]]:
    """Return the requests to book a delivery that the carrier received, oldest first."""
    name = world.value("SELECT name FROM stock_picking WHERE id = %s", picking)
    requests = world.partners["carrier"].ledger("requests", method="POST", path="/shipments")
    return [request for request in requests if name in request["body"]]


def wake_ups(world: World, flow: str) -> int:
    """Return how many jobs were ever enqueued to work on a flow's messages."""
    return world.value(
        """SELECT count(*) FROM queue_job j JOIN integration_flow f
               ON (j.records #>> '{}')::jsonb -> 'ids' @> to_jsonb(f.id)
            WHERE j.model_name = 'integration.flow' AND j.method_name = '_drain' AND f.code = %s""",
        flow,
    )


def state_of(world: World, exception: dict[str, Any]) -> tuple[str, str]:
    """Return (state, resolution) of an exception."""
    statement = "SELECT state, resolution FROM integration_exception WHERE id = %s"
    return world.query(statement, exception["id"])[0]


def test_carrier_down_then_healed(world: World) -> None:
    """The carrier is down and nobody is told, or the button does not help when it is back."""
    carrier = world.partners["carrier"]
    carrier.faults({"kind": "status", "status": 503, "path": "/shipments", "method": "POST"})
    key = ship(world, 51)
    picking = picking_of(world, key)
    exception = exception_of(world, picking)
    [(order_id, name, total)] = world.query(
        "SELECT id, name, amount_total FROM sale_order WHERE integration_external_key = %s", key
    )
    assert exception["error_class"] == "server"
    assert exception["category"] in ("technical", "partner")
    assert exception["transaction_id"][1].startswith(name)
    assert exception["amount_at_stake"] == pytest.approx(float(total))
    assert exception["user_id"][1] == "Oscar Operator"
    assert len(exception["activity_ids"]) == 1
    [message] = world.query(
        "SELECT state, attempt_count FROM integration_message WHERE id = %s",
        exception["message_id"][0],
    )
    assert message == ("dead", 3)
    tried = bookings(world, picking)
    assert [request["status"] for request in tried] == [503] * 3
    assert len({request["idempotency_key"] for request in tried}) == 1
    _blame_names(world, order_id)

    carrier.clear_faults()
    with pytest.raises(RpcError) as refused:
        world.person("vera").call("integration.exception", "action_retry", [exception["id"]])
    assert refused.value.name == "odoo.exceptions.AccessError"
    world.person("oscar").call("integration.exception", "action_retry", [exception["id"]])
    wait_until(lambda: state_of(world, exception) == ("resolved", "retry"), 60, "resolved")
    world.wait_completed([key])
    ledgers.compare(world, [key])
    activities = """SELECT count(*) FROM mail_activity
                     WHERE res_model = 'integration.exception' AND res_id = %s AND active"""
    assert world.value(activities, exception["id"]) == 0, "a resolved matter is still to do"


def _blame_names(world: World, order: int) -> None:
    """The order says that it waits for the carrier."""
    [transaction] = world.person("oscar").search_read(
        "integration.transaction",
        [("res_model", "=", "sale.order"), ("res_id", "=", order)],
        ["waits_on", "cause"],
    )
    assert (transaction["waits_on"], transaction["cause"]) == ("Coastal Parcel", "message_failed")


def test_a_later_success_resolves_it(world: World) -> None:
    """The order is changed back in the shop and goes through; its exception stays for ever."""
    [key] = world.order(seed=52, skus=("LATE-PRODUCT",))
    exception = world.scenario.wait_exception([("source_value", "=", "LATE-PRODUCT")])
    # The shop delivers the order again, as a new event, with an article that everybody knows.
    shop = world.partners["shop-us"]
    [order] = [order for order in shop.ledger("orders") if order["key"] == key]
    for line in order["payload"]["line_items"]:
        line["sku"] = KNOWN
    shop.control(
        "POST",
        "orders",
        {"payload": order["payload"], "format": "shopify", "event_id": f"msg_again_{key}"},
    )
    world.wait_order(key)
    wait_until(lambda: state_of(world, exception) == ("resolved", "auto"), 30, "resolved by itself")
    assert world.orders_of(key) == 1


def test_retry_after_is_honoured(world: World) -> None:
    """A carrier that asks for a pause is called on and on, and blocks the account."""
    carrier = world.partners["carrier"]
    carrier.faults(
        {"kind": "rate_limit", "retry_after": 4, "count": 1, "path": "/shipments", "method": "POST"}
    )
    key = ship(world, 53)
    world.wait_completed([key])
    world.wait_quiet()
    # Whose booking is asked to wait: perhaps that of another order.
    requests = carrier.ledger("requests", method="POST", path="/shipments")
    times = [
        (datetime.fromisoformat(request["received_at"].replace("Z", "+00:00")), request["status"])
        for request in requests
    ]
    asked = max(index for index, (_moment, status) in enumerate(times) if status == 429)
    after = [
        times[index][0]
        for index in range(asked + 1, len(times))
        if requests[index]["body"] == requests[asked]["body"]
    ]
    assert after
    assert after[0] - times[asked][0] >= timedelta(seconds=4)
    ledgers.compare(world, [key])


@pytest.mark.parametrize("kind", ["reset", "reset_after", "hang_after", "status_after"])
def test_lost_answers(world: World, kind: str) -> None:
    """The line breaks after the carrier booked, and the repetition books a second parcel."""
    carrier = world.partners["carrier"]
    carrier.faults({"kind": kind, "count": 1, "path": "/shipments", "method": "POST"})
    usual = world.value("SELECT read_timeout FROM integration_endpoint WHERE code = 'carrier'")
    set_timeout = "UPDATE integration_endpoint SET read_timeout = %s WHERE code = 'carrier'"
    if kind == "hang_after":
        world.query(set_timeout, 3)
    try:
        key = ship(world, 54)
        picking = picking_of(world, key)
        world.wait_completed([key])
    finally:
        world.query(set_timeout, usual)
    ledgers.compare(world, [key])
    classes = {
        row[0]
        for row in world.query(
            """SELECT l.error_class FROM integration_log l
                 JOIN integration_message m ON m.id = l.message_id
                WHERE m.res_model = 'stock.picking' AND m.res_id = %s
                  AND l.kind = 'http_out' AND l.outcome = 'error'""",
            picking,
        )
    }
    expected = {"hang_after": {"timeout"}, "status_after": {"server"}}.get(kind, {"connect"})
    assert classes == expected


def test_slow_partner_holds_up_nobody_else(world: World) -> None:
    """One slow warehouse makes the orders of the other wait."""
    third = world.partners["wms-3pl"]
    third.faults({"kind": "latency", "seconds": 3, "path": "/releases", "count": 1})
    slow = ship(world, 55)
    third.wait_for("requests", timeout=60, fault="latency")
    [quick] = world.order(seed=56)
    world.wait_completed([slow, quick])
    ledgers.compare(world, [slow, quick])


@pytest.mark.parametrize("model", ["integration.flow", "integration.endpoint"])
def test_pause_and_resume(world: World, model: str) -> None:
    """A switched-off carrier is called all the same, or what waited is lost at resumption."""
    operator = world.person("oscar")
    code = BOOKING if model == "integration.flow" else "carrier"
    ids = operator.call(model, "search", [("code", "=", code)])
    with pytest.raises(RpcError):
        world.person("vera").call(model, "action_pause", ids)
    operator.call(model, "action_pause", ids)
    try:
        before = len(world.partners["carrier"].ledger("requests", path="/shipments"))
        keys = [ship(world, 57), ship(world, 58)]
        for key in keys:
            picking = picking_of(world, key)
            message = world.wait_message(BOOKING, "pending", res_id=picking)
            assert (message["held"], message["hold_reason"]) == (True, "paused")
            assert message["attempt_count"] == 0
        assert len(world.partners["carrier"].ledger("requests", path="/shipments")) == before
        wait_until(lambda: causes(world, keys) == ["paused"] * 2, 15, "orders that say paused")
        woken = wake_ups(world, BOOKING)
    finally:
        operator.call(model, "action_resume", ids)
    # The wake-up comes with the resumption: nothing that waited has to be swept up.
    assert wake_ups(world, BOOKING) > woken
    world.wait_completed(keys)
    ledgers.compare(world, keys)


def test_inbound_pause_keeps_orders(world: World) -> None:
    """Orders of a paused shop are refused, or worked on although it is paused."""
    operator = world.person("oscar")
    flow = operator.call("integration.flow", "search", [("code", "=", "shop-us.orders-east")])
    operator.call("integration.flow", "action_pause", flow)
    key = ship(world, 59)
    world.partners["shop-us"].wait_for("deliveries", subject=key, state="delivered", timeout=30)
    message = world.wait_message("shop-us.orders-east", "pending")
    assert message["held"]
    assert world.orders_of(key) == 0
    operator.call("integration.flow", "action_resume", flow)
    world.wait_completed([key])
    assert world.orders_of(key) == 1
