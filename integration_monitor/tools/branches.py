"""Which steps of a process wait for which: one line, parts of which run side by side.

Steps have an order. A step of the main line (without a branch) waits for every step before it.
Steps of branches that stand together begin when the main line before them is done, and wait for
the earlier steps of their own branch only; the next step of the main line waits for all of them.
So there is no way to build a circle, or a step that waits for something behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Branched(Protocol):
    """A step, as far as it matters here."""

    branch: str


def stages(branches: Sequence[str]) -> list[dict[str, list[int]]]:
    """Return the stages of a process: positions of steps by branch, "" for the main line.

    :param branches: the branch of each step, in order; "" for the main line
    """
    result: list[dict[str, list[int]]] = []
    for index, branch in enumerate(branches):
        if not branch or not result or "" in result[-1]:
            result.append({})
        result[-1].setdefault(branch, []).append(index)
    return result


@lru_cache(maxsize=256)
def followers(branches: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Return for each step the positions of those that wait for it, at once or further on.

    :param branches: as in :func:`stages`
    """
    result: list[tuple[int, ...]] = [()] * len(branches)
    later: tuple[int, ...] = ()
    for stage in reversed(stages(branches)):
        for line in stage.values():
            for place, index in enumerate(line):
                result[index] = (*line[place + 1 :], *later)
        later = (*sorted(index for line in stage.values() for index in line), *later)
    return tuple(result)


@lru_cache(maxsize=256)
def leaders(branches: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Return for each step the positions of those that it waits for, at once or further back.

    :param branches: as in :func:`stages`
    """
    following = followers(branches)
    return tuple(
        tuple(place for place in range(index) if index in following[place])
        for index in range(len(branches))
    )


class Steps(tuple[Any, ...]):
    """The steps of a process; what follows from them is found out once, not once an order."""

    def once(self, make: Callable[[Sequence[Any]], T]) -> T:
        """Return what a function makes of the steps."""
        kept: dict[Any, Any] = self.__dict__
        if make not in kept:
            kept[make] = make(self)
        return kept[make]


def once(steps: Sequence[Any], make: Callable[[Sequence[Any]], T]) -> T:
    """Return what a function makes of steps; of a process, by what it made of them before."""
    return steps.once(make) if isinstance(steps, Steps) else make(steps)


def _leaders(steps: Sequence[Branched]) -> tuple[tuple[int, ...], ...]:
    return leaders(tuple(step.branch for step in steps))


def _followers(steps: Sequence[Branched]) -> tuple[tuple[int, ...], ...]:
    return followers(tuple(step.branch for step in steps))


def leaders_of(steps: Sequence[Branched]) -> tuple[tuple[int, ...], ...]:
    """Return for each step the positions of the steps that it waits for."""
    return once(steps, _leaders)


def followers_of(steps: Sequence[Branched]) -> tuple[tuple[int, ...], ...]:
    """Return for each step the positions of the steps that wait for it."""
    return once(steps, _followers)
