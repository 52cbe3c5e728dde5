"""Which steps wait for which, in processes with and without branches."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.branches import followers, stages

BRANCHES = st.lists(st.sampled_from(["", "goods", "money", "information"]), max_size=12)


def test_line() -> None:
    """A process without branches waits in another order than it is written."""
    assert followers(("", "", "")) == ((1, 2), (2,), ())


def test_fork() -> None:
    """Goods wait for money, or what comes after both waits for one of them only."""
    branches = ("", "goods", "money", "goods", "")
    assert stages(branches) == [{"": [0]}, {"goods": [1, 3], "money": [2]}, {"": [4]}]
    assert followers(branches) == ((1, 2, 3, 4), (3, 4), (4,), (4,), ())


def test_two_forks() -> None:
    """A branch goes on behind the step that all branches have to reach."""
    branches = ("goods", "money", "", "goods", "money")
    assert followers(branches) == ((2, 3, 4), (2, 3, 4), (3, 4), (), ())


@given(BRANCHES)
def test_order(branches: list[str]) -> None:
    """Steps wait in a circle, for themselves, or for what stands behind them."""
    following = followers(tuple(branches))
    for index, later in enumerate(following):
        assert all(place > index for place in later)
        assert list(later) == sorted(set(later))
        # What waits for a step that waits, waits, too.
        assert all(set(following[place]) <= set(later) for place in later)


@given(BRANCHES)
def test_every_step_has_its_place(branches: list[str]) -> None:
    """A step is left out of the preview, or shown twice."""
    shown = [index for stage in stages(branches) for line in stage.values() for index in line]
    assert sorted(shown) == list(range(len(branches)))


@given(BRANCHES)
def test_main_line(branches: list[str]) -> None:
    """A step of the main line goes ahead before a branch is done."""
    following = followers(tuple(branches))
    for place, branch in enumerate(branches):
        if not branch:
            assert all(place in following[index] for index in range(place))
