"""One short id for errors that are the same fault with different values."""

from __future__ import annotations

import hashlib
import re

# Short of every limit that texts are cut to: a fault quoted at two lengths stays one fault.
MAX_INPUT = 1000
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|“[^”]*”|«[^»]*»|`[^`]*`")
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
_EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b")
_UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
_TOKEN_WITH_DIGIT = re.compile(r"[\w./:#-]*\d[\w./:#-]*")
_SPACE = re.compile(r"\s+")


def normalise(text: str) -> str:
    """The text without what differs from case to case: quoted values, addresses, numbers, ids."""
    text = text[:MAX_INPUT]
    for pattern in (_QUOTED, _URL, _EMAIL, _UUID, _TOKEN_WITH_DIGIT):
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
) -> str:
    """The fingerprint of a fault, the same in log lines, messages and exceptions.

    The call, the attempt that made it and the exception that follows name one fault: they agree
    on the flow, so the endpoint tells faults apart only where no flow is known.

    :param message: redacted, as it is kept
    :param status: HTTP status of the answer; the text alone has lost its number
    """
    where = f"flow:{flow_id}" if flow_id else f"endpoint:{endpoint_id}" if endpoint_id else None
    return fingerprint(error_class, message, where, f"http:{status}" if status else None)


def title(message: str | None, limit: int = 120) -> str:
    """One line that names every case of a fault: values are replaced by an ellipsis."""
    text = (message or "")[:MAX_INPUT]
    for pattern in (_QUOTED, _URL, _EMAIL, _UUID, _TOKEN_WITH_DIGIT):
        text = pattern.sub("…", text)
    text = _SPACE.sub(" ", text).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
