"""The one redactor: it stands in front of every write of headers, bodies and error texts.

It masks by name (a key, header, parameter, element called like a secret or like personal data)
and by shape (tokens, cards, bank accounts, mail addresses). Where it cannot understand a text it
masks more, never less. Input and output are bounded.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from . import json_safe
from .path_template import path_template
from .path_words import mask_path, mask_paths
from .redaction_assignments import mask_assignments
from .redaction_csv import mask_columns
from .redaction_encoded import decoded, mask_encoded
from .redaction_forms import mask_forms
from .redaction_markup import mask_elements, mask_escaped
from .redaction_names import is_masked, is_readable
from .redaction_pairs import PAIR_VALUES, names_in_pair, pair_with_secret
from .redaction_patterns import MASK, QUERY_NAMES, URL, mask_patterns
from .redaction_sql import mask_statements
from .tracing import parse_traceparent

MAX_INPUT = 64 * 1024
MAX_EXCERPT = 2000
MAX_HEADERS = 64
MAX_HEADER_VALUE = 512
_MAX_DEPTH = 64
_MAX_NESTED_JSON = 3
_MAX_NESTED_QUERIES = 2

_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_QUERY = re.compile(r"(?<=\?)[^\s\"'<>\\?]*=[^\s\"'<>\\]*")
_BROKEN_END = re.compile(r"[^\s,;&<>{}\"']{0,256}\Z")
#: What requests and urllib3 say of a call: "Max retries exceeded with url: /orders/4711"
_CALLED = re.compile(r"(?<=\burl: )/[^\s\"'<>]*")
_MAX_ESCAPES = 2
# Within a field that its flow leaves readable: contact data is not masked by its shape.
_in_readable: ContextVar[bool] = ContextVar("integration_redaction_readable", default=False)


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
        with _field(is_readable(key)):
            masked = MASK if is_masked(key) else redact_text(text, MAX_HEADER_VALUE)
        result[mask_patterns(key)] = masked
    return result


def redact_url(url: str, nesting: int = 0) -> str:
    """A URL without user name, password and credentials in its query or fragment."""
    try:
        parts = urlsplit(url)
        netloc = parts.netloc
    except ValueError:
        return MASK
    if "@" in netloc:
        netloc = f"{MASK}@{netloc.rpartition('@')[2]}"
    query = _redact_query(parts.query, nesting)
    fragment = _redact_query(parts.fragment, nesting)
    path = mask_patterns(mask_path(mask_assignments(parts.path)))
    return urlunsplit((parts.scheme, netloc, path, query, fragment))


def redact_text(text: str | None, limit: int = MAX_EXCERPT) -> str:
    """Free text: error messages, log lines, bodies of unknown or broken format.

    :param limit: characters of the result at most.
    """
    if not text:
        return ""
    text = _bound(text)
    text = mask_encoded(_redact_escaped(text), _redact_escaped)
    return _cut(text, limit)


def redact_label(text: str, limit: int = MAX_EXCERPT) -> str:
    """The name of a thing: a host, a path, an operation, an id that a partner chose.

    As :func:`redact_text`, but ``Mail: Email Queue Manager`` and ``mail.example.com:25`` stay.
    """
    if _HOST.fullmatch(text):
        return _cut(mask_encoded(_patterns(text), _patterns), limit)
    text = _redact_plain(_bound(text), label=True)
    return _cut(mask_encoded(text, _redact_plain), limit)


@contextlib.contextmanager
def _field(readable: bool) -> Iterator[None]:
    """Redact the value of one field; what a readable one contains is readable, too."""
    token = _in_readable.set(True) if readable else None
    try:
        yield
    finally:
        if token is not None:
            _in_readable.reset(token)


def _patterns(text: str) -> str:
    return mask_patterns(text, personal=not _in_readable.get())


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _redact_plain(text: str, *, label: bool = False, nesting: int = 0) -> str:
    """What stands there in clear; :func:`redact_text` looks behind encodings, too."""
    text = mask_statements(mask_forms(text))
    text = mask_elements(text)
    if ":" in text:
        text = _CALLED.sub(lambda match: path_template(match.group()), text)
        text = URL.sub(lambda match: redact_url(match.group(), nesting), text)
    if "?" in text:
        text = _QUERY.sub(lambda match: _redact_query(match.group(), nesting), text)
    text = mask_assignments(text, label=label)
    if "/" in text:
        text = mask_paths(text)
    return _patterns(text)


def _redact_escaped(text: str, level: int = 0) -> str:
    """As it stands there, and as it stands behind XML's escapes."""
    text = _redact_plain(text)
    if level < _MAX_ESCAPES:
        text = mask_escaped(text, lambda plain: _redact_escaped(plain, level + 1))
    return text


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
            return _cut(masked, limit)
    if kind == "application/x-www-form-urlencoded":
        return _cut(_redact_query(_bound(text)), limit)
    return redact_text(mask_columns(text, is_masked, MASK), limit)


def _redact_json_text(text: str, nesting: int) -> str | None:
    try:
        value = json_safe.loads(text)
    except json_safe.MalformedJson:
        return None
    masked = _redact_value(value, 0, nesting)
    return json.dumps(masked, ensure_ascii=False, separators=(",", ":"))


def _redact_value(value: Any, depth: int, nesting: int) -> Any:
    if depth > _MAX_DEPTH:
        return MASK
    if isinstance(value, dict):
        return _redact_dict(value, depth, nesting)
    if isinstance(value, list | tuple):
        if (place := pair_with_secret(value)) is not None:
            return [*value[:place], _mask_all(value[place])]
        return [_redact_value(item, depth + 1, nesting) for item in value]
    if isinstance(value, str):
        return _redact_string(value, nesting)
    if isinstance(value, bool) or value is None:
        return value
    text = str(value)
    return value if _patterns(text) == text else MASK  # a card number sent as a number


def _redact_dict(value: dict[Any, Any], depth: int, nesting: int) -> dict[str, Any]:
    # {"name": "password", "value": "…"}: the name is a value itself.
    names = names_in_pair(value)
    named = any(is_masked(name) for name in names)
    left = any(is_readable(name) for name in names)
    result: dict[str, Any] = {}
    for key, item in value.items():
        name = str(key)
        pair = name.lower() in PAIR_VALUES
        if is_masked(name[:200]) or (named and pair):
            result[mask_patterns(name)] = _mask_all(item)
            continue
        with _field(is_readable(name[:200]) or (left and pair)):
            result[mask_patterns(name)] = _redact_value(item, depth + 1, nesting)
    return result


def _mask_all(value: Any) -> Any:
    """Booleans and nulls tell nothing and help a reader; everything else goes."""
    return value if value is None or isinstance(value, bool) or value == "" else MASK


def _redact_string(value: str, nesting: int) -> str:
    if nesting < _MAX_NESTED_JSON and value.lstrip()[:1] in ("{", "["):
        masked = _redact_json_text(value, nesting + 1)
        if masked is not None:
            return masked
    return redact_text(value, MAX_INPUT)


def _redact_query(query: str, nesting: int = 0) -> str:
    """``a=b&c=d`` with secret values masked; keys and values stay percent-encoded."""
    if nesting > _MAX_NESTED_QUERIES:
        return MASK if query else ""

    def redact(value: str) -> str:
        return _redact_plain(value, nesting=nesting + 1)

    parts = []
    for part in re.split(r"([&;])", query):
        key, equals, value = part.partition("=")
        name = decoded(key)
        plain = decoded(value)
        if equals and (is_masked(name[:200]) or name.lower() in QUERY_NAMES):
            parts.append(f"{key}={MASK}")
            continue
        if not equals:
            parts.append(part if part in "&;" else mask_patterns(decoded(part)))
            continue
        with _field(is_readable(name[:200])):
            masked = mask_encoded(redact(plain), redact)
        parts.append(f"{key}={masked}" if masked != plain else part)
    return "".join(parts)


def _bound(text: str) -> str:
    if len(text) <= MAX_INPUT:
        return text
    # A secret cut in half is not recognised by its shape: drop the last, broken word.
    return _BROKEN_END.sub("", text[:MAX_INPUT])
