"""How each class of Odoo tests ended last, and how long it took: what a quick run begins with.

An addon may have more tests than anybody waits for while he works on it. A run of one begins with
what failed, what is new and what was changed, itself or the code that it is named after, goes on
with what was not run for longest, and stops in time; the next one goes on from there.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from .results import FAILED, Result

#: What a class takes before its first test, and after its last one.
SET_UP_SECONDS = 1.0


@dataclass(frozen=True)
class Past:
    """The last run of a class."""

    seconds: float
    ended_at: float
    failed: bool


def changed_at(test_file: Path) -> float:
    """Return when a file of tests was changed, or code of its addon with a name like its own.

    ``test_message_ordering`` is about ``models/integration_message_ordering`` and
    ``models/integration_message``.
    """
    name = test_file.stem.removeprefix("test_")
    moments = [
        moment
        for code, moment in _code_of(test_file.parents[1]).items()
        if f"{name}_".startswith(f"{code}_") or f"{code}_".startswith(f"{name}_")
    ]
    return max([test_file.stat().st_mtime, *moments])


@cache
def _code_of(addon: Path) -> dict[str, float]:
    """Return name and time of the last change of each file of code in the folders of an addon."""
    moments: dict[str, float] = {}
    for file in addon.glob("*/*.py"):
        if file.parent.name != "tests":
            name = file.stem.removeprefix("integration_")
            moments[name] = max(file.stat().st_mtime, moments.get(name, 0.0))
    return moments


class History:
    """The last runs of all classes of a clone, kept in a file."""

    def __init__(self, file: Path) -> None:
        """Read the file, if it is there."""
        self.file = file
        told = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        self.classes = {name: Past(**past) for name, past in told.items()}

    def knows(self, addons: Iterable[str]) -> bool:
        """Tell whether tests of each of these addons ran before."""
        known = {name.partition(".")[0] for name in self.classes}
        return known.issuperset(addons)

    def note(self, results: Iterable[Result]) -> None:
        """Keep what came of tests, each class of which ran as a whole."""
        found: dict[str, list[Result]] = defaultdict(list)
        for result in results:
            if not result.name.startswith("log: ") and result.name.count(".") > 2:
                found[result.name.rpartition(".")[0]].append(result)
        for name, tests in found.items():
            seconds = SET_UP_SECONDS + sum(test.seconds for test in tests)
            failed = any(test.status == FAILED for test in tests)
            self.classes[name] = Past(round(seconds, 2), time.time(), failed)
        text = json.dumps({name: asdict(past) for name, past in sorted(self.classes.items())})
        self.file.parent.mkdir(parents=True, exist_ok=True)
        part = self.file.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        part.replace(self.file)

    def in_time(
        self, until: float, changed_at: dict[str, float], now: Callable[[], float] = time.time
    ) -> Iterator[str]:
        """Yield the classes to begin, as long as each will have ended in time.

        :param until: when all is to have ended, in seconds since the epoch
        :param changed_at: when the file of each class was changed
        """

        def urgency(name: str) -> tuple[int, float]:
            past = self.classes.get(name)
            if past is None or past.failed:
                return (0, 0.0)
            return (1 if changed_at[name] > past.ended_at else 2, past.ended_at)

        for name in sorted(changed_at, key=urgency):
            past = self.classes.get(name)
            if now() + (past.seconds if past else SET_UP_SECONDS) <= until:
                yield name
