"""Completes an observation, and cuts it before it waits: no answer of 20 MB must be held.

In place: who records an observation hands it over, and each copy would cost its call.
"""

from itertools import islice

from ..tools import context
from ..tools.redaction import MAX_HEADER_VALUE, MAX_HEADERS, MAX_INPUT

_MAX_FACTS = 24
_MAX_FACT = 4096
_MAX_NODES = 400
_MAX_DEPTH = 8
_BASE = 1000  # bytes that a line without texts takes, roughly
#: Characters that the redactor looks at, and a few more: it must see that there was more.
_MAX_TEXT = MAX_INPUT + 4


_FROM_CONTEXT = (
    "correlation_id",
    "trace_id",
    "span_id",
    "flow_id",
    "message_id",
    "endpoint_id",
)


def complete(observation):
    """Take what the observation does not tell from the execution context."""
    current = context.current()
    if current is context.EMPTY:
        return
    # Whom a call went to is known; maybe none of our endpoints.
    names = _FROM_CONTEXT[:-1] if observation.kind == "http_out" else _FROM_CONTEXT
    for name in names:
        if getattr(observation, name) is None:
            setattr(observation, name, getattr(current, name))


def trim(observation):
    """Cut its texts to what the redactor looks at.

    :return: its size in bytes, roughly
    """
    size = _BASE
    excerpt = observation.response_excerpt
    if excerpt:
        size += min(len(excerpt), _MAX_TEXT)
        if isinstance(excerpt, bytes | bytearray | memoryview) and b"\0" in bytes(excerpt[:1024]):
            observation.response_excerpt = f"({len(excerpt)} bytes of binary data)"
        elif len(excerpt) > _MAX_TEXT:
            observation.response_excerpt = excerpt[:_MAX_TEXT]
    message = observation.error_message
    if message:
        text = message if isinstance(message, str) else str(message)
        size += min(len(text), _MAX_TEXT)
        if text is not message or len(text) > _MAX_TEXT:
            observation.error_message = text[:_MAX_TEXT]
    if observation.request_headers:
        observation.request_headers, length = _headers(observation.request_headers)
        size += length
    if observation.detail:
        budget = [_MAX_NODES]
        observation.detail = _facts(observation.detail, budget)
        size += 64 * (_MAX_NODES - budget[0])
    return size


def _headers(headers):
    """The caller's object may change later, or be a live session's: keep a copy."""
    kept = {}
    size = 0
    for name, value in headers.items():
        if len(kept) >= MAX_HEADERS:
            break
        # Twice what is shown: the redactor must still recognise what is cut in half there.
        text = (value if isinstance(value, str) else _decoded(value))[: 4 * MAX_HEADER_VALUE]
        kept[_decoded(name)[:128]] = text
        size += len(text) + 64
    return kept, size


def _decoded(value):
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _facts(detail, budget):
    """The first facts of each level, as long as the budget of values lasts."""
    return {
        str(name)[:128]: _fact(value, budget, 0)
        for name, value in islice(detail.items(), _MAX_FACTS)
    }


def _fact(value, budget, depth):
    budget[0] -= 1
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str | bytes):
        text = value if isinstance(value, str) else value[:_MAX_FACT].decode("utf-8", "replace")
        text = text[:_MAX_FACT]
        budget[0] -= len(text) // 64
        return text
    if budget[0] <= 0 or depth >= _MAX_DEPTH:
        return "…"
    if isinstance(value, dict):
        return {
            str(name)[:128]: _fact(item, budget, depth + 1)
            for name, item in islice(value.items(), budget[0])
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_fact(item, budget, depth + 1) for item in islice(value, budget[0])]
    return str(value)[:_MAX_FACT]
