"""Which classes a quick run of an addon begins with, and when it stops."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from testing.history import SET_UP_SECONDS, History, Past, changed_at
from testing.results import FAILED, PASSED, Result

NAMES = [f"addon.tests.test_it.Test{letter}" for letter in "ABCD"]


@pytest.fixture
def history(tmp_path: Path) -> History:
    """Return a history of four classes, the first of which ran last."""
    history = History(tmp_path / "history.json")
    for number, name in enumerate(NAMES):
        history.classes[name] = Past(seconds=10, ended_at=100.0 - number, failed=False)
    return history


def test_what_was_not_run_for_longest_comes_first(history: History) -> None:
    """The same classes are run each time, and others never."""
    changed_at = dict.fromkeys(NAMES, 0.0)
    assert list(history.in_time(1000, changed_at, now=lambda: 0)) == NAMES[::-1]


def test_failed_new_and_changed_before(history: History) -> None:
    """What somebody works on waits for what he does not."""
    history.classes[NAMES[0]] = Past(seconds=10, ended_at=100, failed=True)
    changed_at = {**dict.fromkeys(NAMES, 0.0), NAMES[1]: 200.0, "addon.tests.new.TestNew": 0.0}
    found = list(history.in_time(1000, changed_at, now=lambda: 0))
    assert sorted(found[:2]) == ["addon.tests.new.TestNew", NAMES[0]]
    assert found[2:] == [NAMES[1], NAMES[3], NAMES[2]]


def test_it_stops_in_time(history: History) -> None:
    """It goes on beyond its time, or leaves out what is short enough."""
    history.classes[NAMES[3]] = Past(seconds=30, ended_at=1, failed=False)
    clock = iter((0, 0, 12, 24))
    found = history.in_time(25, dict.fromkeys(NAMES, 0.0), now=lambda: next(clock))
    assert list(found) == [NAMES[2], NAMES[1]]


def test_it_is_kept(tmp_path: Path) -> None:
    """What a run has found is forgotten, or what another one had found before."""
    file = tmp_path / "kept" / "history.json"
    tests = [
        Result(f"{NAMES[0]}.test_one", PASSED, 1.5),
        Result(f"{NAMES[0]}.test_two", FAILED, 0.5),
        Result("log: no unexpected warnings or errors", PASSED),
    ]
    assert not History(file).knows(["addon"])
    History(file).note(tests)
    History(file).note([Result(f"{NAMES[1]}.test_one", PASSED, 2.0)])
    history = History(file)
    assert history.knows(["addon"]) and not history.knows(["addon", "other"])
    assert history.classes.keys() == set(NAMES[:2])
    past = history.classes[NAMES[0]]
    assert (past.seconds, past.failed) == (SET_UP_SECONDS + 2.0, True)


def test_code_of_the_same_name_counts(tmp_path: Path) -> None:
    """Somebody changes a model, and the tests that are named after it come last."""
    moments = {
        "tests/test_message_ordering.py": 10.0,
        "tests/test_other.py": 500.0,
        "models/integration_message.py": 20.0,
        "tools/message_ordering.py": 30.0,
        "models/integration_message_ordering_view.py": 40.0,
        "models/integration_mess.py": 600.0,
    }
    for name, moment in moments.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.touch()
        os.utime(file, (moment, moment))
    assert changed_at(tmp_path / "tests" / "test_message_ordering.py") == 40.0
    assert changed_at(tmp_path / "tests" / "test_other.py") == 500.0
