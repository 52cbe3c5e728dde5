"""Statements about root documents of several kinds, read as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class Reading(NamedTuple):
    """A statement with rows of (root model, array or object of facts as JSON).

    ``aside``: what it finds is read for the sake of others, see ``_snapshot``.
    """

    root_model: str
    query: str
    asked: dict[str, Any]
    aside: bool = False


def together(readings: Sequence[Reading]) -> tuple[str, dict[str, Any]]:
    """Return a statement for all of them, and what it takes.

    :return: rows of (position of the reading, root model, facts)
    """
    parts = []
    for place, reading in enumerate(readings):
        # What each takes has a name of its own.
        query = reading.query.replace("%(", f"%({place}:")
        parts.append(f"SELECT {place}, part{place}.* FROM ({query}) part{place}")
    asked = {
        f"{place}:{name}": value
        for place, reading in enumerate(readings)
        for name, value in reading.asked.items()
    }
    return " UNION ALL ".join(parts), asked
