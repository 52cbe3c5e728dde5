"""Webhooks: signature, retries, and the faults of sending."""

import json
import threading


def _order(shop, number, **more):
    body = {"payload": {"id": number}, "format": "shopify", "event_id": f"msg_{number}", **more}
    return shop.control("POST", "orders", body)


def test_signature_headers_and_body(shop, receiver):
    shop.targets(order__created=receiver.target())
    _order(shop, 1, correlation_id="corr-1")
    [hook] = receiver.wait(1)
    assert hook.valid and hook.id == "msg_1"
    assert json.loads(hook.body) == {"id": 1}
    assert hook.headers["content-type"] == "application/json"
    assert hook.headers["x-correlation-id"] == "corr-1"
    assert hook.headers["user-agent"].startswith("partner-simulator/")
    [delivery] = shop.wait_for("deliveries", state="delivered")
    assert delivery["attempt_count"] == 1 and delivery["attempts"][0]["status"] == 200


def test_retries_until_accepted_with_one_id(shop, receiver):
    receiver.statuses = [500, 503, 302, 202]
    shop.targets(order__created=receiver.target())
    _order(shop, 1)
    hooks = receiver.wait(4)
    assert {hook.id for hook in hooks} == {"msg_1"} and all(hook.valid for hook in hooks)
    [delivery] = shop.wait_for("deliveries", state="delivered")
    assert [a["status"] for a in delivery["attempts"]] == [500, 503, 302, 202]


def test_gone_ends_it(shop, receiver):
    receiver.statuses = [410]
    shop.targets(order__created=receiver.target())
    _order(shop, 1)
    [delivery] = shop.wait_for("deliveries", state="gone")
    assert delivery["attempt_count"] == 1


def test_retry_after_is_honoured(shop, receiver):
    receiver.statuses = [429]
    receiver.headers = {"Retry-After": "1"}
    shop.targets(order__created=receiver.target())
    _order(shop, 1)
    first, second = receiver.wait(2)
    assert second.at - first.at >= 0.95


def test_without_target_it_waits_for_one(shop, receiver):
    _order(shop, 1)
    shop.wait_for("deliveries", state="unrouted")
    shop.targets(order__created=receiver.target())
    assert receiver.wait(1)[0].id == "msg_1"


def test_target_by_name_and_by_format(shop, receiver):
    shop.targets(
        order__created=receiver.target("/any"),
        order__created__woocommerce=receiver.target("/woo"),
        special=receiver.target("/special"),
    )
    _order(shop, 1)
    _order(shop, 2, format="woocommerce")
    _order(shop, 3, target="special")
    paths = {hook.id: hook.path for hook in receiver.wait(3)}
    assert paths == {"msg_1": "/any", "msg_2": "/woo", "msg_3": "/special"}


def test_wrong_signature_then_right(shop, receiver):
    shop.faults({"kind": "wrong_signature", "count": 1})
    shop.targets(order__created=receiver.target())
    _order(shop, 1)
    assert [hook.valid for hook in receiver.wait(2)] == [False, True]
    [delivery] = shop.wait_for("deliveries", state="delivered")
    assert [(a["status"], a["fault"]) for a in delivery["attempts"]] == [
        (401, "wrong_signature"),
        (200, None),
    ]


def test_duplicate_in_sequence(shop, receiver):
    shop.faults({"kind": "duplicate", "direction": "out", "count": 1})
    shop.targets(order__created=receiver.target())
    _order(shop, 1)
    _order(shop, 2)
    ids = sorted(hook.id for hook in receiver.wait(3))
    assert ids == ["msg_1", "msg_1", "msg_2"]


def test_duplicate_at_the_same_time(shop, receiver):
    receiver.gather = 3
    shop.faults({"kind": "duplicate", "concurrent": True, "copies": 3, "count": 1})
    shop.targets(order__created=receiver.target())
    _order(shop, 1)
    receiver.wait(3)
    assert receiver.most_at_once == 3
    [delivery] = shop.wait_for("deliveries", state="delivered")
    assert delivery["attempt_count"] == 3


def test_out_of_order_overtaken_by_the_next(shop, receiver):
    shop.faults({"kind": "out_of_order", "count": 1, "after": 2})
    shop.targets(order__created=receiver.target())
    _order(shop, 1)
    shop.wait_for("deliveries", state="held")
    _order(shop, 2)
    receiver.wait(1)
    _order(shop, 3)
    assert [hook.id for hook in receiver.wait(3)] == ["msg_2", "msg_3", "msg_1"]


def test_out_of_order_is_not_held_for_ever(shop, receiver):
    shop.faults({"kind": "out_of_order", "count": 1, "seconds": 0.3})
    shop.targets(order__created=receiver.target())
    _order(shop, 1)
    assert receiver.wait(1)[0].id == "msg_1"


def test_latency_of_one_event_only(shop, receiver):
    shop.faults({"kind": "latency", "direction": "out", "seconds": 2, "event": "order.created"})
    shop.targets(order__created=receiver.target(), other=receiver.target())
    _order(shop, 1)
    _order(shop, 2, event="other")
    assert [hook.id for hook in receiver.wait(2)] == ["msg_2", "msg_1"]


def test_lost_answer_sends_again(shop, receiver):
    shop.faults({"kind": "lost_answer", "count": 1})
    shop.targets(order__created=receiver.target())
    _order(shop, 1)
    assert [hook.id for hook in receiver.wait(2)] == ["msg_1", "msg_1"]
    [delivery] = shop.wait_for("deliveries", state="delivered")
    assert "got lost" in delivery["attempts"][0]["error"]


def test_many_at_once_all_arrive(shop, receiver):
    shop.targets(order__created=receiver.target())
    body = {"count": 60, "format": "woocommerce", "seed": 1}
    posted = threading.Thread(target=shop.control, args=("POST", "orders/generate", body))
    posted.start()
    hooks = receiver.wait(60)
    posted.join()
    assert len({hook.id for hook in hooks}) == 60


def test_invalid_target_is_refused(shop):
    answer = shop.call("PUT", "/control/targets", {"order.created": {"url": "http://x"}})
    assert answer.status_code == 422


def test_one_worker_keeps_the_order(start, receiver):
    shop = start("shop", workers=1)
    for number in range(5):
        _order(shop, number)
    shop.wait_for("deliveries", 5, state="unrouted")
    shop.targets(order__created=receiver.target())
    assert [hook.id for hook in receiver.wait(5)] == [f"msg_{number}" for number in range(5)]
