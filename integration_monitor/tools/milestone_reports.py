"""Which milestones messages and partners are expected to report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .milestones import Count, Milestone, Step


@dataclass(frozen=True, slots=True)
class Source:
    """An active flow that brings reports: from which system, for which warehouses (empty: all).

    ``tells``: it sends messages itself, when a document triggers it. ``told``: another flow of the
    system does, and the system reports on what it was told. ``inbound``: the system sends them.
    """

    system: str
    system_id: int
    warehouse_ids: frozenset[int]
    tells: bool = False
    told: bool = False
    inbound: bool = False


Sources = dict[str, tuple[Source, ...]]


def source_of(step: Step, sources: Sources, warehouse_id: int | None) -> Source | None:
    """Return the connected system's flow that reports the step, or None."""
    for source in sources.get(step.message_type, ()):
        if not source.warehouse_ids or warehouse_id in source.warehouse_ids:
            return source
    return None


def expected_reports(
    steps: Iterable[Step],
    sources: Sources,
    counts: dict[str, Count],
    warehouse_id: int | None,
    old: dict[int, Milestone],
    told: Iterable[tuple[str, int, int]] = (),
) -> dict[str, Count]:
    """Return the counts of the steps that messages and partners report.

    A report is expected while an active flow would bring it: one for each first transfer before the
    goods leave, one for each delivery after that. Once a transfer has come so far that a message
    would speak of it, a report is expected only if one does: a delivery that no flow of the carrier
    was told of is none of the carrier's. What was reported in part stays expected.

    :param told: (message type, system id, number of documents) of the messages that went out
    """
    told = tuple(told)
    result = {}
    leaving = counts.get("picking.out.done", Count())
    model = counts.get("picking.first.done", Count())
    triggered = counts.get("picking.first.ready", Count()).reached
    for step in steps:
        if step.event_code == "picking.out.done":
            model, triggered = leaving, leaving.reached
        if step.record_kind == "document" or not step.event_code:
            continue
        source = source_of(step, sources, warehouse_id)
        before = old.get(step.id)
        if source:
            expected = model.expected
            if source.tells or source.told:
                spoken_of = _spoken_of(step, source, told)
                expected = min(expected, max(expected - triggered, 0) + spoken_of)
            result[step.event_code] = Count(expected=expected)
        elif before and before.evidence:
            result[step.event_code] = Count(expected=model.expected)
    return result


def _spoken_of(step: Step, source: Source, told: Iterable[tuple[str, int, int]]) -> int:
    """How many documents messages of the step's type, or to the reporting system, speak of."""
    return max(
        (
            documents
            for message_type, system_id, documents in told
            if (
                message_type == step.message_type if source.tells else system_id == source.system_id
            )
        ),
        default=0,
    )
