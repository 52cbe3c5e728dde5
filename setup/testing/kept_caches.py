"""What Odoo's methods have cached stays after a test, as far as it is still true.

Odoo's test cases empty all caches after each test, and the next one reads access rights, rules and
settings anew: every seventh of their statements. Here a rollback does what it does when a request
fails: caches that somebody has emptied meanwhile hold what they held before, and the others stay.
At the end of a class all are emptied, as ever.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: External ids are cached when they are made, and nobody empties a cache for that.
EXTERNAL_IDS = "ir.model.data"


class Kept:
    """The caches of a registry at a moment to which a transaction is rolled back later."""

    def __init__(self, registry: Any) -> None:
        """Note what is cached, which must be true."""
        self._caches = registry._Registry__caches
        self._mark = (EXTERNAL_IDS, object())
        self._kept = {name: cache.snapshot for name, cache in self._caches.items()}
        for cache in self._caches.values():
            cache[self._mark] = None

    def look(self) -> None:
        """Note what is cached now, where nobody has emptied anything since then."""
        for name, cache in self._caches.items():
            if self._mark in cache:
                before = self._kept[name]
                self._kept[name] = {
                    key: value
                    for key, value in cache.snapshot.items()
                    if key in before or key[0] != EXTERNAL_IDS
                }

    def put_back(self) -> None:
        """Let the caches hold what was noted: the transaction was rolled back."""
        for name, pairs in self._kept.items():
            self._caches[name].clear()
            self._caches[name].update(pairs)


@contextmanager
def kept(registry: Any) -> Iterator[None]:
    """Do so for a block that ends with a rollback to its beginning."""
    caches = Kept(registry)
    try:
        yield
    finally:
        caches.look()
        caches.put_back()


def keep() -> None:
    """Let Odoo's test cases do so; to be called before any of them runs."""
    from odoo.tests.common import TransactionCase

    set_up = TransactionCase.setUp

    @functools.wraps(set_up)
    def keeping(self: Any) -> None:
        caches: list[Kept] = []

        def put_back() -> None:
            for each in caches:
                each.put_back()

        # The last one comes first: the rollback, and Odoo's own way to empty them, lie between.
        self.addCleanup(put_back)
        set_up(self)
        caches.append(Kept(self.registry))
        self.addCleanup(caches[0].look)

    TransactionCase.setUp = keeping
