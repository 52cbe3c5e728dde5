"""Parse JSON that strangers sent: every bad input is a ``MalformedJson``, never a crash."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from .errors import ContractError

MAX_DEPTH = 64
MAX_DIGITS = 4300  # what Python's int() takes; PostgreSQL's numeric takes more
_BRACKETS = re.compile(rb'["\[\]{}]')
_STRING_END = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")


class MalformedJson(ContractError, ValueError):
    """The bytes are no JSON that can be kept; the text says why."""


def loads(data: bytes | str, max_depth: int = MAX_DEPTH) -> Any:
    """Parse strictly.

    Refused: more than ``max_depth`` nested arrays and objects, NaN and Infinity, numbers that do
    not fit, NUL characters and lone surrogates (PostgreSQL cannot hold them), invalid UTF-8.

    :raises MalformedJson: with a text that names the reason.
    """
    raw = _to_bytes(data)
    if not raw.strip():
        raise MalformedJson("The body is empty; JSON was expected.")
    _check_depth(raw, max_depth)
    try:
        text = raw.decode("utf-8-sig")
        value = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_parse_float,
            parse_int=_parse_int,
        )
    except MalformedJson:
        raise
    except UnicodeDecodeError as error:
        raise MalformedJson(f"The body is not UTF-8 (byte {error.start}).") from error
    except json.JSONDecodeError as error:
        raise MalformedJson(
            f"Not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from error
    except RecursionError as error:
        raise MalformedJson("The JSON is nested too deep.") from error
    if b"\\" in raw or b"\0" in raw:
        _check_characters(value)
    return value


def _to_bytes(data: bytes | str) -> bytes:
    if isinstance(data, bytes):
        return data
    try:
        return data.encode()
    except UnicodeEncodeError as error:
        raise MalformedJson("The text holds half of a surrogate pair.") from error


def _check_depth(raw: bytes, max_depth: int) -> None:
    """Scan before parsing; strings are skipped in one step each, so the time is linear."""
    depth = 0
    position = 0
    while match := _BRACKETS.search(raw, position):
        char = match.group()
        position = match.end()
        if char == b'"':
            end = _STRING_END.match(raw, position)
            if end is None:
                return  # an open string: the parser says where
            position = end.end()
        elif char in b"[{":
            depth += 1
            if depth > max_depth:
                raise MalformedJson(f"The JSON is nested deeper than {max_depth} levels.")
        else:
            depth -= 1


def _check_characters(value: Any) -> None:
    """Walk without recursion: escapes may hide NUL and lone surrogates in keys and values."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, str):
            if "\0" in item:
                raise MalformedJson("A text holds a NUL character.")
            if _SURROGATE.search(item):
                raise MalformedJson("A text holds half of a surrogate pair.")
        elif isinstance(item, dict):
            todo.extend(item)
            todo.extend(item.values())
        elif isinstance(item, list):
            todo.extend(item)


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedJson(f"{name} is no JSON value.")


def _parse_int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise MalformedJson(f"A number has more than {MAX_DIGITS} digits.")
    return int(text)


def _parse_float(text: str) -> float:
    if len(text) > MAX_DIGITS:
        raise MalformedJson(f"A number has more than {MAX_DIGITS} digits.")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise MalformedJson("A number is too large.")
    return value
