"""W3C Trace Context (version 00) and correlation ids."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})", re.ASCII)
_TRACE_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
# What partners make ids of (SO/2026/1, {guid}, base64), and nothing that headers, markup, URLs'
# queries, lists or formulas of spreadsheets take for their own. "=" only as base64 ends with it:
# key=value is no id.
_CORRELATION = re.compile(r"(?=.{1,128}\Z)[\w.:/#({\[-][\w.:/#(){}\[\]~|+-]*={0,2}", re.ASCII)
_TRACESTATE_MEMBER = re.compile(
    r"(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})"
    r"=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
)
_LENGTH = 55
_MAX_TRACESTATE_MEMBERS = 32


@dataclass(frozen=True, slots=True)
class TraceContext:
    """A parsed or new ``traceparent``: 32 and 16 lower-case hex digits, and the sampled flag."""

    trace_id: str
    span_id: str
    sampled: bool = True

    def header(self) -> str:
        """The value to send as ``traceparent``."""
        return format_traceparent(self.trace_id, self.span_id, self.sampled)

    def child(self) -> TraceContext:
        """The same trace with a new span id: every outbound call needs its own."""
        return TraceContext(self.trace_id, new_span_id(), self.sampled)


def new_trace_id() -> str:
    """32 random hex digits, never all zero."""
    return _random_hex(16)


def new_span_id() -> str:
    """16 random hex digits, never all zero."""
    return _random_hex(8)


def new_correlation_id() -> str:
    """32 random hex digits; fits a trace id."""
    return _random_hex(16)


def new_trace() -> TraceContext:
    """Start a trace."""
    return TraceContext(new_trace_id(), new_span_id())


def continued(trace_id: str | None) -> TraceContext:
    """A new span of the trace; without one, or with one of another format, a new trace."""
    if trace_id and _TRACE_ID.fullmatch(trace_id) and trace_id.strip("0"):
        return TraceContext(trace_id, new_span_id())
    return new_trace()


def of_event(event_id: str, trace_id: str | None) -> TraceContext:
    """The span of an event: the same however often it is told.

    :param trace_id: the event's trace; without one, or with one of another format, one of its own
    """
    digest = hashlib.sha256(event_id.encode()).hexdigest()
    if not (trace_id and _TRACE_ID.fullmatch(trace_id) and trace_id.strip("0")):
        trace_id = digest[:32]
    return TraceContext(trace_id, digest[32:48])


def format_traceparent(trace_id: str, span_id: str, sampled: bool = True) -> str:
    """Header value for version 00. :raises ValueError: ids that the format does not allow."""
    value = f"00-{trace_id}-{span_id}-{'01' if sampled else '00'}"
    if parse_traceparent(value) is None:
        raise ValueError("trace id or span id is not valid lower-case hex, or all zero")
    return value


def parse_traceparent(value: str | None) -> TraceContext | None:
    """The context a header names; None when it is invalid (then start a new trace)."""
    if not value:
        return None
    text = value.strip(" \t")
    match = _TRACEPARENT.match(text)
    if match is None:
        return None
    version, trace_id, span_id, flags = match.groups()
    if version == "ff" or not trace_id.strip("0") or not span_id.strip("0"):
        return None
    rest = text[_LENGTH:]
    if rest and (version == "00" or not rest.startswith("-")):
        return None
    return TraceContext(trace_id, span_id, bool(int(flags, 16) & 1))


def clean_tracestate(value: str | None) -> str | None:
    """A forwardable ``tracestate`` or None; a bad one never invalidates the traceparent."""
    if not value:
        return None
    members = [member.strip(" \t") for member in value.split(",")]
    members = [member for member in members if member]
    keys = [member.partition("=")[0] for member in members]
    if (
        not members
        or len(members) > _MAX_TRACESTATE_MEMBERS
        or len(set(keys)) != len(keys)
        or not all(_TRACESTATE_MEMBER.fullmatch(member) for member in members)
    ):
        return None
    return ",".join(members)


def clean_correlation_id(value: str | None) -> str | None:
    """The id when it is 1–128 letters, digits and ``_.:/#(){}[]~|+-``; else None.

    Headers are not trusted: no blanks, quotes, markup, or signs that begin something elsewhere.
    """
    if not value:
        return None
    text = value.strip()
    return text if _CORRELATION.fullmatch(text) else None


def choose_correlation_id(*candidates: str | None) -> str:
    """The first candidate that is acceptable, else a new id."""
    for candidate in candidates:
        cleaned = clean_correlation_id(candidate)
        if cleaned:
            return cleaned
    return new_correlation_id()


def _random_hex(size: int) -> str:
    while True:
        value = secrets.token_hex(size)
        if value.strip("0"):
            return value
