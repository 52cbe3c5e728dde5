"""The precedence among several things that hold an order up."""

from datetime import datetime

import pytest

from integration_monitor.tools import blame, failed_step
from integration_monitor.tools.milestones import Step

NOW = datetime(2026, 5, 4, 10, 0)
RELEASED = Step(
    1, "released", "message.wms.release.done", True, "system", 30, "message", "wms.release"
)
PICKED = Step(2, "picked", "picking.first.done", False, "team", 480)
PAID = Step(3, "paid", "invoice.paid", False, "customer", 0)
CHECKED = Step(4, "checked", "external.checked", False, "system", 0, "external", "finance.check")


def message(**values):
    """A message about to be sent."""
    return {
        "id": 1, "behind": False, "state": "pending", "direction": "outbound", "held": False,
        "hold_reason": None, "paused": False, "breaker_since": None, "error": None,
        "error_class": None, "failed_step": None, "message_type": "wms.release",
        "ack_state": "none", "ack_due_at": None, "system": "WMS", "system_id": 7, "problem": None,
        **values,
    }  # fmt: skip


def cause(step, *messages, **evidence):
    """The cause that is judged."""
    return blame.judge(step, {"messages": list(messages), **evidence}, NOW).cause


DEAD = {"state": "dead", "error_class": "server"}
MATTER = {"title": "x", "category": "business", "system": None, "system_id": None, "user_id": 3}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"state": "retry", "error_class": "server"}, "message_failed"),
        ({"state": "retry", "error_class": "rate_limit"}, "message_pending"),
        (DEAD, "message_failed"),
        ({**DEAD, "breaker_since": "2026-05-04T09:00:00"}, "breaker"),
        # What it died of is no outage: the breaker explains nothing.
        ({"state": "dead", "error_class": "client", "breaker_since": "2026-05-04T09:00:00"},
         "message_failed"),
        ({**DEAD, "failed_step": "Map"}, "transformation"),
        ({"paused": True, "breaker_since": "2026-05-04T09:00:00"}, "paused"),
        ({"held": True, "hold_reason": "maintenance", "breaker_since": "2026-05-04T09:00:00"},
         "maintenance"),
        ({"held": True, "hold_reason": "approval"}, "unknown"),
        ({"state": "done", "ack_state": "awaited", "ack_due_at": None}, "acknowledgement"),
        ({"state": "done", "ack_state": "awaited", "ack_due_at": "2026-05-04T10:00:01"},
         "acknowledgement"),
        ({"state": "done", "ack_state": "awaited", "ack_due_at": "2026-05-04T10:00:00"},
         "acknowledgement_overdue"),
    ],
)  # fmt: skip
def test_one_message(values, expected):
    """A message is blamed for something else than what is wrong with it."""
    assert cause(RELEASED, message(**values)) == expected


def test_mapping_needs_its_word():
    """Any business failure sends people to the mappings."""
    named = {"category": "business", "source_model": "product.product", "source_key": "barcode",
             "source_value": "A", "system": "WMS", "system_id": 7, "user_id": 5}  # fmt: skip
    failed = {"state": "dead", "error_class": "business"}
    verdict = blame.judge(PICKED, {"messages": [message(**failed, problem=named)]}, NOW)
    assert (verdict.cause, verdict.on, verdict.user_id) == ("mapping", "team", 5)
    other = {**named, "source_model": "stock.picking", "source_key": "id"}
    assert cause(PICKED, message(**failed, problem=other)) == "message_failed"


def test_own_step_first():
    """A message of a later step hides what the order waits for."""
    booking = message(**DEAD, message_type="carrier.booking", system_id=8)
    verdict = blame.judge(RELEASED, {"messages": [booking, message(**DEAD)]}, NOW)
    assert verdict.system_id == 7
    # One that goes on by itself needs nobody.
    verdict = blame.judge(RELEASED, {"messages": [booking, message()]}, NOW)
    assert verdict.system_id == 8


def test_failure_before_matter_before_gate_before_what_moves():
    """What ends by itself is named before what needs a person."""
    gate = {"gate": "g", "document": "d", "step": "s", "waits_on": "team", "system": None,
            "system_id": None}  # fmt: skip
    assert cause(RELEASED, message(**DEAD), exception=MATTER, gate=gate) == "message_failed"
    assert cause(RELEASED, message(), exception=MATTER, gate=gate) == "exception"
    assert cause(RELEASED, message(), gate=gate) == "gate"
    assert cause(RELEASED, message(), stock_missing="WH/1") == "message_pending"
    late = message(message_type="carrier.booking")
    assert cause(RELEASED, late, stock_missing="WH/1") == "stock"


def test_nothing_is_guessed():
    """Where the evidence ends somebody is blamed all the same."""
    told = {"system": "Finance", "system_id": 9, "inbound": True, "told": True}
    assert cause(CHECKED) == "unknown"
    assert cause(CHECKED, expected_from={**told, "told": False}) == "unknown"
    assert cause(CHECKED, expected_from=told) == "partner"
    ready = {"name": "WH/1", "state": "assigned", "user_id": 4}
    released = {"system": "WMS", "system_id": 7}
    assert cause(PICKED, transfer=ready) == "team"
    assert cause(PICKED, transfer=ready, released_gone=True) == "unknown"
    assert cause(PICKED, transfer=ready, released_to=released) == "partner"
    assert cause(PICKED, transfer=None, released_to=released) == "unknown"
    assert cause(PICKED, transfer={**ready, "state": "waiting"}) == "unknown"


def test_late_confirmation_of_goods_that_left():
    """The customer does not pay, and the warehouse is asked why."""
    awaited = message(state="done", ack_state="awaited")
    assert cause(PAID, awaited) == "customer"


@pytest.mark.parametrize(
    ("body", "step"),
    [
        ('{"step": "Map the order", "title": "x"}', "Map the order"),
        ('{"step": " Map\\n the  order "}', "Map the order"),
        ('{"step": "' + "x" * 200 + '"}', "x" * 80),
        ('{"step": 3}', None),
        ('{"step": " "}', None),
        ('["step"]', None),
        ("<html>", None),
        ("", None),
    ],
)
def test_failed_step(body, step):
    """What a middleware says of its own process is lost, or an answer breaks the reading."""
    assert failed_step.read(body) == step


def test_service_before_the_invoice():
    """Accounting is asked for an invoice of what was not done yet."""
    invoiced = Step(5, "invoiced", "invoice.posted", False, "team", 60)
    texts = [
        blame.judge(invoiced, {"messages": [], **evidence}, NOW).text
        for evidence in ({}, {"open_services": True},
                         {"open_services": True, "draft_invoice": True})
    ]  # fmt: skip
    assert texts == ["team.invoice.posted", "team.service", "team.invoice.draft"]


def test_goods_that_came_back_and_are_credited():
    """Accounting is asked for a credit note that it has posted already."""
    paid = Step(6, "paid", "invoice.paid", False, "customer", 60)
    texts = [
        blame.judge(paid, {"messages": [], "came_back": True, "credited": credited}, NOW).text
        for credited in (None, "draft", "due")
    ]
    assert texts == [f"team.invoice.returned{end}" for end in ("", ".draft", ".due")]
