"""The one redactor: it stands in front of every write of headers, bodies and error texts.

It masks by name (a key, header, parameter, element called like a secret or like personal data)
and by shape (tokens, cards, bank accounts, mail addresses). Where it cannot understand a text it
masks more, never less. Input and output are bounded.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus, urlsplit, urlunsplit

from . import json_safe
from .redaction_names import is_masked, is_readable
from .redaction_patterns import MASK, QUERY_NAMES, URL, mask_patterns
from .tracing import parse_traceparent

MAX_INPUT = 64 * 1024
MAX_EXCERPT = 2000
MAX_HEADERS = 64
MAX_HEADER_VALUE = 512
_MAX_DEPTH = 64
_MAX_NESTED_JSON = 3

_ASSIGNMENT = re.compile(
    r"([A-Za-z0-9_][\w.\[\]%-]{0,79})(\\*[\"'])?\s{0,4}(=>|:=|[:=])[^\S\n]{0,8}"
)
_OPEN_QUOTE = re.compile(r"(\\*)([\"'])")
_BARE_VALUE = re.compile(r"[^\s,;&<>\"'{}\[\]()]+")
_REST_OF_LINE = re.compile(r"[^\n\r]+")
_WHOLE_LINE_NAMES = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_TAG = re.compile(r"<([A-Za-z_][\w:.-]{0,99})(\s[^<>]{0,2000})?>")
_BROKEN_END = re.compile(r"[^\s,;&<>{}\"']{0,256}\Z")
_PAIR_NAMES = ("name", "key", "field", "code")
_PAIR_VALUES = ("value", "val", "values", "content")


def digest(body: bytes) -> str:
    """Hex SHA-256 of the unmasked bytes: proves later what came, without keeping it."""
    return hashlib.sha256(body).hexdigest()


def redact_headers(headers: Mapping[str, Any] | None) -> dict[str, str]:
    """Headers fit to keep: secret ones masked, 64 at most, values cut at 512 characters."""
    result: dict[str, str] = {}
    for name, value in list((headers or {}).items())[:MAX_HEADERS]:
        key = str(name)[:128]
        text = str(value)[: 4 * MAX_HEADER_VALUE]
        if key.lower() == "traceparent" and len(text) == 55 and parse_traceparent(text):
            # Ours, in nearly every line: random ids, slow to search and good for nothing else.
            result[key] = text
            continue
        personal = not is_readable(key)
        masked = MASK if is_masked(key) else redact_text(text, MAX_HEADER_VALUE, personal=personal)
        result[key] = masked
    return result


def redact_url(url: str) -> str:
    """A URL without user name, password and credentials in its query or fragment."""
    try:
        parts = urlsplit(url)
        netloc = parts.netloc
    except ValueError:
        return MASK
    if "@" in netloc:
        netloc = f"{MASK}@{netloc.rpartition('@')[2]}"
    query = _redact_query(parts.query)
    fragment = _redact_query(parts.fragment)
    return urlunsplit((parts.scheme, netloc, mask_patterns(parts.path), query, fragment))


def redact_text(text: str | None, limit: int = MAX_EXCERPT, *, personal: bool = True) -> str:
    """Free text: error messages, log lines, bodies of unknown or broken format.

    :param limit: characters of the result at most.
    :param personal: mask contact data by its shape; False for fields that a flow leaves readable.
    """
    if not text:
        return ""
    text = _bound(text)
    text = _mask_elements(text)
    text = URL.sub(lambda match: redact_url(match.group()), text)
    text = mask_patterns(_mask_assignments(text), personal=personal)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def redact_json(value: Any) -> Any:
    """A copy of a parsed JSON value with secrets masked; the structure stays."""
    return _redact_value(value, 0, 0)


def redact_body(
    body: bytes | str | None, content_type: str | None = None, limit: int = MAX_EXCERPT
) -> str:
    """An excerpt of a request or response body, fit to keep.

    JSON is recognised by its looks too; forms by their content type. Binary gives its size only.

    :param limit: characters of the result at most.
    """
    if not body:
        return ""
    if isinstance(body, bytes):
        if b"\0" in body[:1024]:
            return f"({len(body)} bytes of binary data)"
        text = body[: MAX_INPUT + 4].decode("utf-8", "replace")
        whole = len(body) <= MAX_INPUT
    else:
        text, whole = body[: MAX_INPUT + 1], len(body) <= MAX_INPUT
    kind = (content_type or "").partition(";")[0].strip().lower()
    if whole and ("json" in kind or text.lstrip()[:1] in ("{", "[")):
        masked = _redact_json_text(text, 0)
        if masked is not None:
            return masked if len(masked) <= limit else masked[: limit - 1] + "…"
    if kind == "application/x-www-form-urlencoded":
        masked = _redact_query(_bound(text))
        return masked if len(masked) <= limit else masked[: limit - 1] + "…"
    return redact_text(text, limit)


def _redact_json_text(text: str, nesting: int) -> str | None:
    try:
        value = json_safe.loads(text)
    except json_safe.MalformedJson:
        return None
    masked = _redact_value(value, 0, nesting)
    return json.dumps(masked, ensure_ascii=False, separators=(",", ":"))


def _redact_value(value: Any, depth: int, nesting: int, *, personal: bool = True) -> Any:
    if depth > _MAX_DEPTH:
        return MASK
    if isinstance(value, dict):
        return _redact_dict(value, depth, nesting)
    if isinstance(value, list | tuple):
        return [_redact_value(item, depth + 1, nesting, personal=personal) for item in value]
    if isinstance(value, str):
        return _redact_string(value, nesting, personal)
    if isinstance(value, bool) or value is None:
        return value
    text = str(value)
    # A card number sent as a number.
    return value if mask_patterns(text, personal=personal) == text else MASK


def _redact_dict(value: dict[Any, Any], depth: int, nesting: int) -> dict[str, Any]:
    # {"name": "password", "value": "…"}: the name is a value itself.
    names = [value[name][:200] for name in _PAIR_NAMES if isinstance(value.get(name), str)]
    named = any(is_masked(name) for name in names)
    left = any(is_readable(name) for name in names)
    result: dict[str, Any] = {}
    for key, item in value.items():
        name = str(key)
        if is_masked(name[:200]) or (named and name.lower() in _PAIR_VALUES):
            result[mask_patterns(name)] = _mask_all(item)
        else:
            readable = is_readable(name[:200]) or (left and name.lower() in _PAIR_VALUES)
            result[mask_patterns(name)] = _redact_value(
                item, depth + 1, nesting, personal=not readable
            )
    return result


def _mask_all(value: Any) -> Any:
    """Booleans and nulls tell nothing and help a reader; everything else goes."""
    return value if value is None or isinstance(value, bool) or value == "" else MASK


def _redact_string(value: str, nesting: int, personal: bool) -> str:
    if nesting < _MAX_NESTED_JSON and value.lstrip()[:1] in ("{", "["):
        masked = _redact_json_text(value, nesting + 1)
        if masked is not None:
            return masked
    return redact_text(value, MAX_INPUT, personal=personal)


def _redact_query(query: str) -> str:
    """``a=b&c=d`` with secret values masked; keys and values stay percent-encoded."""
    parts = []
    for part in re.split(r"([&;])", query):
        key, equals, value = part.partition("=")
        name = unquote_plus(key)
        decoded = unquote_plus(value)
        if equals and (is_masked(name[:200]) or name.lower() in QUERY_NAMES):
            parts.append(f"{key}={MASK}")
            continue
        masked = redact_text(decoded, MAX_INPUT, personal=not is_readable(name[:200]))
        if equals and masked != decoded:
            parts.append(f"{key}={masked}")
        else:
            parts.append(part if equals or part in "&;" else mask_patterns(unquote_plus(part)))
    return "".join(parts)


def _mask_elements(text: str) -> str:
    """XML and HTML: the content of elements whose local name is sensitive."""
    if "<" not in text:
        return text
    out = []
    position = 0
    while match := _TAG.search(text, position):
        out.append(text[position : match.end()])
        position = match.end()
        name = match.group(1)
        if (match.group(2) or "").rstrip().endswith("/"):
            continue
        if not is_masked(name.rpartition(":")[2]):
            continue
        out.append(MASK)
        end = text.find(f"</{name}", position)
        if end < 0:
            return "".join(out)  # cut or broken: nothing behind it can be trusted
        position = end
    out.append(text[position:])
    return "".join(out)


def _mask_assignments(text: str) -> str:
    """``name: value``, ``name=value``, ``"name": "value"`` in any quoting depth."""
    out = []
    position = 0
    while match := _ASSIGNMENT.search(text, position):
        name = match.group(1)
        if not is_masked(unquote_plus(name)):
            # Continue right behind the name: `a=token=…` hides a second name in the value.
            out.append(text[position : match.end(1)])
            position = match.end(1)
            continue
        out.append(text[position : match.end()])
        end = _value_end(text, match.end(), name, quoted=bool(match.group(2)))
        if end > match.end():
            out.append(MASK)
        position = end
    out.append(text[position:])
    return "".join(out)


def _value_end(text: str, start: int, name: str, *, quoted: bool) -> int:
    quote = _OPEN_QUOTE.match(text, start)
    if quote is not None:
        return _quoted_end(text, quote.end(), len(quote.group(1)), quote.group(2))
    if text[start : start + 1] in ("{", "[", "("):
        return len(text)  # a structure in a text that does not parse: drop the rest
    pattern = _REST_OF_LINE if name.lower() in _WHOLE_LINE_NAMES and not quoted else _BARE_VALUE
    bare = pattern.match(text, start)
    return bare.end() if bare else start


def _quoted_end(text: str, start: int, slashes: int, quote: str) -> int:
    """Where a quoted value ends, the closing quote included.

    JSON inside JSON escapes again at every level: the opening quote carries ``2**n - 1``
    backslashes, and a closing one the same number, modulo twice that plus two.
    """
    position = start
    while (found := text.find(quote, position)) >= 0:
        run = found
        while run > start and text[run - 1] == "\\":
            run -= 1
        if (found - run) % (2 * (slashes + 1)) == slashes:
            return found + 1
        position = found + 1
    return len(text)


def _bound(text: str) -> str:
    if len(text) <= MAX_INPUT:
        return text
    # A secret cut in half is not recognised by its shape: drop the last, broken word.
    return _BROKEN_END.sub("", text[:MAX_INPUT])
