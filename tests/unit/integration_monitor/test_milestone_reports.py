"""Which reports are expected, of the order, its transfers, its deliveries and its invoices."""

from __future__ import annotations

import pytest

from integration_monitor.tools.milestone_reports import Source, expected_reports
from integration_monitor.tools.milestones import Count, Milestone, Step


def _step(number: int, event: str, kind: str = "document", branch: str = "") -> Step:
    return Step(
        number, f"s{number}", event, kind != "document", "team", 0, kind,
        event.removeprefix("message.").removesuffix(".done") if kind != "document" else "",
        number, branch,
    )  # fmt: skip


STEPS = (
    _step(1, "sale.created"),
    _step(2, "message.credit.done", "received"),
    _step(3, "sale.confirmed"),
    _step(4, "message.release.done", "message", "information"),
    _step(5, "picking.first.ready", branch="goods"),
    _step(6, "picking.out.done"),
    _step(7, "message.booking.done", "message", "goods"),
    _step(8, "invoice.posted", branch="money"),
    _step(9, "message.bill.done", "message", "money"),
)
COUNTS = {
    "sale.created": Count(1, 1), "sale.confirmed": Count(1, 1),
    "picking.first.ready": Count(2, 0), "picking.first.done": Count(2, 0),
    "picking.out.done": Count(3, 0), "invoice.posted": Count(4, 0),
}  # fmt: skip
KINDS = ("credit", "release", "booking", "bill")


def _sources(**values: object) -> dict[str, tuple[Source, ...]]:
    return {kind: (Source("System", 7, frozenset(), **values),) for kind in KINDS}  # type: ignore[arg-type]


def _expected(counts: dict[str, Count]) -> list[int | None]:
    return [
        counts[event].expected if (event := f"message.{kind}.done") in counts else None
        for kind in KINDS
    ]


def test_one_for_each_document() -> None:
    """The ledger is waited for once a delivery, or the credit check once a transfer."""
    found = expected_reports(STEPS, _sources(), COUNTS, None, {})
    assert _expected(found) == [1, 2, 3, 4]


def test_nobody_reports() -> None:
    """Nobody is connected, and reports are expected."""
    assert expected_reports(STEPS, {}, COUNTS, None, {}) == {}


def test_what_was_reported_stays_expected() -> None:
    """The flow is archived, and half of the reports count as all of them."""
    old = {9: Milestone(9, evidence={"account.move,1": "2026-11-02T08:00:00"})}
    assert _expected(expected_reports(STEPS, {}, COUNTS, None, old)) == [None, None, None, 4]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], [0, 0, 0, 0]),
        ([("release", 7, 2, "stock.picking"), ("bill", 7, 3, "account.move")], [0, 2, 0, 3]),
        # An invoice is no transfer, though its message goes to the same system.
        ([("bill", 7, 3, "stock.picking"), ("release", 7, 1, "account.move")], [0, 0, 0, 0]),
        # As an older version kept it.
        ([("release", 7, 2)], [0, 2, 0, 0]),
    ],
)
def test_told_of_documents_that_came_so_far(
    told: list[tuple[str, int, int, str]], expected: list[int]
) -> None:
    """Documents from before the flow was set up are reported on by nobody, and waited for."""
    counts = {event: Count(count.expected, count.expected) for event, count in COUNTS.items()}
    found = expected_reports(STEPS, _sources(tells=True), counts, None, {}, told)
    assert _expected(found) == expected
