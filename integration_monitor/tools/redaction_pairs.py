"""Names beside their value: ``{"name": "password", "value": "…"}``, ``["token", "…"]``."""

from __future__ import annotations

from typing import Any

from .redaction_names import is_masked
from .redaction_patterns import is_credential_name

PAIR_NAMES = frozenset(
    "name key field code label id parameter param attribute property header variable".split()
)
PAIR_VALUES = frozenset("value val values content data text".split())
_OPERATORS = frozenset(
    "= == != <> < > <= >= in like ilike =like =ilike".split() + ["not in", "not like", "not ilike"]
)
_MAX_NAME = 200


def names_in_pair(value: dict[Any, Any]) -> list[str]:
    """The names that members of the object give to their neighbours."""
    return [
        item[:_MAX_NAME]
        for key, item in value.items()
        if isinstance(item, str) and str(key).lower() in PAIR_NAMES
    ]


def pair_with_secret(value: list[Any] | tuple[Any, ...]) -> int | None:
    """Where the secret of ``["password", "…"]`` or ``["password", "=", "…"]`` is, else None."""
    if not 2 <= len(value) <= 3 or not isinstance(value[0], str):
        return None
    name = value[0][:_MAX_NAME]
    if not is_masked(name):
        return None
    if len(value) == 3:
        return 2 if value[1] in _OPERATORS else None
    # ["email", "phone"] lists names, in small letters: a value may have "Pw" in it by chance. Of a
    # credential nothing is left to chance.
    other = value[1]
    lists_names = isinstance(other, str) and _is_plain(other) and is_masked(other[:_MAX_NAME])
    return 1 if is_credential_name(name) or not lists_names else None


def _is_plain(text: str) -> bool:
    return text.islower() and not any(character.isdigit() for character in text)
