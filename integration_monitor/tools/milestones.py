"""How far a business transaction is: milestone states from counts, and what it waits for.

Pure functions over plain data. The counts come from the documents as they are now, never added up
event by event: repeating a computation, or undoing a document, leads to the same milestones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .branches import followers_of
from .iso_time import parse_iso

DONE_STATES = frozenset({"reached", "skipped"})
#: First words of the events that belong to invoicing.
OF_MONEY = ("invoice", "bill", "refund", "payment")
BEGUN_STATES = frozenset({"reached", "partial"})


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
    branch: str = ""
    #: whether the step belongs to invoicing: goods may still travel when it is reached
    money: bool = field(init=False, compare=False)

    def __post_init__(self) -> None:
        # Asked for many times an order.
        self.money = self.branch == "money" or self.event_code.partition(".")[0] in OF_MONEY


@dataclass(slots=True)
class Count:
    """How many documents must reach a step and how many did.

    ``partial``: a document is half-way (an invoice paid in part). ``at``, ``res_id``: the last one.
    ``since``: what was reported before does not count any more.
    """

    expected: int = 0
    reached: int = 0
    partial: bool = False
    at: datetime | None = None
    res_model: str | None = None
    res_id: int | None = None
    message_id: int | None = None
    since: datetime | None = None


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
        before, count = old.get(step.id), counts.get(step.event_code)
        told = by_code.get(step.code, ()) if by_code else ()
        if before is None and not told:
            if count is None:
                result.append(Milestone(step.id))
                continue
            if step.record_kind == "document":
                result.append(_first(step, count, now))
                continue
        before, count = before or Milestone(step.id), count or Count()
        new = _recorded(step, before, count, told)
        if new.state == "reached" and not new.reached_at:
            new.reached_at = before.reached_at or count.at or now
        elif new.state != "reached":
            new.reached_at = None
        result.append(new)
    _skip(steps, result)
    if old:
        for new in result:
            _remember(old.get(new.step_id), new, now)
    return result


def _first(step: Step, count: Count, now: datetime) -> Milestone:
    """The milestone of a step of documents of which nothing was recorded; most often asked for."""
    state = state_of(count)
    return Milestone(
        step.id,
        state,
        (count.at or now) if state == "reached" else None,
        None,
        count.expected,
        count.reached,
        count.res_model,
        count.res_id,
        count.message_id,
        "document" if count.reached else None,
    )


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
    if since := count.since:
        asked = since.isoformat(timespec="seconds")
        new.evidence = {key: stamp for key, stamp in new.evidence.items() if stamp >= asked}
        reports = [report for report in reports if report.at >= since]
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


def _skip(steps: Sequence[Step], milestones: list[Milestone]) -> None:
    """Mark steps that nobody needs any more.

    That is a step of which nothing is expected once one that follows it was begun, and an optional
    report that a following step of the same kind (goods, money) made needless.
    """
    following = followers_of(steps)
    for index, (step, milestone) in enumerate(zip(steps, milestones, strict=True)):
        if milestone.state != "pending":
            continue
        report = step.optional and step.record_kind != "document" and not step.money
        needless = report and overtaken(steps, milestones, following[index])
        if not needless and not milestone.expected:
            for later in following[index]:
                # Asked for each step of each order: a loop, which is quicker than ``any``.
                if milestones[later].state in BEGUN_STATES:
                    needless = True
                    break
        if needless:
            milestone.state = "skipped"


def overtaken(
    steps: Sequence[Step], milestones: list[Milestone], following: tuple[int, ...]
) -> bool:
    """Tell whether a following step of the goods was reached."""
    return any(
        milestones[later].state == "reached" and not steps[later].money for later in following
    )


def started(step: Step, milestone: Milestone) -> bool:
    """Tell whether there is anything to keep of a milestone.

    Of an optional step that nothing is expected of there is not: it costs nothing.
    """
    counted = milestone.expected or milestone.reached
    return bool(counted or not step.optional or milestone.state not in ("pending", "skipped"))


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
