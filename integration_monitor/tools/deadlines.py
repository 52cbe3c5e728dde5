"""Until when the steps of a business transaction should be reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from .cut_off import CutOff, next_cut_off, that_apply
from .milestones import DONE_STATES, Milestone, Step
from .order_counts import moment
from .root import Root
from .working_time import WorkingCalendar

#: Odoo schedules a transfer for the moment it is made; so close to that is no date.
MADE_NOW = timedelta(minutes=5)
#: The longest duration, offset or margin, in minutes: a year.
LONGEST = 366 * 1440
#: What goods are ready to go with, and when the first of them were picked.
READY, PICKED = "picking.first.ready", "picking.first.done"
#: Roles of the transfers by which goods leave.
ON_THE_WAY = frozenset({"pick", "pack", "internal", "out", "dropship"})


@dataclass(frozen=True, slots=True)
class Rule:
    """Where the deadline of a step comes from; durations in minutes.

    ``source``: promise, transfer, cut_off or invoice_due (a date, moved by ``offset``), working
    (``minutes`` in the working calendar) or clock. Where a date or a calendar is missing,
    ``minutes`` count from the step before: working minutes where a date is missing and our team has
    to move, else by the clock; 0: nobody measures it. ``warning`` is the margin before it is
    missed; 0: the last fifth of the time.
    """

    source: str = "clock"
    minutes: int = 0
    offset: int = 0
    warning: int = 0


_UNMEASURED = Rule()


@dataclass(frozen=True, slots=True)
class Place:
    """Where an order is worked on: whose clock, whose working hours, which cut-offs."""

    zone: str = "UTC"
    calendar: WorkingCalendar | None = None
    cut_offs: tuple[CutOff, ...] = ()
    warehouse_id: int | None = None


class Dates:
    """What the deadlines of one order are counted from."""

    __slots__ = ("_carrier_id", "_invoices", "_pickings", "_place", "_rules", "confirmed",
                 "promised", "ready", "root", "started")  # fmt: skip

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
        ready: datetime | None = None,
    ) -> None:
        """Moments are in UTC.

        :param root: what kind of document it is
        :param promised: delivery date promised to the customer
        :param rules: by step id
        :param carrier_id: who takes the goods, for cut-offs that name one
        :param ready: since when the goods could go with the carrier, see :func:`beginnings`
        """
        self.root = root
        self.started = started
        self.confirmed = confirmed or started
        self.promised = promised
        self.ready = ready
        self._rules = rules
        self._place = place
        self._pickings = pickings
        self._invoices = invoices
        self._carrier_id = carrier_id

    def rule(self, step: Step) -> Rule:
        """Return where the deadline of a step comes from."""
        return self._rules.get(step.id) or _UNMEASURED

    def due(self, step: Step, since: datetime) -> datetime | None:
        """Return when a step that is awaited since a moment should be reached; None: unmeasured."""
        rule, place, found = self.rule(step), self._place, None
        if rule.source == "working" and place.calendar:
            found = place.calendar.add(since, rule.minutes) if rule.minutes else None
        elif rule.source == "cut_off":
            found = self.cut_off(step, since)
        elif rule.source != "clock" and (date_of := self._date(step, rule)):
            found = date_of + timedelta(minutes=rule.offset)
        if found is None and rule.minutes:
            found = self._within(step, rule, since)
        return found

    def _within(self, step: Step, rule: Rule, since: datetime) -> datetime:
        """The end of a step's minutes where its date is missing: our team works by its hours."""
        calendar, found = self._place.calendar, None
        if calendar and step.waits_on == "team" and rule.source != "clock":
            found = calendar.add(since, rule.minutes)
        return found or since + timedelta(minutes=rule.minutes)

    def _date(self, step: Step, rule: Rule) -> datetime | None:
        """The date of a document that the rule asks for."""
        if rule.source == "transfer":
            scheduled = self.root.scheduled(step.event_code, self._pickings)
            if scheduled is None and step.event_code in self.root.promised_events:
                return self.promised
            if scheduled and self._made_then(scheduled):
                promised = step.event_code in self.root.promised_events and not rule.minutes
                return self.promised if promised else None
            return scheduled
        if rule.source == "invoice_due":
            return self._invoice_due()
        return self.promised if rule.source == "promise" else None

    def _made_then(self, scheduled: datetime) -> bool:
        """Tell whether a date is only the moment at which Odoo made the transfer.

        It makes transfers when the order is confirmed, and the next one of the goods when the one
        before is done; an exchange has the moment at which the goods had left.
        """
        if scheduled <= self.confirmed + MADE_NOW:
            return True
        for transfer in self._pickings:
            done = moment(transfer.date_done) if transfer.state == "done" else None
            # A back order keeps the date of the transfer of which it is the rest.
            if done and abs(done - scheduled) <= MADE_NOW:
                if moment(transfer.scheduled_date) != scheduled:
                    return True
        return False

    def _invoice_due(self) -> datetime | None:
        """The end of the earliest day on which an invoice that is not paid is due."""
        days = [invoice.due for invoice in self.root.unpaid(self._invoices) if invoice.due]
        if not days:
            return None
        return _evening(min(days)[:10], self._place.zone)

    def cut_off(self, step: Step, since: datetime) -> datetime | None:
        """Return the cut-off that the goods of the order have to reach; None: none concerns it.

        That is the first one after they were ready, however late a step before was reached, on the
        day on which they should leave or later.

        :param since: when they began to wait, as long as they are not ready
        """
        place, offset = self._place, timedelta(minutes=self.rule(step).offset)
        found = that_apply(place.cut_offs, place.warehouse_id, self._carrier_id)
        if not found:
            return None
        after = self.ready or since
        return next_cut_off(found, after, place.calendar, offset, self._leaving(step))

    def _leaving(self, step: Step) -> datetime | None:
        """When the goods should leave: as scheduled, else as promised."""
        made, kept = self.confirmed, None
        for transfer in self._pickings:
            if transfer.state != "done" or transfer.role not in ON_THE_WAY:
                continue
            made = max(made, moment(transfer.date_done) or made)
            before = moment(transfer.scheduled_date)
            if before and before > self.confirmed + MADE_NOW:
                kept = max(kept or before, before)
        for event in (step.event_code, PICKED):
            scheduled = self.root.scheduled(event, self._pickings)
            # What a transfer before made is scheduled for that moment: late picking moves no date.
            if scheduled and scheduled > made + MADE_NOW:
                return scheduled
        return kept or self.promised

    def follows_cut_offs(self) -> bool:
        """Tell whether the deadline of any step is a cut-off."""
        return bool(self._place.cut_offs) and any(
            rule.source == "cut_off" for rule in self._rules.values()
        )


@lru_cache(maxsize=512)
def _evening(day: str, zone: str) -> datetime:
    """The end of a day in a time zone, in UTC; many invoices are due on the same day."""
    evening = datetime.combine(date.fromisoformat(day), time(23, 59, 59))
    local = evening.replace(tzinfo=ZoneInfo(zone))
    return local.astimezone(timezone.utc).replace(tzinfo=None)


def beginnings(
    steps: Sequence[Step], milestones: Sequence[Milestone]
) -> tuple[datetime | None, datetime | None]:
    """Return when an order was confirmed, and since when its goods are ready to go.

    They are since they were allocated; where nothing is allocated, since the confirmation.
    """
    confirmed = ready = None
    waits = False
    for step, milestone in zip(steps, milestones, strict=True):
        if confirmed is None and step.event_code.endswith(".confirmed"):
            confirmed = milestone.reached_at
        elif step.event_code == READY:
            ready = milestone.reached_at
            waits = milestone.state not in DONE_STATES
    return confirmed, None if waits else ready or confirmed
