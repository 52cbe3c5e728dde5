"""What every simulator does with a request: limits, tokens, idempotency, ledger pages."""

import socket
import threading
import time

import requests

STOCK = [{"sku": "A", "quantity": 1}]


def _problem(answer, status):
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    return answer.json()


def test_health_leaves_no_trace_and_meets_no_fault(shop):
    shop.faults({"kind": "status"})
    assert shop.call("GET", "/health").json() == {"status": "ok"}
    assert shop.call("GET", "/account").status_code == 503
    assert [r["path"] for r in shop.ledger("requests")] == ["/account"]


def test_refusals_are_problems(shop):
    _problem(shop.call("GET", "/nothing"), 404)
    refused = shop.call("DELETE", "/stock")
    _problem(refused, 405)
    assert refused.headers["Allow"] == "GET, POST"
    for body in (b"{", b"[NaN]", b"[" * 100000):
        _problem(requests.post(f"{shop.url}/stock", data=body, timeout=5), 400)
    _problem(shop.call("POST", "/stock", []), 422)
    _problem(requests.post(f"{shop.url}/stock", data=iter([b"x"]), timeout=5), 411)


def test_an_event_is_noted_once(shop):
    event = {"specversion": "1.0", "source": "urn:test", "id": "1", "type": "odoo.sale.confirmed"}
    for _time in range(2):
        assert shop.call("POST", "/events", event).status_code == 202
    assert [row["data"] for row in shop.ledger("effects", kind="event")] == [event]
    _problem(shop.call("POST", "/events", {**event, "id": ""}), 422)


def test_malformed_http_is_a_problem(shop):
    with socket.create_connection(("127.0.0.1", shop.port), timeout=5) as connection:
        connection.sendall(b"POST /stock HTTP/1.1\r\nContent-Length: x\r\n\r\n")
        answer = connection.recv(65536)
    assert b" 400 " in answer and b"application/problem+json" in answer


def test_body_limit(start):
    shop = start("shop", body_limit=1000)
    _problem(requests.post(f"{shop.url}/stock", data=b"x" * 500_000, timeout=5), 413)


def test_token(start):
    shop = start("shop", token="t0p")
    refused = requests.post(f"{shop.url}/stock", json=STOCK, timeout=5)
    _problem(refused, 401)
    assert "Bearer" in refused.headers["WWW-Authenticate"]
    wrong = {"Authorization": "Bearer nöt"}
    answer = requests.post(
        f"{shop.url}/stock",
        json=STOCK,
        headers={k: v.encode() for k, v in wrong.items()},
        timeout=5,
    )
    _problem(answer, 401)
    assert shop.call("POST", "/stock", STOCK).status_code == 200
    recorded = shop.ledger("requests", status=200)[0]
    assert recorded["headers"]["Authorization".lower()] == "***"
    assert len(shop.ledger("requests", status=401)) == 2


def test_same_key_same_answer(shop):
    first = shop.call("POST", "/stock", STOCK, {"Idempotency-Key": "k"})
    second = shop.call("POST", "/stock", STOCK, {"Idempotency-Key": "k"})
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true" and second.text == first.text
    assert len(shop.ledger("effects", idempotency_key="k")) == 1
    assert [r["replayed"] for r in shop.ledger("requests", idempotency_key="k")] == [0, 1]


def test_same_key_other_body(shop):
    shop.call("POST", "/stock", STOCK, {"Idempotency-Key": "k"})
    other = [{"sku": "A", "quantity": 2}]
    _problem(shop.call("POST", "/stock", other, {"Idempotency-Key": "k"}), 422)


def test_same_key_in_flight(shop):
    shop.faults({"kind": "latency", "seconds": 3, "count": 1})
    answers = []
    caller = threading.Thread(
        target=lambda: answers.append(
            requests.post(
                f"{shop.url}/stock", json=STOCK, headers={"Idempotency-Key": "k"}, timeout=30
            )
        )
    )
    caller.start()
    _wait_until_spent(shop)
    _problem(shop.call("POST", "/stock", STOCK, {"Idempotency-Key": "k"}), 409)
    caller.join()
    assert answers[0].status_code == 200
    assert len(shop.ledger("effects")) == 1


def _wait_until_spent(simulator):
    end = time.monotonic() + 30
    while simulator.control("GET", "faults")[0]["applied"] == 0:
        assert time.monotonic() < end, "the fault struck nobody"
        time.sleep(0.02)


def test_a_refusal_is_not_kept_for_the_key(shop):
    shop.control("PUT", "catalogue", {"skus": ["B"]})
    problem = _problem(shop.call("POST", "/stock", STOCK, {"Idempotency-Key": "k"}), 422)
    assert problem["skus"] == ["A"] and "A" in problem["detail"]
    shop.control("PUT", "catalogue", {"skus": [{"sku": "A", "price": "3.00"}]})
    assert shop.call("POST", "/stock", STOCK, {"Idempotency-Key": "k"}).status_code == 200


def test_ledger_records_tracing_and_filters(shop):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    shop.call("POST", "/stock", STOCK, headers)
    shop.call("POST", "/stock", STOCK, {**headers, "X-Correlation-ID": "corr"})
    by_trace = shop.ledger("requests", correlation_id=trace)
    assert len(by_trace) == 1 and by_trace[0]["traceparent"] == headers["traceparent"]
    assert len(by_trace[0]["body_sha256"]) == 64
    assert len(shop.ledger("effects", correlation_id="corr", data__sku="A")) == 1
    assert len(shop.ledger("effects", limit=1, since_id=1)) == 1
    _problem(shop.call("GET", "/ledger/effects?nonsense=1"), 422)
    _problem(shop.call("GET", "/ledger/effects?limit=x"), 422)
    shop.control("DELETE", "ledger")
    assert shop.ledger("requests") == shop.ledger("effects") == []


def test_concurrent_same_key_has_one_effect(shop):
    answers = []

    def call():
        answers.append(
            requests.post(
                f"{shop.url}/stock", json=STOCK, headers={"Idempotency-Key": "k"}, timeout=5
            ).status_code
        )

    threads = [threading.Thread(target=call) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {200, 409} and 200 in answers
    assert len(shop.ledger("effects")) == 1
