"""Sign requests with a shared secret, over the very bytes that are sent."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from dataclasses import dataclass

import requests
from requests.auth import AuthBase

ALGORITHMS = ("sha256", "sha512")
SIGNED_PARTS = ("body", "timestamp_body")
ENCODINGS = ("hex", "base64")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", re.ASCII)  # RFC 9110, 5.6.2
# Headers that carry the message itself: a signature in their place would break the request.
_TAKEN = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "idempotency-key",
        "te",
        "traceparent",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-correlation-id",
    }
)


def is_free_header(name: str | None) -> bool:
    """Whether ``name`` can be a header of ours: well-formed, and not one that HTTP needs."""
    return bool(name and _NAME.fullmatch(name)) and name.lower() not in _TAKEN


@dataclass(frozen=True)
class HmacAuth(AuthBase):
    """An HMAC (RFC 2104) in a header; what ``requests`` takes as ``auth``.

    :param secret: the key; its UTF-8 bytes are used.
    :param header: carries prefix and signature, for example ``X-Signature: sha256=…``.
    :param signed: ``body``, or ``timestamp_body`` for ``<timestamp>.<body>``: seconds since 1970,
        in decimal, a dot, the bytes of the body. The timestamp travels in ``timestamp_header``.
    """

    secret: str
    header: str = "X-Signature"
    algorithm: str = "sha256"
    signed: str = "body"
    encoding: str = "hex"
    prefix: str = ""
    timestamp_header: str = "X-Timestamp"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the headers; called for each request that is sent, also after a redirect."""
        request.headers.update(self.headers(_bytes_of(request.body), int(time.time())))
        return request

    def headers(self, body: bytes, timestamp: int) -> dict[str, str]:
        """The headers for one body.

        :param timestamp: seconds since 1970.
        """
        signed, extra = body, {}
        if self.signed == "timestamp_body":
            signed = b"%d.%s" % (timestamp, body)
            extra[self.timestamp_header] = str(timestamp)
        digest = hmac.new(self.secret.encode(), signed, getattr(hashlib, self.algorithm)).digest()
        text = digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()
        return {**extra, self.header: f"{self.prefix}{text}"}

    def __repr__(self) -> str:
        """Without the secret: this may end up in a traceback."""
        return f"HmacAuth({self.header!r}, {self.algorithm!r}, {self.signed!r})"


def _bytes_of(body: object) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes):
        return body
    raise TypeError("only a body in memory can be signed")
