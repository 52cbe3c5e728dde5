"""What a person changed in a payload."""

from __future__ import annotations

import difflib

from . import json_layout

#: A longer difference is cut: nobody reads it, and both payloads are kept.
LIMIT = 50_000


def unified(before: str, after: str) -> str:
    """Return the difference of two payloads, a line for each member, as ``diff -u`` writes it.

    White space between the members of JSON is no difference.

    :return: empty when there is none; at most ``LIMIT`` characters
    """
    old, new = (json_layout.indent(text or "").splitlines() for text in (before, after))
    lines = difflib.unified_diff(old, new, "as sent", "as corrected", lineterm="", n=2)
    text = "\n".join(lines)
    return text if len(text) <= LIMIT else text[:LIMIT] + "\n…"
