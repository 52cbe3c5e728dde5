"""Milestones from counts and reports, and what a transaction waits for, with branches."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.branches import followers_of
from integration_monitor.tools.milestone_waits import awaited, open_steps, waiting_since
from integration_monitor.tools.milestones import (
    DONE_STATES,
    Count,
    Milestone,
    Report,
    Step,
    advance,
    started,
)

START = datetime(2026, 11, 2, 8, 0, 0)
BRANCHES = ("", "goods", "money")


def _step(place: int, *, branch: str = "", optional: bool = False, kind: str = "document") -> Step:
    return Step(
        place + 1, f"step_{place}", f"event.{place}", optional, "team", 60, kind,
        "" if kind == "document" else f"type.{place}", place * 10, branch,
    )  # fmt: skip


@st.composite
def processes(draw: st.DrawFn) -> tuple[Step, ...]:
    """Processes of up to ten steps of any kind, in any branch."""
    return tuple(
        _step(
            place,
            branch=draw(st.sampled_from(BRANCHES)),
            optional=draw(st.booleans()),
            kind=draw(st.sampled_from(["document", "external"])),
        )
        for place in range(draw(st.integers(1, 10)))
    )


@st.composite
def situations(draw: st.DrawFn) -> tuple[tuple[Step, ...], dict[str, Count]]:
    """A process, and how far its documents are."""
    steps = draw(processes())
    counts = {}
    for step in steps:
        expected = draw(st.integers(0, 3))
        reached = draw(st.integers(0, expected)) if step.record_kind == "document" else 0
        counts[step.event_code] = Count(expected, reached)
    return steps, counts


def _reports(steps: tuple[Step, ...], data: st.DataObject) -> list[Report]:
    """Reports on some of the steps that partners reach, of several documents."""
    reported = [step for step in steps if step.record_kind != "document"]
    if not reported:
        return []
    return data.draw(
        st.lists(
            st.builds(
                Report,
                step_code=st.sampled_from([step.code for step in reported]),
                key=st.sampled_from(["stock.picking,1", "stock.picking,2"]),
                at=st.integers(0, 100).map(lambda minutes: START + timedelta(minutes=minutes)),
            ),
            max_size=8,
        )
    )


def _told(milestones: list[Milestone]) -> list[tuple[object, ...]]:
    """What people see of milestones: not who told it last, nor the way there."""
    return [(m.step_id, m.state, m.reached_at, m.expected, m.reached) for m in milestones]


@given(situations(), st.data())
def test_any_order_of_reports(
    situation: tuple[tuple[Step, ...], dict[str, Count]], data: st.DataObject
) -> None:
    """A report that comes late, or one by one, leaves other milestones behind."""
    steps, counts = situation
    reports = _reports(steps, data)
    shuffled = data.draw(st.permutations(reports))
    at_once = advance(steps, counts, {}, reports, START)
    stored: dict[int, Milestone] = {}
    for report in shuffled:
        stored = {m.step_id: m for m in advance(steps, counts, stored, [report], START)}
    one_by_one = advance(steps, counts, stored, [], START)
    assert _told(one_by_one) == _told(at_once)
    assert awaited(steps, one_by_one) == awaited(steps, at_once)


@given(situations(), situations())
def test_only_the_last_state_of_documents_counts(
    first: tuple[tuple[Step, ...], dict[str, Count]],
    last: tuple[tuple[Step, ...], dict[str, Count]],
) -> None:
    """Documents that went another way before lead to other milestones."""
    steps, counts = last
    detour = {step.event_code: first[1].get(step.event_code, Count()) for step in steps}
    stored = {m.step_id: m for m in advance(steps, detour, {}, [], START)}
    after = advance(steps, counts, stored, [], START)
    plainly = advance(steps, counts, {}, [], START)
    assert [(m.step_id, m.state) for m in after] == [(m.step_id, m.state) for m in plainly]
    assert awaited(steps, after) == awaited(steps, plainly)


@given(situations())
def test_rows_of_what_never_started_are_not_needed(
    situation: tuple[tuple[Step, ...], dict[str, Count]],
) -> None:
    """An optional step that nothing started has to be stored to be judged."""
    steps, counts = situation
    milestones = advance(steps, counts, {}, [], START)
    kept = {
        milestone.step_id: milestone
        for step, milestone in zip(steps, milestones, strict=True)
        if started(step, milestone)
    }
    assert _told(advance(steps, counts, kept, [], START)) == _told(milestones)
    thinned = [kept.get(step.id) or Milestone(step.id) for step in steps]
    assert open_steps(steps, thinned) == open_steps(steps, milestones)


@given(situations())
def test_what_is_awaited(situation: tuple[tuple[Step, ...], dict[str, Count]]) -> None:
    """A transaction waits for what is done, or for what waits itself."""
    steps, counts = situation
    milestones = advance(steps, counts, {}, [], START)
    found = open_steps(steps, milestones)
    following = followers_of(steps)
    places = [steps.index(step) for step in found]
    assert places == sorted(places)
    assert awaited(steps, milestones) == (found[0] if found else None)
    for place in places:
        assert milestones[place].state not in DONE_STATES
        assert not any(place in following[other] for other in places)
    # One of each branch at most.
    assert len({steps[place].branch for place in places}) == len(places)


@given(situations())
def test_branches_leave_one_another_alone(
    situation: tuple[tuple[Step, ...], dict[str, Count]],
) -> None:
    """Money that is late changes what is said of the goods beside it."""
    steps, counts = situation
    if any(not step.branch for step in steps):
        steps = tuple(step for step in steps if step.branch)
    if not steps:
        return
    goods = tuple(step for step in steps if step.branch == "goods")
    together = {m.step_id: m for m in advance(steps, counts, {}, [], START)}
    alone = advance(goods, counts, {}, [], START)
    assert _told([together[step.id] for step in goods]) == _told(alone)


def test_two_branches_open() -> None:
    """While goods travel and the invoice is not made, nobody can tell which one is awaited."""
    steps = (_step(0), _step(1, branch="goods"), _step(2, branch="money"), _step(3))
    counts = {step.event_code: Count(1, int(step.id == 1)) for step in steps}
    milestones = advance(steps, counts, {}, [], START)
    assert open_steps(steps, milestones) == [steps[1], steps[2]]
    assert awaited(steps, milestones) == steps[1]
    counts["event.1"].reached = 1
    milestones = advance(steps, counts, {}, [], START)
    assert awaited(steps, milestones) == steps[2]
    counts["event.2"].reached = 1
    assert awaited(steps, advance(steps, counts, {}, [], START)) == steps[3]


def test_waiting_since_the_step_before() -> None:
    """An invoice that is open for days is awaited since the parcel arrived a minute ago."""
    steps = (_step(0), _step(1, branch="goods"), _step(2, branch="money"))
    counts = {step.event_code: Count(1, int(step.id == 1)) for step in steps}
    left = {m.step_id: m for m in advance(steps, counts, {}, [], START)}
    counts["event.1"].reached = 1
    now = START + timedelta(days=3)
    arrived = advance(steps, counts, left, [], now)
    assert waiting_since(steps, left, arrived, steps[2], now) == START
    # What was done and is not any more is awaited from now on.
    paid = {step.id: Milestone(step.id, "reached", START) for step in steps}
    assert waiting_since(steps, paid, arrived, steps[2], now) == now


@pytest.mark.parametrize("branch", ["", "goods"])
def test_optional_report_overtaken_in_its_branch_only(branch: str) -> None:
    """A parcel that was delivered is still said to wait for its pick-up; or a payment skips it."""
    steps = (
        _step(0, branch=branch, optional=True, kind="external"), _step(1, branch=branch),
        _step(2, branch="money"),
    )  # fmt: skip
    counts = {"event.0": Count(1), "event.1": Count(1, 1), "event.2": Count(1, 0)}
    assert advance(steps, counts, {}, [], START)[0].state == "skipped"
    counts = {"event.0": Count(1), "event.1": Count(1, 0), "event.2": Count(1, 1)}
    assert advance(steps, counts, {}, [], START)[0].state == "pending"


def test_asked_anew() -> None:
    """What was reported before somebody was asked anew counts for what was asked then."""
    steps = (_step(0, kind="message"),)
    early = Report("step_0", "purchase.order,1", START)
    asked = START + timedelta(hours=1)
    counts = {"event.0": Count(1)}
    stored = {1: advance(steps, counts, {}, [early], START)[0]}
    assert stored[1].state == "reached"
    counts = {"event.0": Count(1, since=asked)}
    [again] = advance(steps, counts, stored, [], asked)
    assert (again.state, again.reached_at) == ("pending", None)
    assert again.history[-1]["from"] == "reached"
    # The same report, told late.
    [late] = advance(steps, counts, {1: again}, [early], asked)
    assert late.state == "pending"
    [answered] = advance(
        steps, counts, {1: again}, [Report("step_0", "purchase.order,1", asked)], asked
    )
    assert (answered.state, answered.reached_at) == ("reached", asked)
