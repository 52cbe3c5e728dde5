"""What must not come in, and orders that a person has to put right first."""

from __future__ import annotations

import json
import time
from typing import Any

import ledgers
import pytest
import requests
from world import PAYLOADS, World

from provision import databases
from testing.waiting import wait_until

FLOW = "shop-us.orders"


def refused(world: World, answer: requests.Response, status: int, slug: str) -> None:
    """Assert that a delivery was refused as problem+json, kept nowhere, and logged."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status and problem["type"].endswith(slug)
    assert problem["title"] and problem["detail"]
    correlation = answer.headers["X-Correlation-ID"]
    logged = wait_until(
        lambda: world.query(
            """SELECT status_code, outcome, retention_class, count FROM integration_log
                WHERE kind = 'webhook_in' AND fingerprint = %s""",
            f"webhook_in:{slug}",
        ),
        30,
        f"the refusal {slug} in the log",
    )
    assert all(row[:3] == (status, "refused", "refused") and row[3] >= 1 for row in logged)
    kept = "SELECT count(*) FROM integration_message WHERE correlation_id = %s"
    assert not world.value(kept, correlation), "a refused delivery was kept"


def test_unknown_flow(world: World) -> None:
    """A shop posts to an address that does not exist and believes the order arrived."""
    refused(world, world.deliver("no-such-flow", b"{}"), 404, "unknown-flow")


def test_bad_signature(world: World) -> None:
    """Anybody on the internet orders in a customer's name."""
    body = b'{"id": 1}'
    refused(world, world.deliver(FLOW, body), 401, "unauthenticated")
    forged = {**world.sign(FLOW, body, "msg_forged"), "webhook-signature": "v1,Zm9yZ2Vk"}
    refused(world, world.deliver(FLOW, body, **forged), 401, "unauthenticated")
    changed = world.sign(FLOW, body, "msg_changed")
    refused(world, world.deliver(FLOW, b'{"id": 2}', **changed), 401, "unauthenticated")


def test_malformed_body(world: World) -> None:
    """A cut-off order is kept, and fails later without the shop sending it again."""
    refused(world, world.deliver(FLOW, b'{"id": 1', "msg_malformed"), 400, "malformed")


def test_oversize_body(world: World) -> None:
    """One delivery fills the memory of the server."""
    limit = world.value("SELECT webhook_max_kb FROM integration_flow WHERE code = %s", FLOW)
    body = b'{"note": "' + b"x" * (limit * 1024) + b'"}'
    refused(world, world.deliver(FLOW, body, "msg_oversize"), 413, "too-large")


def test_a_locked_log_holds_nobody_up(world: World) -> None:
    """An upgrade locks the log, and every partner waits for it until he gives up."""
    logged = "SELECT count(*) FROM integration_log WHERE status_code = 405"
    with databases.cursor(world.stack.database) as cr:
        cr.execute("BEGIN; LOCK TABLE integration_log_data IN ACCESS EXCLUSIVE MODE")
        begun = time.monotonic()
        answer = requests.get(f"{world.odoo.url}/integration/webhook/{FLOW}", timeout=30)
        took = time.monotonic() - begun
        cr.execute("ROLLBACK")
    assert answer.status_code == 405, answer.text
    assert took < 1.5, "the answer waited for the log, which gives up after two seconds"
    wait_until(lambda: world.value(logged) == 1, 30, "the refusal in the log")


def test_refusals_are_counted(world: World) -> None:
    """Somebody guesses signatures all night, and no figure shows it."""
    before = counted(world)
    for _attempt in range(5):
        world.deliver(FLOW, b"{}")

    def written() -> bool:
        # Repetitions are put together for ten seconds, and written with the next refusal.
        world.deliver(FLOW, b"{}")
        return counted(world) >= before + 5

    wait_until(written, 30, "five more refusals counted", interval=1)


def counted(world: World) -> int:
    """Return how many wrong signatures the log counts."""
    statement = "SELECT COALESCE(SUM(count), 0) FROM integration_log WHERE fingerprint = %s"
    return world.value(statement, "webhook_in:unauthenticated")


def test_duplicate_delivery(world: World) -> None:
    """The shop sends an order twice, at once and again later, and it is shipped twice."""
    shop = world.partners["shop-us"]
    shop.faults(
        {"kind": "duplicate", "direction": "out", "count": 1, "copies": 3, "concurrent": True}
    )
    [key] = world.order(seed=41)
    # The answer is lost: the shop believes that nothing arrived and delivers again.
    shop.faults({"kind": "lost_answer", "direction": "out", "count": 1})
    [again] = world.order(seed=42)
    for each in (key, again):
        world.wait_order(each)
        shop.wait_for("deliveries", subject=each, state="delivered", timeout=60)
    world.wait_completed([key, again])
    ledgers.compare(world, [key, again])
    assert [world.orders_of(each) for each in (key, again)] == [1, 1]


def test_wrong_signature_until_the_secret_is_right(world: World) -> None:
    """After a mistake with the secret the order is lost although the shop keeps sending."""
    shop = world.partners["shop-us"]
    shop.faults({"kind": "wrong_signature", "direction": "out", "count": 2})
    [key] = world.order(seed=43)
    [delivery] = shop.wait_for("deliveries", subject=key, state="delivered", timeout=60)
    assert [attempt["status"] for attempt in delivery["attempts"]] == [401, 401, 200]
    world.wait_order(key)
    assert world.orders_of(key) == 1


def test_cancellation_overtakes_its_order(world: World) -> None:
    """A cancelled order is made and shipped because the cancellation came first."""
    shop = world.partners["shop-us"]
    shop.faults(
        {
            "kind": "out_of_order",
            "direction": "out",
            "count": 1,
            "after": 1,
            "event": "order.created",
        }
    )
    [key] = world.order(seed=44)
    shop.control("POST", f"orders/{key}/cancel", {})
    shop.wait_for("deliveries", count=2, subject=key, state="delivered", timeout=60)
    world.wait_quiet()
    states = world.query("SELECT state FROM sale_order WHERE integration_external_key = %s", key)
    assert states == [("cancel",)]
    pickings = """SELECT count(*) FROM stock_picking p JOIN sale_order o ON o.id = p.sale_id
                   WHERE o.integration_external_key = %s AND p.state != 'cancel'"""
    assert world.value(pickings, key) == 0


def broken(world: World, change: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Let the shop send the sample order with something wrong; return (key, exception)."""
    payload = json.loads((PAYLOADS / "shopify" / "order_created.json").read_text("utf-8"))
    payload = payload.get("order", payload)
    key = payload["id"] = int(time.time() * 1000)
    payload["name"] = f"#{key}"
    line = payload["line_items"][0]
    for name, value in change.items():
        target = line if name in ("sku", "quantity") else payload
        if value is None:
            target.pop(name)
        else:
            target[name] = value
    if "sku" in change:
        line.update(product_id=None, variant_id=None)
    world.partners["shop-us"].control("POST", "orders", {"payload": payload, "format": "shopify"})
    exceptions = wait_until(
        lambda: world.person("oscar").search_read(
            "integration.exception",
            [("is_open", "=", True), ("flow_id.code", "=", FLOW), ("name", "like", f"#{key}")],
            [
                "name", "state", "category", "error_class", "error_message", "source_value",
                "amount_at_stake", "user_id", "message_id",
            ],
        ),
        60,
        f"an exception for order #{key}",
        interval=0.3,
    )  # fmt: skip
    assert len(exceptions) == 1
    assert world.orders_of(str(key)) == 0, "part of a refused order stayed"
    return str(key), exceptions[0]


def test_unknown_product_is_made(world: World) -> None:
    """The missing product is made, and the order waits for a person, or is made twice."""
    key, exception = broken(world, {"sku": "NEW-PRODUCT-1"})
    assert exception["source_value"] == "NEW-PRODUCT-1" in exception["error_message"]
    assert exception["category"] == "business"
    assert exception["user_id"], "nobody looks after it"
    assert exception["amount_at_stake"] == pytest.approx(409.94)
    admin, operator = world.person(), world.person("oscar")
    admin.call(
        "product.product",
        "create",
        {
            "name": "New product",
            "default_code": "NEW-PRODUCT-1",
            "type": "consu",
            "is_storable": True,
            "list_price": 199.0,
            "taxes_id": [(5,)],
        },
    )
    world.wait_order(key)
    wait_until(lambda: exception_state(world, exception) == "resolved", 30, "resolved")
    ledgers.compare_orders(world, [key])
    with pytest.raises(Exception, match="failed"):
        operator.call("integration.exception", "action_retry", [exception["id"]])
    assert world.orders_of(key) == 1


def test_unknown_product_is_mapped(world: World) -> None:
    """A product that the shop names differently must be created a second time."""
    key, exception = broken(world, {"sku": "SHOP-NAME-2"})
    admin = world.person()
    [product] = admin.call("product.product", "search", [("default_code", "=", "IPOD2008GREEN")])
    [system] = admin.call("integration.system", "search", [("code", "=", "shop-us")])
    admin.call(
        "integration.mapping",
        "create",
        {
            "system_id": system,
            "kind": "product",
            "external_value": "SHOP-NAME-2",
            "res_model": "product.product",
            "res_id": product,
        },
    )
    # Nobody presses Retry: the mapping releases what waited for it.
    world.wait_order(key)
    wait_until(lambda: exception_state(world, exception) == "resolved", 30, "resolved")
    ledgers.compare_orders(world, [key])


@pytest.mark.parametrize(
    ("change", "words"),
    [({"currency": None}, "currency"), ({"quantity": -1}, "quantity")],
    ids=["currency", "quantity"],
)
def test_broken_order_is_corrected_and_retried(
    world: World, change: dict[str, Any], words: str
) -> None:
    """An order without currency or with a negative quantity is booked, or cannot be repaired."""
    key, exception = broken(world, change)
    assert words in exception["error_message"].lower()
    support, operator = world.person("sam"), world.person("oscar")
    message = exception["message_id"][0]
    [row] = support.call("integration.message", "read", [message], ["payload", "state"])
    assert row["state"] == "quarantined"
    payload = json.loads(row["payload"])
    if "currency" in change:
        payload["currency"] = "USD"
    else:
        payload["line_items"][0]["quantity"] = 1
    support.call("integration.message", "write", [message], {"payload": json.dumps(payload)})
    operator.call("integration.exception", "action_retry", [exception["id"]])
    order = world.wait_order(key)
    assert order["amount_total"] == pytest.approx(409.94)
    assert world.orders_of(key) == 1
    wait_until(lambda: exception_state(world, exception) == "resolved", 30, "resolved")


def exception_state(world: World, exception: dict[str, Any]) -> str:
    """Return the present state of an exception."""
    return world.value("SELECT state FROM integration_exception WHERE id = %s", exception["id"])
