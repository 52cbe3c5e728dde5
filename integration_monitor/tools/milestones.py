"""How far a business transaction is: milestone states from counts, and what it waits for.

Pure functions over plain data. The counts come from the documents as they are now, never added up
event by event: repeating a computation, or undoing a document, leads to the same milestones.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .iso_time import parse_iso

DONE_STATES = frozenset({"reached", "skipped"})


@dataclass(slots=True)
class Step:
    """One step of a process, as the progress needs it."""

    id: int
    code: str
    event_code: str
    optional: bool
    waits_on: str
    expected_minutes: int
    record_kind: str = "document"
    message_type: str = ""
    sequence: int = 0

    @property
    def money(self) -> bool:
        """Whether the step belongs to invoicing: goods may still travel when it is reached."""
        return self.event_code.partition(".")[0] in ("invoice", "refund", "payment")


@dataclass(slots=True)
class Count:
    """How many documents must reach a step and how many did.

    ``partial``: a document is half-way (an invoice paid in part). ``at``, ``res_id``: the last one.
    """

    expected: int = 0
    reached: int = 0
    partial: bool = False
    at: datetime | None = None
    res_model: str | None = None
    res_id: int | None = None
    message_id: int | None = None


@dataclass(slots=True)
class Milestone:
    """The state of one step of one transaction, as stored."""

    step_id: int
    state: str = "pending"
    reached_at: datetime | None = None
    planned_at: datetime | None = None
    expected: int = 0
    reached: int = 0
    res_model: str | None = None
    res_id: int | None = None
    message_id: int | None = None
    source: str | None = None
    evidence: dict[str, str] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)

    def facts(self) -> tuple[Any, ...]:
        """What makes two milestones different; the history follows from the rest."""
        return (
            self.state, self.reached_at, self.planned_at, self.expected, self.reached,
            self.res_model, self.res_id, self.message_id, self.source, tuple(self.evidence.items()),
        )  # fmt: skip


@dataclass(slots=True)
class Report:
    """Something a message or a partner reported: ``key`` names the document it speaks of."""

    step_code: str
    key: str
    at: datetime
    res_model: str | None = None
    res_id: int | None = None
    message_id: int | None = None
    source: str = "external"


def state_of(count: Count) -> str:
    """Return the state that a count amounts to."""
    if count.expected and count.reached >= count.expected:
        return "reached"
    return "partial" if count.reached or count.partial else "pending"


def advance(
    steps: list[Step],
    counts: dict[str, Count],
    old: dict[int, Milestone],
    reports: list[Report],
    now: datetime,
) -> list[Milestone]:
    """Return the milestones of a transaction, in the order of its steps.

    :param counts: by event code; a step whose event is missing is counted by its reports
    :param old: the stored milestones by step id
    :param reports: new reports, for steps that messages and partners reach
    """
    result = []
    by_code: dict[str, list[Report]] = {}
    for report in reports:
        by_code.setdefault(report.step_code, []).append(report)
    for step in steps:
        before = old.get(step.id) or Milestone(step.id)
        count = counts.get(step.event_code) or Count()
        new = _recorded(step, before, count, by_code.get(step.code, ()))
        if new.state == "reached" and not new.reached_at:
            new.reached_at = before.reached_at or count.at or now
        elif new.state != "reached":
            new.reached_at = None
        result.append(new)
    _skip(steps, result)
    for new in result:
        _remember(old.get(new.step_id), new, now)
    return result


def _recorded(step: Step, before: Milestone, count: Count, reports: Any) -> Milestone:
    """Return the milestone that the counts and the reports amount to, before skipping."""
    new = Milestone(
        step.id,
        planned_at=before.planned_at,
        expected=count.expected,
        reached=count.reached,
        message_id=before.message_id,
        source=before.source,
        evidence=before.evidence,
        history=before.history,
    )
    if step.record_kind == "document" and not reports:
        new.state = state_of(count)
        new.message_id = before.message_id or count.message_id
        new.source = "document" if count.reached else before.source
        new.res_model, new.res_id = count.res_model, count.res_id
        if before.state == "reached":
            new.reached_at = before.reached_at
        return new
    new.res_model, new.res_id = before.res_model, before.res_id
    new.evidence = dict(before.evidence)
    for report in reports:
        stamp = report.at.isoformat(timespec="seconds")
        new.evidence[report.key] = min(stamp, new.evidence.get(report.key, stamp))
        new.res_model = report.res_model or new.res_model
        new.res_id = report.res_id or new.res_id
        new.message_id = report.message_id or new.message_id
        new.source = report.source
    if count.reached and not new.evidence:
        # Nobody reported it, the document shows it.
        new.source, new.res_model, new.res_id = "document", count.res_model, count.res_id
    new.reached = max(len(new.evidence), count.reached)
    new.expected = max(count.expected, 1 if new.evidence else 0)
    new.state = state_of(Count(new.expected, new.reached))
    if new.state == "reached" and new.evidence:
        new.reached_at = parse_iso(max(new.evidence.values()))
    return new


def _skip(steps: list[Step], milestones: list[Milestone]) -> None:
    """Mark steps that nobody needs any more.

    That is a step of which nothing is expected once a later one was begun, and an optional report
    that a later step of the same kind (goods, money) made needless.
    """
    begun = overtaken = False
    for step, milestone in reversed(list(zip(steps, milestones, strict=True))):
        report = step.optional and step.record_kind != "document"
        if milestone.state == "pending" and (
            (begun and not milestone.expected) or (report and overtaken and not step.money)
        ):
            milestone.state = "skipped"
        elif milestone.state in ("reached", "partial"):
            begun = True
            overtaken = overtaken or (milestone.state == "reached" and not step.money)


def _remember(before: Milestone | None, new: Milestone, now: datetime) -> None:
    """Append to the history when a milestone that was reached (in part) is lost again."""
    if before is None or before.state == new.state:
        return
    if before.state in ("reached", "partial") and new.state in ("pending", "partial", "skipped"):
        if before.state == "partial" and new.state == "partial":
            return
        entry = {
            "at": now.isoformat(timespec="seconds"),
            "from": before.state,
            "to": new.state,
        }
        if before.reached_at:
            entry["reached_at"] = before.reached_at.isoformat(timespec="seconds")
        new.history = [*before.history, entry]


def idle(step: Step, milestone: Milestone) -> bool:
    """Tell whether nothing of a step is expected and nothing has begun: nobody asks for it."""
    return (
        not milestone.expected
        and milestone.state in ("pending", "skipped")
        and (step.optional or step.record_kind == "document")
    )


def awaited(steps: list[Step], milestones: list[Milestone]) -> Step | None:
    """Return the first step that somebody must still reach; None when nothing is awaited.

    A step of which nothing is expected is not awaited, unless it is a report that must come; nor is
    an optional report of which a part is missing, once the goods are further.
    """
    for index, (step, milestone) in enumerate(zip(steps, milestones, strict=True)):
        report = step.record_kind != "document"
        if milestone.state in DONE_STATES or idle(step, milestone):
            continue
        if report and step.optional and _overtaken(steps, milestones, index):
            continue
        return step
    return None


def _overtaken(steps: list[Step], milestones: list[Milestone], index: int) -> bool:
    """Tell whether a later step of the goods was reached."""
    return any(
        milestone.state == "reached" and not step.money
        for step, milestone in zip(steps[index + 1 :], milestones[index + 1 :], strict=True)
    )


def plan(
    steps: list[Step], milestones: list[Milestone], started: datetime, promised: datetime | None
) -> None:
    """Write the planned moments of a new transaction: the expected times one after the other.

    The promised date replaces the sum at the delivery. Steps without an expected time after the
    last measured one have no plan, nor have optional steps that nothing is expected of.
    """
    moment = started
    needed = [
        (step, milestone)
        for step, milestone in zip(steps, milestones, strict=True)
        if milestone.expected or not step.optional
    ]
    measured = sum(1 for step, _milestone in needed if step.expected_minutes)
    for step, milestone in needed:
        if step.event_code == "picking.out.done" and promised:
            moment = max(promised, started)
        elif step.expected_minutes:
            moment += timedelta(minutes=step.expected_minutes)
            measured -= 1
        elif not measured:
            break
        milestone.planned_at = moment
