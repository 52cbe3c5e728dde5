"""What a transaction waits for, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .branches import followers_of
from .iso_time import parse_iso
from .milestones import DONE_STATES, Milestone, Step, overtaken


def open_steps(steps: Sequence[Step], milestones: list[Milestone]) -> list[Step]:
    """Return the steps that somebody must reach next: one of each branch under way, in order.

    A step of which nothing is expected is not awaited, unless it is a report that must come; nor is
    an optional report of which a part is missing, once the goods are further.
    """
    following = followers_of(steps)
    result = []
    waiting: set[int] = set()
    for index, (step, milestone) in enumerate(zip(steps, milestones, strict=True)):
        report = step.record_kind != "document"
        if index in waiting or milestone.state in DONE_STATES:
            continue
        if not milestone.expected and (step.optional or not report):
            continue
        if report and step.optional and overtaken(steps, milestones, following[index]):
            continue
        result.append(step)
        waiting.update(following[index])
    return result


def awaited(steps: Sequence[Step], milestones: list[Milestone]) -> Step | None:
    """Return the step that a transaction waits for; None when nothing is awaited.

    While several branches are open that is the one that stands first in the process.
    """
    return next(iter(open_steps(steps, milestones)), None)


def waiting_since(
    steps: Sequence[Step],
    old: dict[int, Milestone],
    new: list[Milestone],
    step: Step,
    now: datetime,
) -> datetime:
    """Return since when a step is awaited that was not the awaited one before.

    :param old: the stored milestones by step id; empty for a new transaction
    """
    if old:
        before = [old.get(other.id) or Milestone(other.id) for other in steps]
        if step not in open_steps(steps, before):
            return now
    # It stood open beside another branch, or was the first: since the step before it.
    return open_since(steps, new, step, now)


def open_since(
    steps: Sequence[Step], milestones: list[Milestone], step: Step, begun: datetime
) -> datetime:
    """Return since when a step stands open: since the last step before it, or since it was undone.

    :param begun: when nothing stands before it
    """
    place = next(index for index, other in enumerate(steps) if other is step or other == step)
    moments = [
        milestone.reached_at
        for milestone, later in zip(milestones, followers_of(steps), strict=True)
        if milestone.reached_at and place in later
    ]
    if history := milestones[place].history:
        moments.append(parse_iso(history[-1]["at"]))
    return max(moments, default=begun)
