"""Until when a step should be reached: each source, what is missing, plans and warnings."""

from __future__ import annotations

from datetime import datetime, timedelta

from deadline_orders import (
    AT_FOUR,
    BERLIN,
    BY_CODE,
    DAY,
    FOUR,
    HOUR,
    OFFICE,
    START,
    due,
    invoice,
    picking,
)

from integration_monitor.tools.cut_off import CutOff
from integration_monitor.tools.deadlines import READY, Rule, beginnings
from integration_monitor.tools.milestones import Milestone, Step
from integration_monitor.tools.order_counts import Picking
from integration_monitor.tools.working_time import WorkingCalendar


def test_by_the_clock() -> None:
    """A duration stops on a weekend, or zero minutes are a deadline."""
    assert due("picked", Rule("clock", 4320)) == START + 3 * DAY
    assert due("picked", Rule("clock", 0)) is None
    assert due("picked", Rule("clock", 60, offset=30)) == START + HOUR


def test_working_hours() -> None:
    """Eight working hours from Friday at ten end on Friday evening."""
    rule = Rule("working", 480)
    assert due("picked", rule, calendar=OFFICE) == datetime(2026, 1, 12, 8)
    # Nobody knows the hours: by the clock.
    assert due("picked", rule) == START + 8 * HOUR
    empty = WorkingCalendar(BERLIN, ((),) * 7)
    assert due("picked", rule, calendar=empty) == START + 8 * HOUR


def test_promise() -> None:
    """The promised date is moved the wrong way, or a missing one is no deadline at all."""
    rule = Rule("promise", 60, offset=-120)
    assert due("shipped", rule, promised=START + DAY) == START + 22 * HOUR
    assert due("shipped", rule) == START + HOUR


def test_transfer() -> None:
    """The date of another transfer is taken, or that of one that is done."""
    rule = Rule("transfer", 480, offset=15)
    found = [
        picking("pick", START - DAY, "done"), picking("pick", START + DAY),
        picking("out", START + 2 * DAY), picking("out", START + 3 * DAY),
        picking("return", START + HOUR),
    ]  # fmt: skip
    quarter = timedelta(minutes=15)
    assert due("picked", rule, pickings=found) == START + DAY + quarter
    assert due("shipped", rule, pickings=found) == START + 2 * DAY + quarter
    assert due("packed", rule, pickings=found) == START + 8 * HOUR
    # A warehouse of one step picks with the delivery.
    assert due("picked", rule, pickings=found[2:]) == START + 2 * DAY + quarter


def test_transfer_made_now() -> None:
    """Odoo schedules for the moment of the confirmation, and each order is late at once."""
    now = [picking("out", START + timedelta(seconds=20))]
    assert due("shipped", Rule("transfer", 480), pickings=now) == START + 8 * HOUR
    # Nobody said how long it may take: only what was promised counts.
    assert due("shipped", Rule("transfer"), pickings=now) is None
    assert due("shipped", Rule("transfer"), pickings=now, promised=START + DAY) == START + DAY
    # What was to leave yesterday is late, however young the step.
    late = [picking("out", START + HOUR)]
    assert due("shipped", Rule("transfer", 480), START + DAY, pickings=late) == START + HOUR


def test_transfer_made_by_the_one_before() -> None:
    """Odoo schedules the next transfer for the moment of the one before, and it is late at once."""
    rule, done = Rule("transfer", 480), START + DAY
    before = [picking("pick", START + HOUR, "done", done + timedelta(seconds=2))]
    assert due("shipped", rule, done, pickings=[*before, picking("out", done)]) == done + 8 * HOUR
    # A rule of the route that adds a day makes a date, and so does a person.
    later = [*before, picking("out", done + DAY)]
    assert due("shipped", rule, done, pickings=later) == done + DAY
    # The rest of what has left in part is due when all of it was.
    rest = [picking("out", done, "done", done), picking("out", done)]
    assert due("shipped", rule, done, pickings=rest) == done


def test_invoice_due() -> None:
    """An invoice is late on the day on which it is due, or when it is paid."""
    rule = Rule("invoice_due", 20160)
    evening = datetime(2026, 1, 31, 22, 59, 59)
    both = [invoice("2026-02-15"), invoice("2026-01-31")]
    assert due("paid", rule, invoices=both) == evening
    assert due("paid", Rule("invoice_due", 0, offset=1440), invoices=both) == evening + DAY
    for other in (
        invoice("2026-01-31", payment_state="paid"), invoice("2026-01-31", state="draft"),
        invoice("2026-01-31", move_type="out_refund"), invoice(None),
    ):  # fmt: skip
        assert due("paid", rule, invoices=[other]) == START + 14 * DAY


def test_cut_off() -> None:
    """Goods of another warehouse leave with the wrong carrier; without one nobody measures."""
    four = CutOff(frozenset(range(5)), 960, BERLIN, warehouse_id=3)
    rule = Rule("cut_off", 60, offset=-30)
    known = {"cut_offs": (four,), "warehouse_id": 3}
    assert due("shipped", rule, **known) == datetime(2026, 1, 9, 14, 30)
    assert due("shipped", rule, START + 6 * HOUR, **known) == datetime(2026, 1, 12, 14, 30)
    assert due("shipped", rule, cut_offs=(four,), warehouse_id=4) == START + HOUR


def test_cut_off_of_the_day_it_leaves() -> None:
    """An order of next week is late when today's carrier has left."""
    rule = Rule("cut_off", 60, offset=-30)
    friday = AT_FOUR + 7 * DAY - HOUR / 2
    assert due("shipped", rule, promised=START + 7 * DAY, **FOUR) == friday
    wednesday = [picking("out", START + 5 * DAY)]
    found = due("shipped", rule, pickings=wednesday, promised=START + 7 * DAY, **FOUR)
    assert found == friday - 2 * DAY
    # A transfer that the picking made is scheduled for that moment: it was to leave before.
    late = [
        Picking(1, "P", "done", "pick", str(START + 6 * DAY), str(START + 5 * DAY), False, True),
        picking("out", START + 6 * DAY),
    ]
    assert due("shipped", rule, pickings=late, **FOUR) == friday - 2 * DAY
    # Months ahead.
    may = datetime(2026, 5, 29, 9)
    assert due("shipped", rule, promised=may, **FOUR) == datetime(2026, 5, 29, 13, 30)


def test_since_when_goods_are_ready() -> None:
    """Goods that came late are late for a carrier who had left before."""
    steps = [BY_CODE["confirmed"], Step(9, "allocated", READY, False, "team", 0)]
    done = [Milestone(2, "reached", START, expected=1)]
    states = {"pending": None, "skipped": START, "reached": START + HOUR}
    for state, ready in states.items():
        at = START + HOUR if state == "reached" else None
        assert beginnings(steps, [*done, Milestone(9, state, at)]) == (START, ready)
    assert beginnings(steps[:1], done) == (START, START)
    assert beginnings([], []) == (None, None)


def test_our_team_works_by_its_hours() -> None:
    """An order of Friday evening is late in the night, and Monday's list is red."""
    rule = Rule("transfer", 480)
    evening = datetime(2026, 1, 9, 15, 30)
    monday = datetime(2026, 1, 12, 14, 30)
    assert due("picked", rule, evening, calendar=OFFICE) == monday
    assert due("picked", rule, evening) == evening + 8 * HOUR
    empty = WorkingCalendar(BERLIN, ((),) * 7)
    assert due("picked", rule, evening, calendar=empty) == evening + 8 * HOUR
    # What others do, and what is said to be by the clock.
    assert due("paid", Rule("invoice_due", 480), evening, calendar=OFFICE) == evening + 8 * HOUR
    assert due("picked", Rule("clock", 480), evening, calendar=OFFICE) == evening + 8 * HOUR
