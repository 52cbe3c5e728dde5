"""The plan of a business transaction, which deadline comes first, and how late it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from .branches import followers_of, leaders_of
from .deadlines import Dates
from .milestones import DONE_STATES, Milestone, Step

#: A step without a margin of its own counts as at risk when this share of its time is over.
WARNING_SHARE = 0.8


class Timing(NamedTuple):
    """How a transaction stands: the deadline that comes first, and the step it is of.

    ``timeliness``: on_track, warning or missed, of the step that stands worst; ``changes_at``: when
    it changes by itself.
    """

    step: Step | None = None
    due_at: datetime | None = None
    timeliness: str = "on_track"
    changes_at: datetime | None = None


def plan(
    steps: Sequence[Step],
    milestones: Sequence[Milestone],
    dates: Dates,
    fixed: frozenset[int],
) -> None:
    """Write the planned moments of the milestones, one after the other from the beginning on.

    Branches begin together; what follows them waits for the longest. The promise replaces a later
    plan at the step that was promised. Steps that nobody measures are planned with the step before,
    none after the last measured one; nor are optional steps that nothing is expected of. What leads
    to a cut-off is planned for it at the latest.

    :param fixed: ids of the steps that keep their plan: they were reached before, or not needed
    """
    leading = leaders_of(steps)
    cut_offs = _cut_offs(steps, milestones, dates, dates.confirmed)
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
        due = cut_offs.get(index) or dates.due(step, beginning(index))
        if step.event_code in dates.root.promised_events and dates.promised:
            # A date that had passed when the order came is no plan.
            due = max(min(due or dates.promised, dates.promised), dates.started)
        if due and cut_offs:
            due = _capped(due, step, index, steps, cut_offs)
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


def timing(
    steps: Sequence[Step],
    milestones: Sequence[Milestone],
    opened: Mapping[int, datetime],
    dates: Dates,
    now: datetime,
) -> Timing:
    """Return how a transaction stands, by all steps that are open beside each other.

    :param opened: since when each open step is awaited, by step id
    """
    result = Timing()
    for index, step in enumerate(steps):
        since = opened.get(step.id)
        if since is None:
            continue
        due_at = _due(index, since, steps, milestones, dates)
        word, changes_at = timeliness(since, due_at, dates.rule(step).warning, now)
        if due_at is None:
            continue
        if result.due_at is None:
            result = Timing(step, due_at, word, changes_at)
            continue
        first = result if result.due_at <= due_at else Timing(step, due_at)
        word = max(word, result.timeliness, key=_WORDS.index)
        # At risk by the one, it changes when the first deadline is missed.
        next_at = first.due_at if word == "warning" else None
        if word == "on_track" and changes_at and result.changes_at:
            next_at = min(changes_at, result.changes_at)
        result = Timing(first.step, first.due_at, word, next_at)
    return result


_WORDS = ("on_track", "warning", "missed")


def _due(
    index: int,
    since: datetime,
    steps: Sequence[Step],
    milestones: Sequence[Milestone],
    dates: Dates,
) -> datetime | None:
    """The deadline of an open step: its own, or that of what it leads to.

    Until the goods have left, promise to the customer and cut-off hold for each step before.
    """
    step = steps[index]
    due_at = dates.due(step, since)
    if due_at is None or dates.rule(step).source != "promise":
        due_at = _earliest(due_at, _promised(index, steps, milestones, dates))
    if cut_offs := _cut_offs(steps, milestones, dates, since):
        due_at = _capped(due_at, step, index, steps, cut_offs)
    return due_at


def _promised(
    index: int, steps: Sequence[Step], milestones: Sequence[Milestone], dates: Dates
) -> datetime | None:
    """What was promised, while the step stands before it; of no goods, each step does."""
    if not dates.promised:
        return None
    events = dates.root.promised_events
    places = [place for place, step in enumerate(steps) if step.event_code in events]
    if any(milestones[place].state == "reached" for place in places):
        return None
    before = followers_of(steps)[index]
    goods = any(milestones[place].expected for place in places)
    if goods and index not in places and not any(place in before for place in places):
        return None
    return dates.promised


def _cut_offs(
    steps: Sequence[Step], milestones: Sequence[Milestone], dates: Dates, since: datetime
) -> dict[int, datetime]:
    """The cut-offs that the goods have still to reach, by the place of their step.

    None for most orders, and before they are confirmed.
    """
    if not dates.follows_cut_offs():
        return {}
    result = {}
    for index, (step, milestone) in enumerate(zip(steps, milestones, strict=True)):
        if milestone.state in DONE_STATES:
            continue
        if step.event_code.endswith(".confirmed"):
            return {}
        if milestone.expected and dates.rule(step).source == "cut_off":
            if at := dates.cut_off(step, since):
                result[index] = at
    return result


def _capped(
    due_at: datetime | None,
    step: Step,
    index: int,
    steps: Sequence[Step],
    cut_offs: Mapping[int, datetime],
) -> datetime | None:
    """The deadline, or the earlier cut-off that the step leads to. Payments go with no carrier."""
    if step.money:
        return due_at
    for place in followers_of(steps)[index]:
        due_at = _earliest(due_at, cut_offs.get(place))
    return due_at


def _earliest(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else one or other
