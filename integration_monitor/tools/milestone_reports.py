"""Which milestones messages and partners are expected to report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .branches import followers_of, once
from .milestones import Count, Milestone, Step


@dataclass(frozen=True, slots=True)
class Source:
    """An active flow that brings reports: from which system, for which warehouses (empty: all).

    ``tells``: it sends messages itself, when a document triggers it. ``told``: another flow of the
    system does, and the system reports on what it was told. ``inbound``: the system sends them.
    ``partner_id``: the commercial partner that the system is of.
    """

    system: str
    system_id: int
    warehouse_ids: frozenset[int]
    tells: bool = False
    told: bool = False
    inbound: bool = False
    partner_id: int | None = None


Sources = dict[str, tuple[Source, ...]]


class _Subject(NamedTuple):
    """What reports speak of: one for each document that ``expected`` counts, told of by messages
    about ``res_model`` once the document is counted by ``triggered``."""

    expected: str
    triggered: str
    res_model: str


_ORDER = _Subject("sale.created", "sale.confirmed", "sale.order")
#: What the reports after a step speak of, by the step's event.
_SUBJECTS = {
    "sale.confirmed": _Subject("picking.first.done", "picking.first.ready", "stock.picking"),
    "picking.out.done": _Subject("picking.out.done", "picking.out.done", "stock.picking"),
    "invoice.posted": _Subject("invoice.posted", "invoice.posted", "account.move"),
}


def source_of(step: Step, sources: Sources, warehouse_id: int | None) -> Source | None:
    """Return the connected system's flow that reports the step, or None."""
    for source in sources.get(step.message_type, ()):
        if not source.warehouse_ids or warehouse_id in source.warehouse_ids:
            return source
    return None


def expected_reports(
    steps: Sequence[Step],
    sources: Sources,
    counts: dict[str, Count],
    warehouse_id: int | None,
    old: dict[int, Milestone],
    told: Iterable[tuple[str, int, int, str]] = (),
) -> dict[str, Count]:
    """Return the counts of the steps that messages and partners report.

    A report is expected while an active flow would bring it: one for the order before it is
    confirmed, one for each first transfer before the goods leave, one for each delivery after that,
    one for each invoice after it is posted. Once a document has come so far that a message would
    speak of it, a report is expected only if one does: a delivery that no flow of the carrier was
    told of is none of the carrier's. What was reported in part stays expected.

    :param told: (message type, system id, number of documents, their model) of the messages that
        went out
    """
    told = tuple(told)
    result = {}
    for step, subject in once(steps, _subjects_of_reports):
        model = counts.get(subject.expected, Count())
        source = source_of(step, sources, warehouse_id)
        before = old.get(step.id)
        if source:
            expected = model.expected
            if source.tells or source.told:
                triggered = counts.get(subject.triggered, Count()).reached
                spoken_of = _spoken_of(step, source, told, subject.res_model)
                expected = min(expected, max(expected - triggered, 0) + spoken_of)
            result[step.event_code] = Count(expected=expected)
        elif before and before.evidence:
            result[step.event_code] = Count(expected=model.expected)
    return result


def _subjects_of_reports(steps: Sequence[Step]) -> list[tuple[Step, _Subject]]:
    """Find what each report speaks of: that of the last step before it that changes it."""
    subjects = [_ORDER] * len(steps)
    for index, later in enumerate(followers_of(steps)):
        step = steps[index]
        if step.event_code in _SUBJECTS:
            for place in later:
                subjects[place] = _SUBJECTS[step.event_code]
    return [
        (step, subject)
        for step, subject in zip(steps, subjects, strict=True)
        if step.record_kind != "document" and step.event_code
    ]


def _spoken_of(
    step: Step, source: Source, told: Iterable[tuple[str, int, int, str]], res_model: str
) -> int:
    """How many documents messages of the step's type, or to the reporting system, speak of."""
    return max(
        (
            documents
            # Evidence that an older version kept tells of transfers only, and names no model.
            for message_type, system_id, documents, *models in told
            if (models or ["stock.picking"]) == [res_model]
            and (
                message_type == step.message_type if source.tells else system_id == source.system_id
            )
        ),
        default=0,
    )
