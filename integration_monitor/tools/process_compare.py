"""How two versions of a process differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any


@dataclass(slots=True)
class Difference:
    """Codes of the steps that differ, in the order of the newer version.

    ``changed``: by code the names of the fields with other values. ``moved``: steps whose place
    among the others changed.
    """

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed or self.moved)


def compare(
    old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]
) -> Difference:
    """Compare the steps of two versions.

    :param old: values of the steps by field, by the code of the step, in order
    """
    kept_old = [code for code in old if code in new]
    kept_new = [code for code in new if code in old]
    blocks = SequenceMatcher(None, kept_old, kept_new, autojunk=False).get_matching_blocks()
    stayed = {kept_new[place] for block in blocks for place in range(block.b, block.b + block.size)}
    changed = {
        code: [name for name, value in new[code].items() if old[code].get(name) != value]
        for code in kept_new
    }
    return Difference(
        added=[code for code in new if code not in old],
        removed=[code for code in old if code not in new],
        changed={code: names for code, names in changed.items() if names},
        moved=[code for code in kept_new if code not in stayed],
    )
