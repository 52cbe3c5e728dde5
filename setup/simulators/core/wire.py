"""Requests, answers and problems as plain values, apart from sockets."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class Problem(Exception):
    """A refusal, answered as `application/problem+json` (RFC 9457).

    `status` is the HTTP status, `title` the short kind, `detail` what happened and what to do;
    `extra` are further members of the body, `headers` further HTTP headers.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        extra: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status = status
        self.title = title
        self.detail = detail
        self.extra = extra or {}
        self.headers = headers or {}

    def response(self) -> "Response":
        """Return the answer that carries this problem."""
        body = {"type": "about:blank", "title": self.title, "status": self.status, **self.extra}
        if self.detail:
            body["detail"] = self.detail
        answer = Response.of(body, self.status)
        answer.content_type = "application/problem+json"
        answer.headers.update(self.headers)
        return answer


@dataclass
class Response:
    """An answer: status, body bytes, content type and further headers."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Any, status: int = 200) -> "Response":
        """Return a JSON answer holding `value`."""
        return cls(status, json.dumps(value, ensure_ascii=False).encode())


@dataclass(frozen=True)
class Drop:
    """No answer: the connection is reset (RST) or just closed (FIN)."""

    reset: bool


@dataclass
class Request:
    """One request as received. Header names are lower case; `path` is percent-decoded."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    ledger_id: int | None = None

    @property
    def idempotency_key(self) -> str | None:
        """Return the `Idempotency-Key` header, if any."""
        return self.headers.get("idempotency-key") or None

    @property
    def correlation_id(self) -> str | None:
        """Return the correlation id: `X-Correlation-ID`, else the trace id of `traceparent`."""
        given = self.headers.get("x-correlation-id")
        if given:
            return given
        match = _TRACEPARENT.match(self.headers.get("traceparent", ""))
        return match.group(1) if match else None

    @property
    def body_sha256(self) -> str:
        """Return the SHA-256 of the body, hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()

    def json(self, default: Any = None) -> Any:
        """Return the parsed body; an empty one gives `default`. Raises Problem 400."""
        if not self.body and default is not None:
            return default
        try:
            return json.loads(self.body, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise Problem(400, "Malformed JSON", f"The body is not JSON: {error}") from error

    def json_object(self, default: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the parsed body, which must be a JSON object. Raises Problem 400."""
        value = self.json(default)
        if not isinstance(value, dict):
            raise Problem(400, "Malformed request", "The body must be a JSON object.")
        return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
