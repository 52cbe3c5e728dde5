"""The SKUs that a partner knows."""

from collections.abc import Iterable
from typing import Any

from .ledger import Ledger
from .wire import Problem


class Catalogue:
    """The durable catalogue: SKUs, or objects with `sku`, `title`, `price`, `grams`.

    Without a catalogue every SKU is accepted.
    """

    def __init__(self, ledger: Ledger, initial: list[Any] | None) -> None:
        self._ledger = ledger
        self._initial = initial

    def entries(self) -> list[dict[str, Any]] | None:
        """Return the entries as objects, None when there is no catalogue."""
        items = self._ledger.setting("catalogue", self._initial)
        if items is None:
            return None
        return [item if isinstance(item, dict) else {"sku": item} for item in items]

    def replace(self, items: Any) -> None:
        """Store a new catalogue; None removes it. Raises Problem 422."""
        if items is not None:
            valid = isinstance(items, list) and all(
                isinstance(item.get("sku") if isinstance(item, dict) else item, str)
                for item in items
            )
            if not valid:
                raise Problem(422, "Invalid catalogue", "skus is a list of SKUs or objects.")
        self._ledger.set_setting("catalogue", items)

    def check(self, skus: Iterable[str]) -> None:
        """Raise Problem 422 that names the SKUs which are not in the catalogue."""
        entries = self.entries()
        if entries is None:
            return
        known = {entry["sku"] for entry in entries}
        unknown = sorted({sku for sku in skus if sku not in known})
        if unknown:
            names = ", ".join(unknown)
            raise Problem(422, "Unknown SKU", f"Not in the catalogue: {names}.", {"skus": unknown})
