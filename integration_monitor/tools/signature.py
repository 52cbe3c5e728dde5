"""Standard Webhooks 1.0: sign what we send, verify what we receive."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets as _secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

TOLERANCE_SECONDS = 300
PREFIX = "whsec_"
MIN_SECRET_BYTES = 24
MAX_SECRET_BYTES = 64
_MAX_SIGNATURES = 16
_ID = re.compile(r"[!-\-/-~]{1,256}", re.ASCII)  # printable ASCII, no '.', no space
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)

REASONS = (
    "missing_header",
    "bad_id",
    "bad_timestamp",
    "too_old",
    "too_new",
    "no_secret",
    "no_match",
)


class SignatureError(Exception):
    """A delivery must not be trusted.

    :param reason: one of ``REASONS``; for the log, never for the answer.
    """

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(message or reason.replace("_", " "))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Verified:
    """What a good signature proves."""

    message_id: str
    timestamp: int
    secret_index: int  # which of the given secrets matched: tells when an old one is unused


def generate_secret(size: int = 32) -> str:
    """A new secret: ``whsec_`` and base64 of ``size`` (24..64) random bytes."""
    if not MIN_SECRET_BYTES <= size <= MAX_SECRET_BYTES:
        raise ValueError("a secret has 24 to 64 bytes")
    return PREFIX + base64.b64encode(_secrets.token_bytes(size)).decode()


def decode_secret(secret: str) -> bytes:
    """The key bytes of a ``whsec_…`` secret; missing padding and URL-safe letters are accepted.

    :raises ValueError: not base64, or not 24 to 64 bytes.
    """
    text = secret.strip().removeprefix(PREFIX).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("the webhook secret is not base64") from error
    if not MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES:
        raise ValueError("the webhook secret must have 24 to 64 bytes")
    return key


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """``v1,<base64>`` over ``id.timestamp.body``.

    :raises ValueError: bad secret, or an id with a dot, a space or nothing in it.
    """
    if not _ID.fullmatch(message_id):
        raise ValueError("a webhook id is printable ASCII without dot and space, 256 at most")
    return (
        "v1,"
        + base64.b64encode(_digest(decode_secret(secret), message_id, timestamp, body)).decode()
    )


def signed_headers(
    secrets: Iterable[str], message_id: str, body: bytes, timestamp: int | None = None
) -> dict[str, str]:
    """The three headers to send, one signature for each secret (rotation)."""
    moment = int(time.time()) if timestamp is None else timestamp
    signatures = " ".join(sign(secret, message_id, moment, body) for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": signatures,
    }


def verify(
    secrets: Iterable[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: float | None = None,
    tolerance: int = TOLERANCE_SECONDS,
) -> Verified:
    """Check a delivery over its raw bytes, before anything is parsed.

    :param headers: any case; ``svix-*`` is accepted in place of ``webhook-*``.
    :param now: Unix time, seconds.
    :param tolerance: seconds a timestamp may lie in the past or the future.
    :raises SignatureError: the delivery must not be trusted.
    :raises ValueError: one of our own secrets is unusable (a configuration fault).
    """
    keys = [decode_secret(secret) for secret in secrets]
    if not keys:
        raise SignatureError("no_secret")
    message_id, timestamp, signatures = _read_headers(headers)
    age = (time.time() if now is None else now) - timestamp
    if age > tolerance:
        raise SignatureError("too_old")
    if age < -tolerance:
        raise SignatureError("too_new")
    found = None
    for index, key in enumerate(keys):
        expected = _digest(key, message_id, timestamp, body)
        # Every key and signature is compared: the time tells nothing about which one fits.
        for candidate in signatures:
            if hmac.compare_digest(expected, candidate) and found is None:
                found = index
    if found is None:
        raise SignatureError("no_match")
    return Verified(message_id, timestamp, found)


def _read_headers(headers: Mapping[str, str]) -> tuple[str, int, list[bytes]]:
    lowered = {name.lower(): value for name, value in headers.items()}
    values = [
        lowered.get(f"webhook-{name}") or lowered.get(f"svix-{name}")
        for name in ("id", "timestamp", "signature")
    ]
    if not all(values):
        raise SignatureError("missing_header")
    message_id, timestamp, signature = (value or "" for value in values)
    if not _ID.fullmatch(message_id):
        raise SignatureError("bad_id")
    if not _TIMESTAMP.fullmatch(timestamp):
        raise SignatureError("bad_timestamp")
    signatures = []
    for part in signature.split()[:_MAX_SIGNATURES]:
        version, _comma, encoded = part.partition(",")
        if version != "v1":
            continue  # asymmetric or later versions
        try:
            signatures.append(base64.b64decode(encoded.encode("ascii", "replace"), validate=True))
        except (binascii.Error, ValueError):
            continue  # not base64: cannot match
    return message_id, int(timestamp), signatures


def _digest(key: bytes, message_id: str, timestamp: int, body: bytes) -> bytes:
    content = f"{message_id}.{timestamp}.".encode() + body
    return hmac.new(key, content, hashlib.sha256).digest()
