"""Until when the steps of a business transaction should be reached, and how late one is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from .branches import leaders_of
from .cut_off import CutOff, next_cut_off, that_apply
from .milestones import DONE_STATES, Milestone, Step
from .root import Root
from .working_time import WorkingCalendar

#: A step without a margin of its own counts as at risk when this share of its time is over.
WARNING_SHARE = 0.8
#: Odoo schedules a transfer for the moment it is made; so close to the confirmation is no date.
MADE_NOW = timedelta(minutes=5)
#: The longest duration, offset or margin, in minutes: a year.
LONGEST = 366 * 1440


@dataclass(frozen=True, slots=True)
class Rule:
    """Where the deadline of a step comes from; durations in minutes.

    ``source``: promise, transfer, cut_off or invoice_due (a date, moved by ``offset``), working
    (``minutes`` in the working calendar) or clock. Where a date or a calendar is missing,
    ``minutes`` by the clock count from the step before; 0: nobody measures it. ``warning`` is the
    margin before it is missed; 0: the last fifth of the time.
    """

    source: str = "clock"
    minutes: int = 0
    offset: int = 0
    warning: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order is worked on: whose clock, whose working hours, which cut-offs."""

    zone: str = "UTC"
    calendar: WorkingCalendar | None = None
    cut_offs: tuple[CutOff, ...] = ()
    warehouse_id: int | None = None


class Dates:
    """What the deadlines of one order are counted from."""

    __slots__ = ("_carrier_id", "_invoices", "_pickings", "_place", "_rules",
                 "confirmed", "promised", "root", "started")  # fmt: skip

    def __init__(
        self,
        root: Root,
        started: datetime,
        confirmed: datetime | None,
        promised: datetime | None,
        pickings: list[Any],
        invoices: list[Any],
        rules: Mapping[int, Rule],
        place: Place,
        carrier_id: int | None = None,
    ) -> None:
        """Moments are in UTC.

        :param root: what kind of document it is
        :param promised: delivery date promised to the customer
        :param rules: by step id
        :param carrier_id: who takes the goods, for cut-offs that name one
        """
        self.root = root
        self.started = started
        self.confirmed = confirmed or started
        self.promised = promised
        self._rules = rules
        self._place = place
        self._pickings = pickings
        self._invoices = invoices
        self._carrier_id = carrier_id

    def rule(self, step: Step) -> Rule:
        """Return where the deadline of a step comes from."""
        return self._rules.get(step.id) or Rule()

    def due(self, step: Step, since: datetime) -> datetime | None:
        """Return when a step that is awaited since a moment should be reached; None: unmeasured."""
        rule, place, found = self.rule(step), self._place, None
        if rule.source == "working" and place.calendar:
            found = place.calendar.add(since, rule.minutes) if rule.minutes else None
        elif rule.source == "cut_off":
            cut_offs = that_apply(place.cut_offs, place.warehouse_id, self._carrier_id)
            offset = timedelta(minutes=rule.offset)
            found = next_cut_off(cut_offs, since, place.calendar, offset)
        elif rule.source != "clock" and (date_of := self._date(step, rule)):
            found = date_of + timedelta(minutes=rule.offset)
        if found is None and rule.minutes:
            found = since + timedelta(minutes=rule.minutes)
        return found

    def _date(self, step: Step, rule: Rule) -> datetime | None:
        """The date of a document that the rule asks for."""
        if rule.source == "transfer":
            scheduled = self.root.scheduled(step.event_code, self._pickings)
            if scheduled is None and step.event_code in self.root.promised_events:
                return self.promised
            if scheduled and rule.minutes and scheduled <= self.confirmed + MADE_NOW:
                return None
            return scheduled
        if rule.source == "invoice_due":
            return self._invoice_due()
        return self.promised if rule.source == "promise" else None

    def _invoice_due(self) -> datetime | None:
        """The end of the earliest day on which an invoice that is not paid is due."""
        days = [invoice.due for invoice in self.root.unpaid(self._invoices) if invoice.due]
        if not days:
            return None
        evening = datetime.combine(date.fromisoformat(min(days)[:10]), time(23, 59, 59))
        local = evening.replace(tzinfo=ZoneInfo(self._place.zone))
        return local.astimezone(timezone.utc).replace(tzinfo=None)

    def awaited_due(self, step: Step | None, since: datetime | None, gone: bool) -> datetime | None:
        """Return the deadline of the awaited step.

        Until the goods have left, the promise to the customer holds for each step before.

        :param gone: whether the goods have left
        """
        if step is None or since is None:
            return None
        own = self.due(step, since)
        if gone or not self.promised or (own and self.rule(step).source == "promise"):
            return own
        return min(own, self.promised) if own else self.promised


def plan(
    steps: Sequence[Step],
    milestones: Sequence[Milestone],
    dates: Dates,
    fixed: frozenset[int],
) -> None:
    """Write the planned moments of the milestones, one after the other from the beginning on.

    Branches begin together; what follows them waits for the longest. The promise replaces a later
    plan at the step that was promised. Steps that nobody measures are planned with the step before,
    none after the last measured one; nor are optional steps that nothing is expected of.

    :param fixed: ids of the steps that keep their plan: they were reached before, or not needed
    """
    leading = leaders_of(steps)
    ends: dict[int, datetime] = {}
    measured: set[int] = set()
    unmeasured: list[int] = []

    def beginning(index: int) -> datetime:
        # Asked for each step of each order: a loop, which is quicker than ``max``.
        latest = None
        for place in leading[index]:
            end = ends.get(place)
            if end and (latest is None or end > latest):
                latest = end
        return latest or dates.started

    for index, (step, milestone) in enumerate(zip(steps, milestones, strict=True)):
        if step.id in fixed:
            at = beginning(index)
            ends[index] = max(at, milestone.planned_at or at)
            continue
        milestone.planned_at = None
        if step.optional and not milestone.expected:
            continue
        due = dates.due(step, beginning(index))
        if step.event_code in dates.root.promised_events and dates.promised:
            # A date that had passed when the order came is no plan.
            due = max(min(due or dates.promised, dates.promised), dates.started)
        if due is None:
            unmeasured.append(index)
            continue
        milestone.planned_at = ends[index] = due
        measured.add(index)
    for index in unmeasured:
        if any(index in leading[later] for later in measured):
            milestones[index].planned_at = beginning(index)


def planned_for_good(old: Mapping[int, Milestone], new: Iterable[Milestone]) -> frozenset[int]:
    """Return the ids of the steps that keep their plan: those that are done and had one."""
    return frozenset(
        milestone.step_id
        for milestone in new
        if milestone.state in DONE_STATES and milestone.step_id in old
    )


def timeliness(
    since: datetime | None, due_at: datetime | None, warning: int, now: datetime
) -> tuple[str, datetime | None]:
    """Return (on_track, warning or missed; the moment this changes by itself, or None).

    :param warning: minutes before the deadline; 0: the last fifth of the time
    """
    if due_at is None or since is None:
        return "on_track", None
    if now >= due_at:
        return "missed", None
    if warning:
        warn_at = due_at - timedelta(minutes=warning)
    else:
        warn_at = since + (due_at - since) * WARNING_SHARE if due_at > since else since
    if now >= warn_at:
        return "warning", due_at
    return "on_track", warn_at
