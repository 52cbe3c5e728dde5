"""Codes of processes and steps, made from the names that people give them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from itertools import count

CODE_PATTERN = re.compile(r"[a-z][a-z0-9_]*")


def code_of(name: str | None, taken: Collection[str | bool] = ()) -> str | bool:
    """Return a code for a name that no other has: "Credit Checked" gives ``credit_checked``.

    False without a name. A name without Latin letters gives ``step``.

    :param taken: codes of the others
    """
    if not name:
        return False
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    code = re.sub(r"[^a-z0-9]+", "_", plain).strip("_").lstrip("0123456789_") or "step"
    if code not in taken:
        return code
    return next(f"{code}_{number}" for number in count(2) if f"{code}_{number}" not in taken)
