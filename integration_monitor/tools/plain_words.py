"""A failure in words for people who do not know what HTTP is; the exact text stays where it was."""

from __future__ import annotations

import re

# What the engine's own texts say of the wire, and what it means to an order. First match first.
_WORDS = (
    (re.compile(r"answered HTTP 5\d\d\b"), "could not handle it"),
    (re.compile(r"answered HTTP \d{3}\b"), "did not accept it"),
    (re.compile(r"answered with the SOAP fault \S+"), "did not accept it"),
    (re.compile(r"\S+:\d+ cannot be reached: .*"), "The partner cannot be reached."),
)
# Asides: numbers of protocols, and ids that only a log knows.
_ASIDES = re.compile(
    r"\s*\((?:HTTP \d{3}|JSON-RPC|(?:request|trace|correlation)[ _-]?id[^)]*)\)", re.IGNORECASE
)
# The partner's answer, quoted: from the first bracket of JSON or markup on.
_QUOTED = re.compile(r"\s*(?:It said:\s*)?(?:[\[{]\s*[\"\[{]|<[a-zA-Z!?/]).*", re.DOTALL)
_ADDRESS = re.compile(r"\b(?:https?|ftp)://\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)+:\d{2,5}\b")


def plain(text: str | None) -> str:
    """Return the text without status codes, addresses and quoted data.

    Everything else stays as it is, above all names and values that a person must correct. A text
    that holds nothing else becomes empty.
    """
    words = text or ""
    for pattern, replacement in _WORDS:
        words = pattern.sub(replacement, words)
    words = _QUOTED.sub("", _ASIDES.sub("", words))
    words = _ADDRESS.sub("…", words)
    return " ".join(words.split()).rstrip(" :,")
