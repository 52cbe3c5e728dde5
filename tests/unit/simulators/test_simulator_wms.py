"""The warehouse system."""

import json

import pytest

from simulators.wms import cut, sscc


def _release(reference="WH/PICK/00001", **more):
    lines = [
        {"line_id": 1, "sku": "A", "quantity": 10},
        {"line_id": 2, "sku": "B", "quantity": 3},
    ]
    body = {"reference": reference, "warehouse": "WH", "order": "S00001", "ship_to": {"name": "X"}}
    return {**body, "carrier": "SIM", "lines": lines, **more}


def _quantities(shipment):
    return {line["line_id"]: line["quantity"] for line in shipment["lines"]}


def test_release_then_automatic_shipment(wms, receiver):
    wms.targets(shipment__confirmed=receiver.target())
    wms.behaviour(auto_ship=True, lots={"A": "LOT7"})
    answer = wms.call("POST", "/releases", _release())
    assert answer.status_code == 201
    assert answer.json()["status"] == "accepted" and answer.json()["id"].startswith("REL-")
    event = json.loads(receiver.wait(1)[0].body)
    assert event["type"] == "shipment.confirmed" and event["id"].startswith("evt_")
    data = event["data"]
    assert data["reference"] == "WH/PICK/00001" and data["release_id"] == answer.json()["id"]
    assert _quantities(data) == {1: 10, 2: 3}
    assert data["lines"][0]["lots"] == [{"name": "LOT7", "quantity": 10}]
    assert len(data["packages"][0]["sscc"]) == 18 and data["packages"][0]["weight"] == 6.5
    wms.wait_for("deliveries", state="delivered")
    assert len(wms.ledger("shipments")) == 1


def test_short_picks(wms):
    wms.call("POST", "/releases", _release())
    wms.behaviour(short={"A": 0.55, "B": 0})
    shipment = wms.control("POST", "ship", {"reference": "WH/PICK/00001"})
    assert _quantities(shipment) == {1: 5, 2: 0}
    wms.behaviour(short={}, short_rate=1)
    wms.call("POST", "/releases", _release("R2"))
    assert _quantities(wms.control("POST", "ship", {"reference": "R2"})) == {1: 5, 2: 1}


def test_one_shipment_per_release_unless_left_open(wms):
    wms.call("POST", "/releases", _release())
    part = {"reference": "WH/PICK/00001", "lines": [{"line_id": 1, "quantity": 4}]}
    shipment = wms.control("POST", "ship", {**part, "close": False})
    assert _quantities(shipment) == {1: 4}
    assert shipment["close"] is False
    rest = wms.control("POST", "ship", {"reference": "WH/PICK/00001"})
    assert _quantities(rest) == {1: 6, 2: 3}
    assert wms.call("POST", "/control/ship", part).status_code == 409
    unknown = {"reference": "WH/PICK/00001", "lines": [{"line_id": 99, "quantity": 4}]}
    assert wms.call("POST", "/control/ship", unknown).status_code == 409


def test_release_is_checked(wms):
    wms.control("PUT", "catalogue", {"skus": ["A"]})
    answer = wms.call("POST", "/releases", _release())
    assert answer.status_code == 422 and answer.json()["skus"] == ["B"]
    assert wms.ledger("releases") == []
    for wrong in ({"lines": []}, {"reference": ""}, {"lines": [{"sku": "A", "quantity": 1}]}):
        assert wms.call("POST", "/releases", _release(**wrong)).status_code == 422
    zero = [{"line_id": 1, "sku": "A", "quantity": 0}]
    assert wms.call("POST", "/releases", _release(lines=zero)).status_code == 422


def test_the_same_reference_is_released_once(wms):
    assert wms.call("POST", "/releases", _release()).status_code == 201
    again = wms.call("POST", "/releases", _release())
    assert again.status_code == 409 and again.json()["status"] == "accepted"
    assert len(wms.ledger("effects", kind="release")) == 1


def test_cancel(wms):
    wms.call("POST", "/releases", _release())
    assert wms.call("DELETE", "/releases/WH/PICK/00001").json()["status"] == "cancelled"
    assert wms.call("DELETE", "/releases/WH%2FPICK%2F00001").status_code == 200
    assert len(wms.ledger("effects", kind="cancellation")) == 1
    assert wms.call("DELETE", "/releases/NONE").status_code == 404
    assert wms.call("POST", "/releases", _release()).status_code == 201
    wms.control("POST", "ship", {"reference": "WH/PICK/00001"})
    assert wms.call("DELETE", "/releases/WH/PICK/00001").status_code == 409


def test_cancelled_before_the_timer_does_not_ship(wms):
    wms.behaviour(auto_ship=True, delay=2)
    wms.call("POST", "/releases", _release("R1"))
    assert wms.call("DELETE", "/releases/R1").status_code == 200
    wms.call("POST", "/releases", _release("R2"))
    wms.wait_for("shipments", reference="R2", timeout=30)
    assert wms.ledger("shipments", reference="R1") == []


def test_stock_snapshot(wms, receiver):
    wms.targets(stock__snapshot=receiver.target())
    wms.control("PUT", "stock", {"A": 50})
    wms.call("POST", "/releases", _release())
    wms.control("POST", "ship", {"reference": "WH/PICK/00001"})
    wms.control("POST", "stock-snapshot", {"warehouse": "WH"})
    event = json.loads(receiver.wait(1)[0].body)
    assert event["type"] == "stock.snapshot" and event["data"]["warehouse"] == "WH"
    assert event["data"]["lines"] == [{"sku": "A", "quantity": 40}]


def test_unknown_behaviour_is_refused(wms):
    assert wms.call("PUT", "/control/behaviour", {"nonsense": 1}).status_code == 422


@pytest.mark.parametrize(
    ("wanted", "rule", "shipped"),
    [(10, None, 10), (10, 0.25, 2), (10, 0, 0), (10, 4, 4), (10, 40, 10), (1.5, None, 1.5)],
)
def test_cut(wanted, rule, shipped):
    assert cut(wanted, rule) == shipped


def test_sscc_check_digit():
    code = sscc()
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(code))
    assert len(code) == 18 and total % 10 == 0
