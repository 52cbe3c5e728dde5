"""Errors that come with HTTP 200: JSON-RPC puts them into the answer's body."""

from __future__ import annotations

import json
from typing import Any

from .errors import IntegrationError

# An error of Odoo carries a traceback; answers beyond this are data.
_MAX_BODY = 256 * 1024
# By the specification: the request was not understood, or asks for what does not exist.
_NOT_UNDERSTOOD = (-32700, -32600, -32601, -32602)
_SESSION_EXPIRED = 100
_AUTH = frozenset({"AccessDenied", "AccessError", "SessionExpiredException"})
_BUSINESS = frozenset(
    {"UserError", "ValidationError", "MissingError", "RedirectWarning", "InsufficientCreditError"}
)


def from_body(body: bytes | None) -> IntegrationError | None:
    """The error that an answer reports by JSON-RPC; None for every other answer.

    Codes are those of the specification, names those of Odoo's exceptions: data that a person can
    correct is ``business``.

    :param body: what was received, None when it has not been read
    """
    if not body or len(body) > _MAX_BODY or body[:64].lstrip()[:1] != b"{":
        return None
    # Most answers end here: reading them costs more than this.
    if b'"jsonrpc"' not in body or b'"error"' not in body:
        return None
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    error = answer.get("error") if isinstance(answer, dict) and "jsonrpc" in answer else None
    if not isinstance(error, dict):
        return None
    data = error.get("data")
    data = data if isinstance(data, dict) else {}
    words = next((text for text in (data.get("message"), error.get("message")) if _says(text)), "")
    said = f" It said: {words[:300]}" if words else ""
    return IntegrationError(
        f"The partner answered with an error (JSON-RPC).{said}",
        error_class=_class_of(error.get("code"), data.get("name")),
    )


def _class_of(code: Any, name: Any) -> str:
    kind = name.rpartition(".")[2] if isinstance(name, str) else ""
    if kind in _AUTH or code == _SESSION_EXPIRED:
        return "auth"
    if kind in _BUSINESS:
        return "business"
    return "client" if code in _NOT_UNDERSTOOD else "server"


def _says(text: Any) -> bool:
    return isinstance(text, str) and text.strip() not in ("", "{}")
