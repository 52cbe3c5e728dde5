"""Lists of HTTP statuses as people write them: ``408, 429, 500-504``."""

from __future__ import annotations

LOWEST, HIGHEST = 400, 599


def parse(text: str | None) -> frozenset[int]:
    """Return the statuses of a list.

    :raises ValueError: names the part that is no status or range of failures (400 to 599)
    """
    found: set[int] = set()
    for part in (text or "").replace(";", ",").split(","):
        word = part.strip()
        if not word:
            continue
        first, dash, last = (piece.strip() for piece in word.partition("-"))
        try:
            begin, end = int(first), int(last if dash else first)
        except ValueError:
            raise ValueError(word) from None
        if not LOWEST <= begin <= end <= HIGHEST:
            raise ValueError(word)
        found.update(range(begin, end + 1))
    return frozenset(found)
