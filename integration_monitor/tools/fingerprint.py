"""One short id for errors that are the same fault with different values."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

# Short of every limit that texts are cut to: a fault quoted at two lengths stays one fault.
MAX_INPUT = 1000
# An apostrophe inside a word opens and closes nothing.
_QUOTED = re.compile(
    r"(?<!\w)'(?:[^']|(?<=\w)'(?=\w))*'(?!\w)|‘(?:[^’]|(?<=\w)’(?=\w))*’"
    r"|\"[^\"]*\"|“[^”]*”|„[^“”]*[“”]|«[^»]*»|`[^`]*`"
)
# "code": "OUT_OF_STOCK": what names the fault is no value of it.
_KEY_FOLLOWS = re.compile(r"\s{0,8}:")
_CODE = re.compile(r"[A-Z]{2,}(?:_[A-Z]+)+")
_DATE = re.compile(
    r"\b(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?\s{1,3})?\d{1,2}(?:st|nd|rd|th)?[\s-]{1,3}"
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?(?:[\s,-]{1,3}\d{2,4})?\b",
    re.IGNORECASE,
)
_HEX = re.compile(r"\b[a-f]{8,}\b", re.IGNORECASE)
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
# As requests and urllib3 tell of a call: its path differs from case to case.
_CALLED = re.compile(r"\burl: \S+")
_HOST_IN_TEXT = re.compile(r"\bhost='([^'\s]{1,255})'")
_EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_TOKEN_WITH_DIGIT = re.compile(r"[\w./:#-]*\d[\w./:#-]*")
# What runs here under a name of its own: two of them have nothing in common but their words.
_RUNS = frozenset({"cron", "job", "rpc_in"})
_SPACE = re.compile(r"\s+")


def normalise(text: str) -> str:
    """The text without what differs from case to case: quoted values, addresses, numbers, ids."""
    text = _without_quotes(_CALLED.sub("*", text[:MAX_INPUT]), "*")
    for pattern in (_URL, _EMAIL, _UUID, _DATE, _HEX, _TOKEN_WITH_DIGIT):
        text = pattern.sub("*", text)
    return _SPACE.sub(" ", text).strip().lower()


def fingerprint(error_class: str | None, message: str | None, *scope: object) -> str:
    """16 hex digits, stable over processes and releases.

    :param scope: what else tells faults apart (flow code, endpoint id, status); None is skipped.
    """
    parts = [error_class or "unknown", normalise(message or "")]
    parts += [str(item) for item in scope if item is not None]
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


def of_fault(
    error_class: str | None,
    message: str | None,
    *,
    flow_id: int | None = None,
    endpoint_id: int | None = None,
    status: int | None = None,
    host: str | None = None,
    operation: str | None = None,
) -> str:
    """The fingerprint of a fault, the same in log lines, messages and exceptions.

    The call, the attempt that made it and the exception that follows name one fault: they agree
    on the flow and on the text, so the endpoint tells faults apart only where no flow is known.

    :param message: redacted, as it is kept; a host that it names tells faults apart
    :param status: HTTP status of the answer; the text alone has lost its number
    :param host: and ``operation``: see :func:`scope_of`
    """
    where = f"flow:{flow_id}" if flow_id else f"endpoint:{endpoint_id}" if endpoint_id else None
    if not host and (named := _HOST_IN_TEXT.search((message or "")[:MAX_INPUT])):
        host = named.group(1)
    return fingerprint(
        error_class,
        message,
        where,
        f"http:{status}" if status else None,
        f"host:{host.lower()}" if host else None,
        f"operation:{operation}" if operation else None,
    )


def scope_of(line: Mapping[str, Any]) -> dict[str, str | None]:
    """What else tells the faults of a line of the log apart: its host, what ran.

    The host of a call that no endpoint describes, unless the attempt of a message made it: the
    attempt knows no host, and both are one fault. A caller's address says nothing of the fault.

    :param line: columns of the log, those that are missing count as empty
    :return: ``host`` and ``operation``, for :func:`of_fault` and the title
    """
    host = operation = None
    described = line.get("endpoint_id") or line.get("message_id")
    if line.get("direction") == "outbound" and not described:
        host = line.get("host") or None
    known = described or line.get("flow_id") or host
    if line.get("kind") in _RUNS or (line.get("kind") == "custom" and not known):
        operation = line.get("operation") or None
    return {"host": host, "operation": operation}


def title(message: str | None, about: str | None = None, limit: int = 120) -> str:
    """One line that names every case of a fault: values are replaced by an ellipsis.

    :param about: put in front: what ran, or the host
    """
    text = _without_quotes(_CALLED.sub("url: …", (message or "")[:MAX_INPUT]), "…")
    for pattern in (_URL, _EMAIL, _UUID, _DATE, _HEX):
        text = pattern.sub("…", text)
    text = _TOKEN_WITH_DIGIT.sub(_shown_in_title, text)
    text = ": ".join(filter(None, [about, _SPACE.sub(" ", text).strip()]))
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _without_quotes(text: str, mark: str) -> str:
    """The text with a mark for each quoted value; names of members and codes stay."""

    def replaced(match: re.Match[str]) -> str:
        quoted = match.group()
        if quoted[0] == '"' and (
            _KEY_FOLLOWS.match(text, match.end()) or _CODE.fullmatch(quoted, 1, len(quoted) - 1)
        ):
            return quoted
        return mark

    return _QUOTED.sub(replaced, text)


def _shown_in_title(match: re.Match[str]) -> str:
    """The status of an answer names the fault; any other number is one case of it."""
    of_answer = match.string.endswith("HTTP ", 0, match.start()) and match.group()[:3].isdigit()
    return match.group() if of_answer else "…"
