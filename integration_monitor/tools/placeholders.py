"""Placeholders in texts that people write: ``{document}`` becomes a value, and nothing else.

Not ``str.format``: that would let a text reach into attributes of what it is given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def names(text: str) -> list[str]:
    """Return the names of the placeholders in a text, each once, in order."""
    return list(dict.fromkeys(_PLACEHOLDER.findall(text)))


def filled(text: str, values: Mapping[str, object]) -> str:
    """Return the text with its placeholders replaced; those without a value become a dash.

    :param values: texts and numbers by name; numbers lose the zeros behind their last digit
    """
    return _PLACEHOLDER.sub(lambda match: _shown(values.get(match.group(1))), text)


def _shown(value: object) -> str:
    """Say a value in a text."""
    if value is None or value == "":
        return "–"
    if isinstance(value, float):
        return f"{round(value, 4):.4f}".rstrip("0").rstrip(".")
    return str(value)
