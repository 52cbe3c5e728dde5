"""The plan of an order, which deadline comes first, and how late it is."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from deadline_orders import (
    AT_FOUR,
    BERLIN,
    BY_CODE,
    DAY,
    FOUR,
    HOUR,
    OFFICE,
    START,
    dates,
    first_due,
    picking,
    planned,
)

from integration_monitor.tools import timing
from integration_monitor.tools.cut_off import CutOff
from integration_monitor.tools.deadlines import Dates, Place, Rule
from integration_monitor.tools.milestones import Milestone, Step
from integration_monitor.tools.root import SALE


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


def test_promise_of_work() -> None:
    """Work was promised for today, nothing is to be sent, and the order is in time for ever."""
    found = dates({"invoiced": Rule("clock", 4320)}, promised=START + HOUR)
    work = first_due({"invoiced": START}, found, "confirmed", skipped="picked packed shipped")
    assert (work.step, work.due_at) == (BY_CODE["invoiced"], START + HOUR)
    assert first_due({"invoiced": START}, found, "confirmed").due_at == START + 3 * DAY


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
