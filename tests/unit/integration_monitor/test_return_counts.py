"""Which refunds answer which return, and what a return has reached."""

from __future__ import annotations

import random
from typing import Any

import pytest

from integration_monitor.tools.milestone_reports import Source
from integration_monitor.tools.milestones import Step
from integration_monitor.tools.order_counts import Invoice, Picking
from integration_monitor.tools.return_counts import (
    Line,
    Part,
    count_return,
    credit,
    events,
    is_undone,
    needed,
    scheduled,
)
from integration_monitor.tools.return_root import expected_reports, reporter_of, unpaid

#: Half of the last digit of two, of the reference unit.
LEAST = 0.00501
AT = "2026-03-02 10:00:00"
LABEL = Step(2, "return_label", "message.carrier.return.done", True, "system", 60, "message",
             "carrier.return")  # fmt: skip
TRANSIT = Step(3, "in_transit", "tracking.in_transit", True, "customer", 0, "external",
               "carrier.tracking")  # fmt: skip


def order(**values: Any) -> dict[str, Any]:
    """A return of goods that are on no refund yet."""
    return {
        "id": 7, "name": "IN/7", "create_date": AT, "reception_steps": "one_step",
        "uncredited": True, "sent_again": False, "warehouse_id": 1, "evidence": None,
        "pickings": (), **values,
    }  # fmt: skip


def transfer(
    state: str = "done", role: str = "back", ident: int = 7, feeds: bool = False
) -> Picking:
    return Picking(ident, f"T{ident}", state, role, AT, AT, False, feeds)


def refund(state: str = "posted", paid: str = "not_paid", ident: int = 3) -> Invoice:
    return Invoice(ident, f"R{ident}", "out_refund", state, paid, "2026-03-09")


@pytest.mark.parametrize(
    ("line", "parts", "expected"),
    [
        (Line(1, 5, 5, LEAST), [Part(7, 1, 2, 0, 0)], {7: 2}),
        # Nothing was invoiced; or just what stayed with the customer.
        (Line(1, 5, 0, LEAST), [Part(7, 1, 2, 0, 0)], {7: 0}),
        (Line(1, 5, 3, LEAST), [Part(7, 1, 2, 0, 0)], {7: 0}),
        # The first came back before the invoice, the second after it.
        (Line(1, 5, 4, LEAST), [Part(7, 1, 1, 0, 0), Part(8, 1, 1, 0, 0)], {7: 0, 8: 1}),
        # Exchanged: open, in part, and shipped.
        (Line(1, 2, 2, LEAST), [Part(7, 1, 2, 2, 0)], {7: 0}),
        (Line(1, 2, 2, LEAST), [Part(7, 1, 2, 1, 0)], {7: 1}),
        (Line(1, 4, 2, LEAST), [Part(7, 1, 2, 2, 2)], {7: 0}),
        # More was invoiced than has left: what came back is to be refunded all the same.
        (Line(1, 2, 5, LEAST), [Part(7, 1, 1, 0, 0)], {7: 1}),
    ],
)
def test_needed(line: Line, parts: list[Part], expected: dict[int, float]) -> None:
    """Money that nobody asked for is to be returned, or money that somebody paid is kept."""
    assert needed(parts, line) == expected


def test_credit_in_order() -> None:
    """A refund of one piece answers two returns of one each."""
    parts = [Part(7, 1, 1, 0, 0), Part(8, 1, 1, 0, 0)]
    lines = [Line(1, 5, 5, LEAST)]
    one = [(31, {1: 1.0})]
    assert credit(7, lines, parts, one) == ([31], False)
    assert credit(8, lines, parts, one) == ([], True)
    both = [(31, {1: 2.0})]
    assert credit(7, lines, parts, both) == credit(8, lines, parts, both) == ([31], False)


def test_credit_of_two_lines() -> None:
    """A refund of one product answers a return of two."""
    parts = [Part(7, 1, 1, 0, 0), Part(7, 2, 3, 0, 0)]
    lines = [Line(1, 1, 1, LEAST), Line(2, 3, 3, LEAST)]
    assert credit(7, lines, parts, [(31, {1: 1.0})]) == ([31], True)
    assert credit(7, lines, parts, [(31, {1: 1.0}), (32, {2: 3.0})]) == ([31, 32], False)


def test_no_refund_answers_more_than_it_says() -> None:
    """Refunds are counted twice, whatever the returns and refunds are."""
    draw = random.Random(7)
    for _time in range(500):
        ids = range(1, draw.randint(2, 5))
        parts = [Part(ident, 1, draw.randint(0, 3), 0, 0) for ident in ids]
        line = Line(1, 12, draw.randint(0, 12), LEAST)
        refunds = [(40 + number, {1: float(draw.randint(0, 3))}) for number in range(3)]
        wanted = needed(parts, line)
        assert sum(wanted.values()) <= line.billed
        assert all(0 <= wanted[part.return_id] <= part.asked for part in parts)
        missing = [credit(ident, [line], parts, refunds).missing for ident in ids]
        given = sum(quantities[1] for _id, quantities in refunds)
        assert any(missing) == (sum(wanted.values()) > given)


def test_counts() -> None:
    """One of two transfers came, and everything counts as received."""
    counts = count_return(order(), [transfer(), transfer("assigned", ident=8)], [])
    assert (counts["return.received"].reached, counts["return.received"].expected) == (1, 2)
    assert (counts["return.credited"].reached, counts["return.credited"].expected) == (0, 1)
    assert counts["return.stored"].expected == counts["return.replaced"].expected == 0


def test_counts_of_refunds() -> None:
    """A draft counts as a refund, or the part that is on none is forgotten."""
    refunds = [refund(paid="paid"), refund("draft", ident=4)]
    counts = count_return(order(), [transfer()], refunds)
    assert (counts["return.credited"].reached, counts["return.credited"].expected) == (1, 3)
    assert (counts["return.refunded"].reached, counts["return.refunded"].expected) == (1, 3)
    assert unpaid([refund(), refund(paid="paid")]) == [refund()]


def test_counts_of_steps_in_the_house() -> None:
    """Goods on their way in the house need no put-away before it is written."""
    several = order(reception_steps="two_steps")
    waiting = count_return(several, [transfer("assigned")], [])
    assert waiting["return.stored"].expected == 1
    stored = [transfer(), transfer("assigned", "put_away", 8)]
    assert count_return(several, stored, [])["return.stored"].expected == 1
    picked = [transfer(), transfer("assigned", "pick", 8), transfer("done", "pick", 9)]
    assert count_return(order(), picked, [])["return.replaced"].expected == 1
    fed = [transfer(), transfer("assigned", "pick", 8, feeds=True),
           transfer("waiting", "out", 9)]  # fmt: skip
    assert count_return(order(), fed, [])["return.replaced"].expected == 1


def test_undone_when_settled() -> None:
    """The goods went to the customer again, and he keeps the refund."""
    assert is_undone(order(sent_again=True), [], [])
    assert not is_undone(order(sent_again=True), [], [refund()])
    assert not is_undone(order(), [], [])


def test_scheduled() -> None:
    """The put-away is planned by the date of the return."""
    transfers = [transfer("assigned"), transfer("done", "put_away", 8)]
    assert scheduled("return.received", transfers) is not None
    assert scheduled("return.stored", transfers) is None


def test_reports_of_who_was_told() -> None:
    """A carrier who knows nothing of the parcel is waited for."""
    told_of = {"told": [["carrier.return", 5, 1, "stock.picking"]]}
    sources = {
        "carrier.return": (Source("Carrier", 5, frozenset(), tells=True),),
        "carrier.tracking": (Source("Carrier", 5, frozenset(), told=True, inbound=True),),
    }
    for step in (LABEL, TRANSIT):
        assert reporter_of(step, sources, order()) is None
        assert reporter_of(step, sources, order(evidence=told_of)) is not None
        assert reporter_of(step, {}, order(evidence=told_of)) is None
    # One that only reports what it sees.
    sees = {"carrier.tracking": (Source("Aggregator", 6, frozenset(), inbound=True),)}
    assert reporter_of(TRANSIT, sees, order()) is None
    counts = expected_reports(order(evidence=told_of), (LABEL, TRANSIT), sources, {}, {})
    assert [count.expected for count in counts.values()] == [1, 1]


def test_events() -> None:
    """A back order or a put-away is told as a return."""
    rows = [
        (7, "T7", "done", "back", AT, AT, False, False, None),
        (8, "T8", "assigned", "back", AT, AT, False, False, None),  # what is still to come
        (9, "T9", "done", "put_away", AT, AT, False, False, None),
        (10, "T10", "cancel", "back", AT, AT, False, False, None),
    ]
    old: dict[int, dict[str, Any]] = {ident: {"state": "assigned"} for ident in (7, 9, 10)}
    assert events(order(pickings=rows), {"stock.picking": {**old, 8: {"state": False}}}) == [
        ("return.received", "stock.picking", 7),
        ("return.cancelled", "stock.picking", 10),
    ]
    new = [(7, "T7", "assigned", "back", AT, AT, False, False, None)]
    assert events(order(pickings=new), {"stock.picking": {7: {"state": False}}}) == [
        ("return.announced", "stock.picking", 7)
    ]


def test_what_counts_as_rounding() -> None:
    """Four of a thousand parts are nothing, or are goods, as the line's unit has it."""
    for least, missing in ((0.00501, False), (0.000501, True)):
        found = credit(7, [Line(1, 1.0, 1.0, least)], [Part(7, 1, 0.004, 0, 0)], [])
        assert found.missing is missing
