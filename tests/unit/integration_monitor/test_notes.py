"""What happened to documents, as a job keeps it."""

from datetime import datetime

import pytest

from integration_monitor.tools.notes import Notes


def test_documents_of_all_kinds_come_back():
    """Old values are lost: the job that makes good for a fault tells of nothing."""
    notes = Notes()
    notes.documents["sale.order"][5] = {"state": "draft"}
    notes.documents["stock.picking"][7] = {}
    notes.of_root("purchase.order")["account.move"][9] = {"state": "draft"}
    notes.begin("stock.picking", [11])
    notes.begun.add(("sale.order", 5))
    notes.message_ids["sale.order", 5] = 3
    notes.reports.append({"step_code": "delivered", "occurred_at": datetime(2026, 1, 2)})
    again = Notes.load(notes.dump())
    for name in ("documents", "further", "begun", "message_ids", "reports"):
        assert getattr(again, name) == getattr(notes, name)


def test_nothing_comes_back_as_nothing():
    again = Notes.load(Notes().dump())
    assert not again.documents and not again.further and not again.reports


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ({}, False),
        ({"stock.picking": {1: {"state": False}, 2: {"state": "draft"}}}, True),
        ({"stock.picking": {1: {"state": "assigned"}, 2: {"state": False}}}, True),
        ({"stock.picking": {1: {"state": "assigned"}}}, False),
        ({"stock.picking": {1: {}}}, False),
        ({"sale.order": {1: {"state": False}}}, False),
        ({"account.move": {1: {"state": False, "payment_state": False}}}, True),
        ({"account.move": {1: {"state": "draft"}}}, False),
    ],
)
def test_new_documents(documents, expected):
    """What nothing is linked to yet is looked for by links, and then once more."""
    notes = Notes()
    for model, changes in documents.items():
        notes.documents[model].update(changes)
    assert notes.has_new_documents() is expected
