"""How far a stock level is on its way to a channel."""

from datetime import datetime

import pytest

from integration_monitor.tools.milestones import Milestone, Step
from integration_monitor.tools.stock_root import (
    ACKNOWLEDGED,
    CHANGED,
    SENT,
    STOCK,
    count,
    expected_reports,
)


def run(**values):
    """Return a row of the snapshot."""
    return {
        "id": 7, "state": "open", "create_date": "2026-02-02T10:00:00", "done_at": None,
        "told_by": 7, "ack_state": "none", "acknowledges": False, **values,
    }  # fmt: skip


def test_on_its_way():
    counts = count(run(), [], [], None)
    assert (counts[CHANGED].expected, counts[CHANGED].reached) == (1, 1)
    assert counts[CHANGED].at == datetime(2026, 2, 2, 10)
    assert (counts[SENT].expected, counts[SENT].reached, counts[SENT].message_id) == (1, 0, None)
    assert counts[ACKNOWLEDGED].expected == 0


def test_told_by_a_replay():
    told = count(run(state="done", done_at="2026-02-02T10:05:00", told_by=9), [], [], None)[SENT]
    assert (told.reached, told.at, told.message_id) == (1, datetime(2026, 2, 2, 10, 5), 9)


@pytest.mark.parametrize(
    ("values", "expected", "reached"),
    [
        ({"acknowledges": True}, 1, 0),
        ({"state": "done", "ack_state": "awaited", "acknowledges": True}, 1, 0),
        ({"state": "done", "ack_state": "accepted", "acknowledges": True}, 1, 1),
        ({"state": "done", "ack_state": "rejected", "acknowledges": True}, 1, 0),
        # The flow asked for confirmations after this one was sent.
        ({"state": "done", "ack_state": "none", "acknowledges": True}, 0, 0),
        # A replay of a confirmed level is on its way.
        ({"state": "open", "ack_state": "accepted", "acknowledges": False}, 0, 0),
    ],
)
def test_confirmation(values, expected, reached):
    confirmed = count(run(**values), [], [], None)[ACKNOWLEDGED]
    assert (confirmed.expected, confirmed.reached) == (expected, reached)


def test_what_a_channel_reported_stays():
    step = Step(3, "checked", "external.checked", True, "system", 0, "external")
    old = {3: Milestone(3, "reached", evidence={"all": "2026-02-02T11:00:00"})}
    assert expected_reports(run(), (step,), {}, {}, old)["external.checked"].expected == 1
    assert expected_reports(run(), (step,), {}, {}, {}) == {}


def test_nothing_is_linked_and_no_flow_triggered():
    assert STOCK.document_changes(run()) == STOCK.events(run(), {}) == []
    assert STOCK.scheduled(SENT, []) is None
    assert not STOCK.is_undone(run(), [], [])
