"""Which of several unhealthy systems is the cause, and which are only affected by it."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def affected_by(
    unhealthy: Collection[Node],
    depends_on: Mapping[Node, Collection[Node]],
    passable: Collection[Node] = (),
) -> dict[Node, frozenset[Node]]:
    """For each unhealthy node the root causes that it suffers from; empty for a root itself.

    A root is unhealthy without depending on anything unhealthy. Of nodes that depend on each
    other in a circle none is affected by the other: unless something outside the circle is
    unhealthy, all of them are roots.

    :param depends_on: for each node what it needs, direct dependencies only
    :param passable: nodes of unknown health: a cause reaches through them, through healthy ones
        it does not
    """
    ill = set(unhealthy)
    through = ill | set(passable)
    reachable = {node: _reach(node, depends_on, through) & ill - {node} for node in ill}
    roots = {node for node in ill if all(node in reachable[other] for other in reachable[node])}
    return {
        node: frozenset() if node in roots else frozenset(reachable[node] & roots) for node in ill
    }


def _reach(
    start: Node, depends_on: Mapping[Node, Collection[Node]], through: set[Node]
) -> set[Node]:
    """Everything that the node needs, directly or not, inside ``through``."""
    found: set[Node] = set()
    todo = [start]
    while todo:
        for node in depends_on.get(todo.pop(), ()):
            if node in through and node not in found:
                found.add(node)
                todo.append(node)
    return found
