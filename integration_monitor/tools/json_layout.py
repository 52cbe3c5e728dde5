"""Lay JSON out for reading without changing one character of its values."""

from __future__ import annotations

import re

LIMIT = 200_000
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def indent(text: str, step: int = 2) -> str:
    """Return JSON with a line for each member, or *text* as it is when it is no JSON.

    Parsing and writing would turn 10.00 into 10.0; this moves white space only. Texts of more
    than ``LIMIT`` characters stay as they are.

    :param step: spaces for each level
    """
    if len(text) > LIMIT or not text.lstrip().startswith(("{", "[")):
        return text
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != _without_space(text):
        return text
    parts: list[str] = []
    depth = 0
    for previous, token in zip(["", *tokens], tokens, strict=False):
        if token in "}]":
            depth -= 1
        if token in "}]" and previous not in "{[":
            parts.append("\n" + " " * (depth * step))
        elif previous and previous in "{[," and token not in "}]":
            parts.append("\n" + " " * (depth * step))
        elif previous == ":":
            parts.append(" ")
        parts.append(token)
        if token in "{[":
            depth += 1
    return "".join(parts)


def _without_space(text: str) -> str:
    """Return the text without the white space outside of its strings."""
    return re.sub(r'("(?:\\.|[^"\\])*")|\s+', lambda match: match[1] or "", text)
