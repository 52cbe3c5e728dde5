"""Faults of requests that a simulator receives, seen from a real socket."""

import socket
import threading
import time

import pytest
import requests

STOCK = [{"sku": "A", "quantity": 1}]


def test_latency_delays_the_answer(shop):
    shop.faults({"kind": "latency", "seconds": 0.3, "count": 1})
    start = time.monotonic()
    assert shop.call("POST", "/stock", STOCK).status_code == 200
    assert time.monotonic() - start >= 0.3
    assert shop.ledger("requests")[0]["fault"] == "latency"


def test_status_strikes_count_times_on_its_path(shop):
    shop.faults({"kind": "status", "status": 502, "count": 2, "path": "/stock", "method": "POST"})
    assert shop.call("GET", "/stock").status_code == 200
    assert [shop.call("POST", "/stock", STOCK).status_code for _ in range(3)] == [502, 502, 200]
    assert len(shop.ledger("effects", kind="stock")) == 1
    assert [r["status"] for r in shop.ledger("requests", method="POST")] == [502, 502, 200]


def test_rate_limit_says_when_to_come_back(shop):
    shop.faults({"kind": "rate_limit", "retry_after": 7, "count": 1})
    answer = shop.call("POST", "/stock", STOCK)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.headers["Content-Type"] == "application/problem+json"


def _raw(simulator, body=b'[{"sku": "A", "quantity": 1}]', key="k"):
    connection = socket.create_connection(("127.0.0.1", simulator.port), timeout=5)
    head = f"POST /stock HTTP/1.1\r\nHost: x\r\nIdempotency-Key: {key}\r\n"
    connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return connection


def test_reset_is_a_real_tcp_reset_without_effect(shop):
    shop.faults({"kind": "reset", "count": 1})
    with _raw(shop) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    assert shop.ledger("effects") == []
    assert [(r["status"], r["executed"]) for r in shop.ledger("requests")] == [(None, 0)]


def test_reset_after_has_the_effect_and_the_retry_is_replayed(shop):
    shop.faults({"kind": "reset_after", "count": 1})
    with _raw(shop) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    assert len(shop.ledger("effects", kind="stock")) == 1
    with _raw(shop) as connection:
        answer = connection.recv(65536)
    assert b"200 OK" in answer and b"Idempotent-Replayed: true" in answer
    assert len(shop.ledger("effects", kind="stock")) == 1
    seen = [(r["status"], r["executed"], r["replayed"]) for r in shop.ledger("requests")]
    assert seen == [(None, 1, 0), (200, 0, 1)]


def test_reset_after_without_a_key_doubles_the_effect(carrier):
    booking = {"reference": "OUT/1", "to": {"city": "X"}, "parcels": [{"weight": 1}]}
    carrier.faults({"kind": "reset_after", "count": 1})
    with pytest.raises(requests.ConnectionError):
        carrier.call("POST", "/shipments", booking)
    assert carrier.call("POST", "/shipments", booking).status_code == 201
    assert len(carrier.ledger("shipments", reference="OUT/1")) == 2


def test_status_after_has_the_effect(shop):
    shop.faults({"kind": "status_after", "status": 500, "count": 1})
    assert shop.call("POST", "/stock", STOCK).status_code == 500
    assert shop.ledger("requests")[0]["status"] == 500
    assert len(shop.ledger("effects", kind="stock")) == 1


def test_hang_never_answers_and_has_no_effect_when_the_client_leaves(shop):
    shop.faults({"kind": "hang", "count": 1})
    with pytest.raises(requests.ReadTimeout):
        shop.call("POST", "/stock", STOCK, timeout=0.3)
    shop.wait_for("requests", fault="hang")
    time.sleep(0.1)  # the simulator notices within 0.05 s that the client is gone
    shop.clear_faults()
    assert shop.ledger("effects") == []
    assert shop.call("POST", "/stock", STOCK).status_code == 200


def test_hang_goes_on_when_cleared(shop):
    shop.faults({"kind": "hang"})
    answers = []
    caller = threading.Thread(
        target=lambda: answers.append(requests.post(f"{shop.url}/stock", json=STOCK, timeout=5))
    )
    caller.start()
    shop.wait_for("requests", fault="hang")
    assert not answers and shop.ledger("effects") == []
    shop.clear_faults()
    caller.join(5)
    assert answers[0].status_code == 200
    assert [(r["status"], r["executed"]) for r in shop.ledger("requests")] == [(200, 1)]


def test_hang_after_has_the_effect(shop):
    shop.faults({"kind": "hang_after", "count": 1})
    with pytest.raises(requests.ReadTimeout):
        shop.call("POST", "/stock", STOCK, timeout=0.3)
    assert len(shop.wait_for("effects", kind="stock")) == 1


def test_probability_and_list_and_clear_by_kind(shop):
    shop.faults({"kind": "status", "probability": 0.0}, {"kind": "latency", "seconds": 0})
    assert shop.call("POST", "/stock", STOCK).status_code == 200
    assert [(f["kind"], f["applied"]) for f in shop.control("GET", "faults")] == [
        ("status", 0),
        ("latency", 1),
    ]
    assert shop.control("DELETE", "faults", kind="status") == {"cleared": 1}
    assert [f["kind"] for f in shop.control("GET", "faults")] == ["latency"]


@pytest.mark.parametrize(
    "spec",
    [
        {"kind": "nonsense"},
        {"kind": "duplicate", "direction": "in"},
        {"kind": "hang", "direction": "out"},
        {"kind": "latency"},
        {"kind": "status", "status": "x"},
        {"kind": "status", "extra": 1},
        "status",
    ],
)
def test_a_wrong_fault_is_refused(shop, spec):
    answer = shop.call("POST", "/control/faults", [{"kind": "status"}, spec])
    assert answer.status_code == 422
    assert shop.control("GET", "faults") == []
