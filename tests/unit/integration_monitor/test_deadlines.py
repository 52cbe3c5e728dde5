"""Until when a step should be reached: each source, what is missing, plans and warnings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from integration_monitor.tools import timing
from integration_monitor.tools.cut_off import CutOff
from integration_monitor.tools.deadlines import READY, Dates, Place, Rule, beginnings
from integration_monitor.tools.milestones import Milestone, Step
from integration_monitor.tools.order_counts import Invoice, Picking
from integration_monitor.tools.root import SALE
from integration_monitor.tools.working_time import WorkingCalendar

BERLIN = "Europe/Berlin"
OFFICE = WorkingCalendar(BERLIN, (((480, 1020),),) * 5 + ((), ()))
START = datetime(2026, 1, 9, 9)  # a Friday, ten in the morning in Berlin
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
STEPS = [
    Step(1, "received", "sale.created", False, "customer", 0),
    Step(2, "confirmed", "sale.confirmed", False, "team", 0),
    Step(3, "picked", "picking.first.done", False, "team", 0),
    Step(4, "packed", "picking.pack.done", True, "team", 0),
    Step(5, "shipped", "picking.out.done", False, "team", 0),
    Step(6, "invoiced", "invoice.posted", False, "team", 0),
    Step(7, "paid", "invoice.paid", False, "customer", 0),
]
BY_CODE = {step.code: step for step in STEPS}


def picking(role: str, when: datetime, state: str = "assigned") -> Picking:
    return Picking(1, "WH/1", state, role, None, when.isoformat(), False, False)


def invoice(due: str | None, **values: Any) -> Invoice:
    row = {"move_type": "out_invoice", "state": "posted", "payment_state": "not_paid", **values}
    return Invoice(1, "INV/1", row["move_type"], row["state"], row["payment_state"], due)


def dates(
    rules: dict[str, Rule] | None = None,
    pickings: list[Picking] | None = None,
    invoices: list[Invoice] | None = None,
    promised: datetime | None = None,
    **place: Any,
) -> Dates:
    by_id = {BY_CODE[code].id: rule for code, rule in (rules or {}).items()}
    return Dates(
        SALE, START, START, promised, pickings or [], invoices or [], by_id, Place(BERLIN, **place)
    )


def due(code: str, rule: Rule, since: datetime = START, **values: Any) -> datetime | None:
    return dates({code: rule}, **values).due(BY_CODE[code], since)


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
    assert due("shipped", Rule("transfer"), pickings=now) == START + timedelta(seconds=20)
    # What was to leave yesterday is late, however young the step.
    late = [picking("out", START + HOUR)]
    assert due("shipped", Rule("transfer", 480), START + DAY, pickings=late) == START + HOUR


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


def first_due(
    opened: dict[str, datetime], found: Dates, reached: str = "", now: datetime = START
) -> timing.Timing:
    """How an order stands of which these steps are open, the named ones being done."""
    milestones = [
        Milestone(step.id, "reached" if step.code in reached.split() else "pending", expected=1)
        for step in STEPS
    ]
    since = {BY_CODE[code].id: moment for code, moment in opened.items()}
    return timing.timing(STEPS, milestones, since, found, now)


def test_promise_holds_before_the_goods_left() -> None:
    """An order past its promised date is in time because its step is young."""
    found = dates({"picked": Rule("clock", 4320)}, promised=START + HOUR)
    picked = {"picked": START}
    assert first_due(picked, found).due_at == START + HOUR
    assert first_due(picked, found, "shipped").due_at == START + 3 * DAY
    assert first_due({}, found) == (None, None, "on_track", None)
    # A step that is measured by the promise has its own idea of it.
    later = dates({"shipped": Rule("promise", offset=60)}, promised=START + HOUR)
    assert first_due({"shipped": START}, later).due_at == START + 2 * HOUR
    # An invoice that comes after the goods was promised to nobody.
    assert first_due({"invoiced": START}, found).due_at is None


FOUR = {"cut_offs": (CutOff(frozenset(range(5)), 960, BERLIN),)}
AT_FOUR = datetime(2026, 1, 9, 15)


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


def test_cut_off_holds_before_the_goods_left() -> None:
    """Goods that nobody picked are in time for a carrier who has left, or for the next one."""
    rules = {"picked": Rule("transfer", 4320), "shipped": Rule("cut_off", 480)}
    found = dates(rules, **FOUR)
    assert first_due({"picked": START}, found, "confirmed").due_at == AT_FOUR
    # Picked in the evening: the carrier was missed.
    ready = Dates(SALE, START, START, None, [], [], found._rules, Place(BERLIN, **FOUR),
                  ready=START)  # fmt: skip
    late = first_due({"shipped": START + 9 * HOUR}, ready, "confirmed picked")
    assert (late.due_at, late.step) == (AT_FOUR, BY_CODE["shipped"])
    # Quotations, invoices and what a carrier of others takes.
    assert first_due({"picked": START}, found).due_at == START + 3 * DAY
    assert first_due({"invoiced": START}, found, "confirmed").due_at is None
    other = {"cut_offs": (CutOff(frozenset(range(5)), 960, BERLIN, carrier_id=7),)}
    kept = dates(rules, **other)
    assert first_due({"picked": START}, kept, "confirmed").due_at == START + 3 * DAY
    assert planned(rules, frozenset({1, 2}), **FOUR)[2:5:2] == [AT_FOUR, AT_FOUR]


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


def test_the_first_deadline_of_all() -> None:
    """An invoice is late beside a parcel that travels, and nobody is told."""
    rules = {"shipped": Rule("clock", 600), "invoiced": Rule("clock", 120, warning=30)}
    both = {"shipped": START, "invoiced": START + HOUR}
    found = dates(rules)
    due_at = START + 3 * HOUR
    invoiced = BY_CODE["invoiced"]
    early = first_due(both, found)
    assert early == (invoiced, due_at, "on_track", due_at - HOUR / 2)
    risk = first_due(both, found, now=due_at - HOUR / 4)
    assert risk == (invoiced, due_at, "warning", due_at)
    assert first_due(both, found, now=due_at) == (invoiced, due_at, "missed", None)
    # At risk is what is warned of first, though another deadline comes before.
    rules["shipped"] = Rule("clock", 600, warning=590)
    risk = first_due(both, dates(rules), now=START + HOUR)
    assert risk == (invoiced, due_at, "warning", due_at)


def planned(rules: dict[str, Rule], fixed: frozenset[int] = frozenset(), **values: Any) -> list:
    found = [Milestone(step.id, expected=int(step.code != "packed")) for step in STEPS]
    for milestone in found:
        if milestone.step_id in fixed:
            milestone.state, milestone.planned_at = "reached", START + HOUR
    timing.plan(STEPS, found, dates(rules, **values), fixed)
    return [milestone.planned_at for milestone in found]


def test_plan() -> None:
    """Steps are planned from the beginning each, or those that nobody measures for ever."""
    rules = {"confirmed": Rule("clock", 60), "picked": Rule("clock", 120),
             "packed": Rule("clock", 600), "shipped": Rule("clock", 180)}  # fmt: skip
    assert planned(rules) == [
        START, START + HOUR, START + 3 * HOUR, None, START + 6 * HOUR, None, None,
    ]  # fmt: skip
    # The promise replaces a later plan; what was reached keeps its own.
    moved = planned(rules, frozenset({1, 2}), promised=START + 5 * HOUR)
    assert moved[:5] == [START + HOUR, START + HOUR, START + 3 * HOUR, None, START + 5 * HOUR]
    # A promise that had passed when the order came is no plan.
    assert planned(rules, promised=START - DAY)[4] == START


def test_plan_of_branches() -> None:
    """The invoice is planned after the parcel's arrival, or the end before the longer branch."""
    steps = [
        Step(1, "first", "event.1", False, "team", 0),
        Step(2, "left", "event.2", False, "team", 0, branch="goods"),
        Step(3, "arrived", "event.3", False, "team", 0, branch="goods"),
        Step(4, "billed", "event.4", False, "team", 0, branch="money"),
        Step(5, "unmeasured", "event.5", False, "team", 0),
        Step(6, "last", "event.6", False, "team", 0),
    ]
    rules = {step.id: Rule("clock", 60) for step in steps if step.code != "unmeasured"}
    milestones = [Milestone(step.id, expected=1) for step in steps]
    all_dates = Dates(SALE, START, None, None, [], [], rules, Place())
    timing.plan(steps, milestones, all_dates, frozenset())
    hours = [(m.planned_at - START) / HOUR for m in milestones if m.planned_at]
    assert hours == [1, 2, 3, 2, 3, 4]


def test_plan_follows_documents() -> None:
    """Both milestones of the one transfer have its date."""
    rules = {"picked": Rule("transfer", 480), "shipped": Rule("transfer", 480),
             "invoiced": Rule("working", 60), "paid": Rule("invoice_due", 1440)}  # fmt: skip
    found = planned(rules, pickings=[picking("out", START + DAY)], calendar=OFFICE)
    monday = datetime(2026, 1, 12, 8)
    assert found == [START, START, START + DAY, None, START + DAY, monday, monday + DAY]


@pytest.mark.parametrize(
    ("minutes", "warning", "expected"),
    [
        (0, 0, ("on_track", 80)),
        (79, 0, ("on_track", 80)),
        (80, 0, ("warning", 100)),
        (100, 0, ("missed", None)),
        (0, 30, ("on_track", 70)),
        (70, 30, ("warning", 100)),
        # A margin that is longer than the time there is.
        (0, 300, ("warning", 100)),
    ],
)
def test_timeliness(minutes: int, warning: int, expected: tuple[str, int | None]) -> None:
    """A step is at risk too late, or late too early."""
    end = START + timedelta(minutes=100)
    word, change = timing.timeliness(START, end, warning, START + timedelta(minutes=minutes))
    assert word == expected[0]
    assert change == (None if expected[1] is None else START + timedelta(minutes=expected[1]))


def test_nobody_measures() -> None:
    """A step without a deadline is late."""
    assert timing.timeliness(START, None, 60, START) == ("on_track", None)
    assert timing.timeliness(None, START, 0, START) == ("on_track", None)
