"""The web shop."""

import json

from simulators.core.samples import load_sample
from simulators.orders.audit import audit


def test_the_rest_wrapper_is_stripped_and_the_rest_unchanged(shop, receiver):
    shop.targets(order__created=receiver.target())
    shopify = load_sample("shopify/order_created.json")
    woocommerce = load_sample("woocommerce/order_created.json")
    shop.control("POST", "orders", {"payload": shopify, "format": "shopify"})
    receiver.wait(1)
    shop.control("POST", "orders", {"payload": woocommerce, "format": "woocommerce"})
    first, second = receiver.wait(2)
    assert json.loads(first.body) == shopify["order"]
    assert json.loads(second.body) == woocommerce
    assert [o["key"] for o in shop.ledger("orders")] == ["450789469", "727"]
    assert shop.call("GET", "/orders/727").json() == woocommerce


def test_generate_is_repeatable_and_numbers_go_on(shop):
    shop.control("PUT", "catalogue", {"skus": ["A", {"sku": "B", "price": "5.55", "title": "Bee"}]})
    body = {"count": 4, "format": "woocommerce", "seed": 5, "mix": ["plain", "discount+guest"]}
    first = shop.control("POST", "orders/generate", {**body, "first_number": 500})["orders"]
    again = shop.control("POST", "orders/generate", {**body, "first_number": 500})["orders"]
    assert [o["variant"] for o in first] == ["plain", "discount+guest"] * 2
    assert [o["payload"]["total"] for o in first] == [o["payload"]["total"] for o in again]
    assert {line["sku"] for o in first for line in o["payload"]["line_items"]} <= {"A", "B"}
    assert not [problem for o in first for problem in audit("woocommerce", o["payload"])]
    later = shop.control("POST", "orders/generate", body)["orders"]
    assert [o["key"] for o in later] == ["504", "505", "506", "507"]


def test_generate_refuses_unknown_variants(shop):
    answer = shop.call("POST", "/control/orders/generate", {"count": 1, "mix": ["nonsense"]})
    assert answer.status_code == 422 and "nonsense" in answer.json()["detail"]


def test_cancel(shop, receiver):
    shop.targets(order__created=receiver.target(), order__cancelled=receiver.target("/cancel"))
    order = shop.control("POST", "orders/generate", {"count": 1})["orders"][0]
    receiver.wait(1)
    shop.control("POST", f"orders/{order['key']}/cancel", {})
    hook = receiver.wait(2)[1]
    body = json.loads(hook.body)
    assert hook.path == "/cancel" and body["id"] == order["payload"]["id"]
    assert body["cancel_reason"] == "customer" and body["financial_status"] == "voided"


def test_stock_keeps_the_newest(shop):
    new = {"sku": "A", "quantity": 5, "as_of": "2026-01-02T00:00:00Z"}
    old = {"sku": "A", "quantity": 9, "as_of": "2026-01-01T23:59:59+00:00"}
    assert shop.call("POST", "/stock", [new]).json()["results"][0]["applied"]
    result = shop.call("POST", "/stock", {"items": [old]}).json()["results"][0]
    assert result == {
        "sku": "A", "quantity": 5, "as_of": "2026-01-02T00:00:00.000Z", "applied": False
    }  # fmt: skip
    shop.call("PUT", "/stock/B%2F1", {"quantity": 2})
    levels = {row["sku"]: row["quantity"] for row in shop.call("GET", "/stock").json()["items"]}
    assert levels == {"A": 5, "B/1": 2}
    applied = [e["data"]["applied"] for e in shop.ledger("effects", key="A")]
    assert applied == [True, False]
    for bad in ({"as_of": "yesterday", "quantity": 1}, {"quantity": -1}, {"quantity": "1"}):
        assert shop.call("POST", "/stock/A", bad).status_code == 422


def test_fulfilment(shop):
    key = shop.control("POST", "orders/generate", {"count": 1})["orders"][0]["key"]
    notice = {"tracking_number": "SIM1", "tracking_company": "SimCarrier"}
    answer = shop.call("POST", f"/orders/{key}/fulfillments", notice)
    assert answer.status_code == 201
    assert [f["tracking_number"] for f in shop.ledger("fulfillments", order=key)] == ["SIM1"]
    assert shop.call("POST", "/orders/0/fulfillments", notice).status_code == 404
    assert shop.call("POST", f"/orders/{key}/fulfillments", {}).status_code == 422
