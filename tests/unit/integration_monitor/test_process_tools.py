"""Checking a process, comparing versions of it, and codes from names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.milestones import Step
from integration_monitor.tools.process_check import Problem, problems
from integration_monitor.tools.process_code import CODE_PATTERN, code_of
from integration_monitor.tools.process_compare import compare

ORDERED = Step(1, "received", "sale.created", False, "team", 0)
SHIPPED = Step(2, "shipped", "picking.out.done", False, "team", 0)
CHECKED = Step(
    3, "checked", "message.finance.credit.done", True, "system", 0, "received", "finance.credit"
)


def test_nothing_to_mend() -> None:
    """A good process is refused."""
    assert problems([ORDERED, CHECKED, SHIPPED], {"finance.credit"}) == []


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ([], Problem("empty", (), True)),
        ([ORDERED, replace(SHIPPED, event_code="")], Problem("silent", (1,), True)),
        ([ORDERED, replace(ORDERED, id=4)], Problem("repeated", (0, 1), True)),
        ([replace(ORDERED, optional=True)], Problem("nothing_required", (), True)),
        ([ORDERED, replace(SHIPPED, branch="goods")], Problem("alone", (1,))),
        ([ORDERED, replace(CHECKED, optional=False)], Problem("never", (1,))),
        ([ORDERED, CHECKED], Problem("unused", (1,))),
    ],
)
def test_each_problem(steps: list[Step], problem: Problem) -> None:
    """A process that cannot work is put in use, and nobody says why it does not."""
    assert problems(steps, set()) == [problem]


def test_branches_beside_one_another() -> None:
    """Two branches are said to stand alone."""
    steps = [ORDERED, replace(SHIPPED, branch="goods"), replace(CHECKED, branch="money")]
    assert problems(steps, {"finance.credit"}) == []


def test_compare() -> None:
    """A step that was removed, added, moved or changed is not told."""
    old = {"a": {"name": "A"}, "b": {"name": "B"}, "c": {"name": "C"}, "d": {"name": "D"}}
    new = {"a": {"name": "A"}, "c": {"name": "Sea"}, "b": {"name": "B"}, "e": {"name": "E"}}
    found = compare(old, new)
    assert (found.added, found.removed, found.changed) == (["e"], ["d"], {"c": ["name"]})
    assert len(found.moved) == 1 and found.moved[0] in ("b", "c")


VERSIONS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 2)), unique_by=lambda item: item[0]
).map(lambda items: {code: {"minutes": minutes} for code, minutes in items})


@given(VERSIONS, VERSIONS)
def test_compare_accounts_for_every_step(
    old: dict[str, dict[str, int]], new: dict[str, dict[str, int]]
) -> None:
    """A difference is hidden, or an equal version differs."""
    found = compare(old, new)
    assert set(found.added) == new.keys() - old.keys()
    assert set(found.removed) == old.keys() - new.keys()
    assert set(found.changed) == {
        code for code in old.keys() & new.keys() if old[code] != new[code]
    }
    stayed = [code for code in new if code in old and code not in found.moved]
    assert stayed == [code for code in old if code in stayed]
    assert bool(found) == (list(old.items()) != list(new.items()))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Credit Checked", "credit_checked"),
        ("Ünïcode – Schritt", "unicode_schritt"),
        ("3 Pallets", "pallets"),
        ("在庫", "step"),
        ("", False),
    ],
)
def test_code_of(name: str, code: str | bool) -> None:
    """A name makes a code that the next validation refuses."""
    assert code_of(name) == code


@given(st.text(min_size=1), st.sets(st.sampled_from(["step", "step_2", "a"])))
def test_codes_are_codes_and_free(name: str, taken: set[str]) -> None:
    """Two steps get the same code."""
    code = code_of(name, taken)
    assert CODE_PATTERN.fullmatch(str(code)) and code not in taken
