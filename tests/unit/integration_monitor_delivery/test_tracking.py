"""Tracking events as the carriers' gateway sends them, and as they go wrong."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from integration_monitor_delivery.tools.tracking import (
    STATUS_RANK,
    came_back,
    move_on,
    numbers_of,
    parse_time,
    parse_tracking_event,
    renumber,
    standing,
    told_last,
)

SAMPLE = (
    Path(__file__).parents[3]
    / "integration_monitor_delivery/tests/data/easypost/tracker_updated_event.json"
)


@pytest.fixture
def payload():
    return json.loads(SAMPLE.read_text())


def test_published_sample(payload):
    """The gateway's own sample is read without a change."""
    event = parse_tracking_event(payload)
    assert event.tracking_code == "1"
    assert event.status == "in_transit"
    assert event.occurred_at == datetime(2024, 8, 2, 18, 50)
    assert event.in_transit_at == datetime(2024, 7, 31, 19, 27)
    assert event.detail == "Arrived at FedEx location"
    assert event.carrier == "FedEx"


def test_delivered_ranks_highest():
    """A late scan must never take a delivered parcel back into transit."""
    assert max(STATUS_RANK, key=STATUS_RANK.get) == "delivered"
    assert STATUS_RANK["failure"] > STATUS_RANK["in_transit"]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"result": None}, "result"),
        ({"result": {"status": "delivered"}}, "tracking_code"),
        ({"result": {"tracking_code": "1", "status": "teleported"}}, "teleported"),
        ({"result": {"tracking_code": "1", "status": "delivered"}, "created_at": None}, "time"),
    ],
)
def test_bad_events_name_the_field(payload, change, word):
    """A person who reads the exception learns which field is wrong."""
    with pytest.raises(ValueError, match=word):
        parse_tracking_event({**payload, **change})


def test_not_an_object():
    """A list or a text instead of an event is refused, not an internal error."""
    for body in ([], "x", None, 3):
        with pytest.raises(ValueError, match="result"):
            parse_tracking_event(body)


def test_times_are_utc():
    """A carrier's local time is stored as UTC."""
    assert parse_time("2024-08-02T14:50:00-04:00") == datetime(2024, 8, 2, 18, 50)
    assert parse_time("2024-08-02 14:50") == datetime(2024, 8, 2, 14, 50)
    # Python 3.10 reads none of these by itself.
    for text in ("2024-08-02T14:50:00.5Z", "2024-08-02T14:50:00.1234567Z", "2024-08-02T16:50+0200"):
        assert parse_time(text) == datetime(2024, 8, 2, 14, 50), text
    assert parse_time("yesterday") is None
    assert parse_time(None) is None


AT = "2024-08-03T10:00:00"
LATER = "2024-08-05T09:30:00"


@pytest.mark.parametrize(
    ("parcels", "expected"),
    [
        ({}, ("unknown", None)),
        ({"A": ("delivered", AT)}, ("in_transit", None)),
        ({"A": ("delivered", AT), "B": ("out_for_delivery", AT)}, ("out_for_delivery", None)),
        ({"A": ("out_for_delivery", AT), "B": ("in_transit", AT)}, ("in_transit", None)),
        ({"A": ("delivered", AT), "B": ("failure", AT)}, ("failure", None)),
        ({"A": ("cancelled", AT)}, ("cancelled", None)),
        ({"A": ("delivered", LATER), "B": ("delivered", AT)}, ("delivered", parse_time(LATER))),
        ({"A": ("delivered", None), "B": ("delivered", None)}, ("delivered", None)),
        ({"A": ("delivered", AT), "C": ("failure", AT)}, ("in_transit", None)),
    ],
)
def test_standing_of_several_parcels(parcels, expected):
    """The first of two parcels arrives, and the delivery counts as arrived."""
    assert standing(["A", "B"], parcels) == expected


def test_nothing_has_arrived_without_a_number():
    """A delivery without a number counts as arrived, for none of its parcels is missing."""
    assert standing([], {"A": ("delivered", AT)}) == ("unknown", None)


def test_one_parcel_moves_on(payload):
    """What is told of one parcel moves the other one, or takes it back."""
    event = parse_tracking_event(payload)
    before = {"1": ("pre_transit", AT), "2": ("delivered", AT)}
    moved = move_on(before, event)
    assert moved == {"1": ["in_transit", "2024-08-02T18:50:00"], "2": ["delivered", AT]}
    assert move_on({"1": ("delivered", AT)}, event) == {"1": ["delivered", AT]}


@pytest.mark.parametrize("former", ["failure", "error", "cancelled"])
def test_parcel_in_trouble_turns_round(payload, former):
    """A parcel that came back counts as one that may still arrive, for nobody was at home."""
    event = parse_tracking_event(payload)
    back = replace(event, status="return_to_sender")
    moved = move_on({"1": (former, AT)}, back)
    assert moved["1"][0] == "return_to_sender"
    # The attempt is told late.
    assert move_on(moved, replace(event, status=former)) == moved
    assert move_on(moved, replace(event, status="delivered"))["1"][0] == "delivered"


def test_who_told_it(payload):
    """Another flow's parcel, or one that was taken off, says whose settings count."""
    event = parse_tracking_event(payload)
    parcels = move_on({"2": ["delivered", AT, 7], "3": ["delivered", AT]}, event, 5)
    assert parcels["1"] == ["in_transit", "2024-08-02T18:50:00", 5]
    assert standing(["1"], parcels) == ("in_transit", None)
    assert told_last(["2", "3"], parcels) == 7
    assert told_last(["1", "3"], parcels) == 5
    assert told_last(["3", "4"], parcels) is None


def test_numbers():
    """A space, or a comma at the end, makes a number that no carrier knows."""
    assert numbers_of("111, 222,") == ["111", "222"]
    assert numbers_of(False) == []


def test_numbers_that_are_taken_off():
    """What was known of a parcel is lost with its number, or nothing told counts as told."""
    lost = ["cancelled", "2024-08-05T09:30:00"]
    parcels = renumber({"A": lost}, ["A", "B"], ["C"])
    assert parcels == {"A": lost, "B": ["unknown", None]}
    # B is back: the carrier has told nothing of it.
    assert renumber(parcels, ["C"], ["B", "C"]) == {"A": lost}
    assert renumber(parcels, ["C"], ["A", "C"]) == parcels


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([None], 1),
        (["in_transit"], 1),
        (["return_to_sender"], 1),
        (["return_to_sender", "in_transit"], 0),
        (["return_to_sender", None], 0),
        (["return_to_sender", "failure"], 0),
        (["return_to_sender", "delivered"], 1),
        (["return_to_sender", "return_to_sender", "delivered"], 2),
        (["in_transit", "delivered"], 0),
    ],
)
def test_came_back(told, expected):
    """A delivery of which a parcel came back is said to have arrived while another travels."""
    numbers = [str(number) for number in range(len(told))]
    parcels = {n: [one, None] for n, one in zip(numbers, told, strict=True) if one}
    assert came_back(numbers, parcels) == expected
