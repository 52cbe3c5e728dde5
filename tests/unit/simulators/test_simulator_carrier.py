"""The carrier."""

import base64
import json

import requests

from simulators.core.samples import load_sample

BOOKING = {
    "reference": "WH/OUT/00001",
    "service": "EXPRESS",
    "from": {"name": "Depot", "country": "US"},
    "to": {"name": "Ann <b>", "city": "Austin", "zip": "78701", "state": "TX", "country": "US"},
    "parcels": [{"weight": 2.5}, {"weight": 0.4}],
    "value": 100,
    "currency": "EUR",
}


def test_booking(carrier):
    answer = carrier.call("POST", "/shipments", BOOKING)
    assert answer.status_code == 201
    booked = answer.json()
    assert set(booked) == {
        "id", "tracking_number", "label_url", "label_base64", "price", "currency", "service"
    }  # fmt: skip
    assert (booked["price"], booked["currency"], booked["service"]) == (27.05, "EUR", "EXPRESS")
    label = base64.b64decode(booked["label_base64"])
    assert label.startswith(b"%PDF-1.4") and label.endswith(b"%%EOF\n")
    offset = int(label.split(b"startxref\n")[1].split()[0])
    assert label[offset:].startswith(b"xref")
    assert requests.get(booked["label_url"], timeout=5).content == label
    page = requests.get(f"{carrier.url}/track/{booked['tracking_number']}", timeout=5).text
    assert booked["tracking_number"] in page and "pre transit" in page


def test_refusals(carrier):
    for wrong in (
        {"to": None},
        {"parcels": []},
        {"parcels": [{"weight": 0}]},
        {"service": "rocket"},
    ):
        assert carrier.call("POST", "/shipments", {**BOOKING, **wrong}).status_code == 422
    carrier.behaviour(reject_postcodes=["78701"])
    refused = carrier.call("POST", "/shipments", BOOKING)
    assert refused.json()["title"] == "Address not served"
    carrier.behaviour(reject_postcodes=[])
    assert carrier.call("GET", "/track/SIM0").status_code == 404
    assert carrier.ledger("shipments") == []


def test_rates(carrier):
    rates = carrier.call("POST", "/rates", BOOKING).json()["rates"]
    assert {rate["service"]: rate["price"] for rate in rates}["express"] == 27.05
    assert all(rate["currency"] == "EUR" for rate in rates)


def test_tracking_has_the_shape_of_the_sample(carrier, receiver):
    carrier.targets(tracker__updated=receiver.target())
    number = carrier.call("POST", "/shipments", BOOKING, {"X-Correlation-ID": "c"}).json()[
        "tracking_number"
    ]
    carrier.control("POST", "advance", {"tracking_number": number, "status": "in_transit"})
    [hook] = receiver.wait(1)
    event, sample = json.loads(hook.body), load_sample("easypost/tracker_updated_event.json")
    assert event.keys() == sample.keys() and event["result"].keys() == sample["result"].keys()
    assert event["result"]["tracking_details"][0].keys() == (
        sample["result"]["tracking_details"][0].keys()
    )
    assert hook.id == event["id"] and hook.headers["x-correlation-id"] == "c"
    assert event["description"] == "tracker.updated"
    assert event["result"]["tracking_code"] == number
    assert event["previous_attributes"] == {"status": "pre_transit"}


def test_automatic_tracking(carrier, receiver):
    carrier.targets(tracker__updated=receiver.target())
    carrier.behaviour(auto_advance=True)
    carrier.call("POST", "/shipments", BOOKING)
    results = [json.loads(hook.body)["result"] for hook in receiver.wait(3)]
    by_length = sorted(results, key=lambda result: len(result["tracking_details"]))
    statuses = [result["status"] for result in by_length]
    assert statuses == ["in_transit", "out_for_delivery", "delivered"]
    assert [result["finalized"] for result in by_length] == [False, False, True]


def test_cancel(carrier):
    number = carrier.call("POST", "/shipments", BOOKING).json()["tracking_number"]
    for _ in range(2):
        assert carrier.call("DELETE", f"/shipments/{number}").json()["status"] == "cancelled"
    assert len(carrier.ledger("effects", kind="cancellation")) == 1
    advance = {"tracking_number": number, "status": "delivered"}
    assert carrier.call("POST", "/control/advance", advance).status_code == 409
    moved = carrier.call("POST", "/shipments", BOOKING).json()["tracking_number"]
    carrier.control("POST", "advance", {"tracking_number": moved, "status": "failure"})
    assert carrier.call("DELETE", f"/shipments/{moved}").status_code == 409
    wrong = {"tracking_number": moved, "status": "nonsense"}
    assert carrier.call("POST", "/control/advance", wrong).status_code == 422
