"""Formats in which a name announces the value behind it: multipart forms, PHP's serialisation."""

from __future__ import annotations

import re
from collections.abc import Callable

from .redaction_names import is_masked
from .redaction_patterns import MASK
from .redaction_sql import NEWLINE

_OF_LINE = rf"(?:(?!{NEWLINE})[^\n])"
_PART = re.compile(
    rf"content-disposition:{_OF_LINE}{{0,200}}?\bname=\\{{0,4}}[\"']?"
    rf"([^\"';\s\\]{{1,200}}){_OF_LINE}{{0,300}}"
    rf"(?:{NEWLINE}(?!{NEWLINE}){_OF_LINE}{{1,300}}){{0,6}}{NEWLINE}{NEWLINE}",
    re.IGNORECASE,
)
_PART_END = re.compile(rf"{NEWLINE}--")
_PHP_NAME = re.compile(r"\bs:[0-9]{1,4}:\\*\"([\w .\[\]-]{1,80})\\*\";(?=[abdisO]:)")
_PHP_TEXT = re.compile(r"s:([0-9]{1,6}):\\*\"")
_PHP_NUMBER = re.compile(r"[bdi]:[^;]*")


def mask_forms(text: str) -> str:
    """Mask the parts of a form, and the members of an array of PHP, that have a secret's name."""
    if "name=" in text:
        text = _mask(text, _PART, _part_end)
    if "s:" in text and '";' in text:
        text = _mask(text, _PHP_NAME, _php_end)
    return text


def _mask(text: str, pattern: re.Pattern[str], end_of: Callable[[str, int], int]) -> str:
    """Mask the value behind each match whose first group is a secret's name."""
    out = []
    position = 0
    while match := pattern.search(text, position):
        out.append(text[position : match.end()])
        position = match.end()
        if is_masked(match.group(1)):
            position = end_of(text, position)
            out.append(MASK)
    out.append(text[position:])
    return "".join(out)


def _part_end(text: str, start: int) -> int:
    end = _PART_END.search(text, start)
    return end.start() if end else len(text)


def _php_end(text: str, start: int) -> int:
    if number := _PHP_NUMBER.match(text, start):
        return number.end()
    if not (opened := _PHP_TEXT.match(text, start)):
        return len(text)  # an array or an object: drop the rest
    # The length counts bytes; inside of JSON the backslashes come on top.
    inside = text[opened.end() : opened.end() + int(opened.group(1))]
    length = len(inside.encode()[: int(opened.group(1))].decode(errors="ignore"))
    end = text.find('"', opened.end() + length)
    return end + 1 if end >= 0 else len(text)
