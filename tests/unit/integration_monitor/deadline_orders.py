"""Orders to count deadlines of, without a database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from integration_monitor.tools import timing
from integration_monitor.tools.cut_off import CutOff
from integration_monitor.tools.deadlines import Dates, Place, Rule
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
FOUR = {"cut_offs": (CutOff(frozenset(range(5)), 960, BERLIN),)}
AT_FOUR = datetime(2026, 1, 9, 15)


def picking(
    role: str, when: datetime, state: str = "assigned", done: datetime | None = None
) -> Picking:
    at = done.isoformat() if done else None
    return Picking(1, "WH/1", state, role, at, when.isoformat(), False, False)


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


def first_due(
    opened: dict[str, datetime],
    found: Dates,
    reached: str = "",
    now: datetime = START,
    skipped: str = "",
) -> timing.Timing:
    """How an order stands of which these steps are open, the named ones being done, or needless."""
    milestones = [Milestone(step.id, "pending", expected=1) for step in STEPS]
    for step, milestone in zip(STEPS, milestones, strict=True):
        if step.code in reached.split():
            milestone.state = "reached"
        elif step.code in skipped.split():
            milestone.state, milestone.expected = "skipped", 0
    since = {BY_CODE[code].id: moment for code, moment in opened.items()}
    return timing.timing(STEPS, milestones, since, found, now)


def planned(rules: dict[str, Rule], fixed: frozenset[int] = frozenset(), **values: Any) -> list:
    found = [Milestone(step.id, expected=int(step.code != "packed")) for step in STEPS]
    for milestone in found:
        if milestone.step_id in fixed:
            milestone.state, milestone.planned_at = "reached", START + HOUR
    timing.plan(STEPS, found, dates(rules, **values), fixed)
    return [milestone.planned_at for milestone in found]
