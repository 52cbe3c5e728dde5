"""What is wrong with the definition of a process, before documents follow it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from .branches import stages
from .milestones import Step


class Problem(NamedTuple):
    """``kind`` names a sentence, ``places`` the positions of the steps it speaks of.

    ``blocking``: the process cannot be used like this.
    """

    kind: str
    places: tuple[int, ...] = ()
    blocking: bool = False


def problems(steps: Sequence[Step], reported: Collection[str]) -> list[Problem]:
    """Return what to mend, the blocking first, and what to know.

    There can be no circle: steps wait for what stands before them, see ``branches``.

    :param reported: the message types that somebody sends or reports in this installation
    """
    if not steps:
        return [Problem("empty", blocking=True)]
    found = []
    silent = tuple(index for index, step in enumerate(steps) if not step.event_code)
    if silent:
        found.append(Problem("silent", silent, blocking=True))
    found += _repeated(steps)
    if all(step.optional for step in steps):
        found.append(Problem("nothing_required", blocking=True))
    for stage in stages([step.branch for step in steps]):
        if len(stage) == 1 and "" not in stage:
            found.append(Problem("alone", tuple(*stage.values())))
    never = [
        index
        for index, step in enumerate(steps)
        if step.record_kind != "document" and step.event_code and step.message_type not in reported
    ]
    for kind, optional in (("never", False), ("unused", True)):
        places = tuple(index for index in never if steps[index].optional == optional)
        if places:
            found.append(Problem(kind, places))
    return found


def _repeated(steps: Sequence[Step]) -> list[Problem]:
    """Steps that the same event reaches: one of them tells nothing."""
    places: dict[str, list[int]] = {}
    for index, step in enumerate(steps):
        if step.event_code:
            places.setdefault(step.event_code, []).append(index)
    return [
        Problem("repeated", tuple(same), blocking=True) for same in places.values() if len(same) > 1
    ]
