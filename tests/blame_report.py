"""Labelled situations, what was judged of them, and the confusion matrix."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Label:
    """What a fault means, written down beside it: the awaited step, cause, system, category."""

    step: str
    cause: str
    system: str | None = None
    category: str | None = None


@dataclass
class Situation:
    """A fault and its label.

    ``cause_it`` takes the test case and returns the order, or the transaction of a stock level.
    """

    name: str
    label: Label
    cause_it: Callable[[Any], Any]
    compound: bool = False


@dataclass
class Suite:
    """The situations of one kind; modules fill it by :meth:`labelled`."""

    situations: list[Situation] = field(default_factory=list)

    def labelled(self, step, cause, system=None, category=None, *, compound=False):
        """Register the function that causes a situation; its docstring says which fault it is."""

        def keep(function):
            label = Label(step, cause, system, category)
            self.situations.append(Situation(function.__name__, label, function, compound))
            return function

        return keep


def matrix(pairs):
    """Return the lines of the confusion matrix.

    :param pairs: list of (cause by label, cause as judged)
    """
    counts = Counter(pairs)
    rows = sorted({label for label, _judged in pairs})
    columns = sorted({judged for _label, judged in pairs} | set(rows))
    wide = max(map(len, rows)) + 2
    heads = [f"{number:>4}" for number in range(1, len(columns) + 1)]
    lines = [f"{number:>3} = {name}" for number, name in enumerate(columns, 1)]
    lines.append(" " * wide + "".join(heads))
    for row in rows:
        cells = [counts[row, column] for column in columns]
        lines.append(row.ljust(wide) + "".join(f"{cell or '.':>4}" for cell in cells))
    return lines
