"""Milestones as the recorder reads and writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .milestones import Milestone
from .order_counts import moment


def stored_milestone(row: Sequence[Any]) -> Milestone:
    """Return a milestone as it is stored.

    :param row: from JSON, in the order of the fields of ``Milestone``
    """
    (
        step_id, state, reached_at, planned_at, expected, reached, model, res_id, message_id,
        source, evidence, history,
    ) = row  # fmt: skip
    return Milestone(
        step_id, state, moment(reached_at), moment(planned_at),
        expected or 0, reached or 0, model, res_id, message_id, source, evidence or {},
        history or [],
    )  # fmt: skip


def columns_of(milestone: Milestone, sequence: int) -> dict[str, Any]:
    """Return the columns of a milestone, all but that of its transaction."""
    return {
        "step_id": milestone.step_id,
        "sequence": sequence,
        "state": milestone.state,
        "planned_at": milestone.planned_at,
        "reached_at": milestone.reached_at,
        "expected_count": milestone.expected,
        "reached_count": milestone.reached,
        "res_model": milestone.res_model,
        "res_id": milestone.res_id,
        "message_id": milestone.message_id,
        "source": milestone.source,
        "evidence": milestone.evidence or None,
        "history": milestone.history or None,
    }
