"""Read and unpack a request body without ever holding more than agreed."""

from __future__ import annotations

import zlib
from typing import IO

from .refusal import Refusal

CHUNK = 64 * 1024
MAX_RATIO = 100
# A few bytes may expand far beyond any ratio: below this size the ratio is not looked at.
RATIO_FLOOR = 64 * 1024
ENCODINGS = ("identity", "gzip", "x-gzip", "deflate")


def read_limited(
    stream: IO[bytes], limit: int, *, content_length: int | None, terminated: bool
) -> bytes:
    """Read the raw body, whole or not at all.

    :param stream: a WSGI input stream.
    :param limit: bytes that are accepted.
    :param content_length: what the sender announced, or None.
    :param terminated: the server ends the stream by itself (chunked transfer coding).
    :raises Refusal: 413 larger than ``limit``, 400 cut off on the way.
    """
    if content_length is not None and content_length > limit:
        raise Refusal("too-large", f"Content-Length {content_length}")
    if content_length is None and not terminated:
        return b""
    expected = None if terminated else content_length
    parts: list[bytes] = []
    size = 0
    while expected is None or size < expected:
        wanted = CHUNK if expected is None else min(CHUNK, expected - size)
        try:
            part = stream.read(wanted)
        except (OSError, ValueError) as error:
            raise Refusal("malformed", f"body cut off: {error}") from error
        if not part:
            break
        size += len(part)
        if size > limit:
            raise Refusal("too-large", "chunked body over the limit")
        parts.append(part)
    if expected is not None and size < expected:
        raise Refusal("malformed", "fewer bytes than announced")
    return b"".join(parts)


def unpack(data: bytes, encoding: str | None, limit: int) -> bytes:
    """Undo one ``Content-Encoding``.

    :param limit: bytes accepted after unpacking; the ratio may not exceed ``MAX_RATIO`` either.
    :raises Refusal: 413 too large, 415 unknown coding, 400 damaged data.
    """
    coding = (encoding or "identity").strip().lower()
    if coding in ("", "identity"):
        return data
    if coding not in ENCODINGS:
        raise Refusal(
            "unsupported-media-type",
            "unknown content coding",
            detail="Only the content codings gzip and deflate are understood.",
        )
    bound = min(limit, max(RATIO_FLOOR, len(data) * MAX_RATIO))
    for window in _windows(coding):
        try:
            return _inflate(data, window, bound)
        except zlib.error as error:
            damage = error
    raise Refusal("malformed", f"damaged {coding} data: {damage}")


def _windows(coding: str) -> tuple[int, ...]:
    # 'deflate' means zlib by the standard; some senders omit its frame.
    return (zlib.MAX_WBITS, -zlib.MAX_WBITS) if coding == "deflate" else (zlib.MAX_WBITS | 16,)


def _inflate(data: bytes, window: int, bound: int) -> bytes:
    """Unpack at most ``bound`` bytes. :raises zlib.error: damaged or cut off."""
    parts: list[bytes] = []
    size = 0
    rest = data
    while rest:
        inflater = zlib.decompressobj(window)
        while True:
            part = inflater.decompress(rest, bound - size + 1)
            size += len(part)
            if size > bound:
                raise Refusal("too-large", "unpacks to more than agreed")
            parts.append(part)
            rest = inflater.unconsumed_tail
            if inflater.eof or not (rest or part):
                break
        if not inflater.eof:
            raise zlib.error("incomplete stream")
        # A gzip file may hold several members.
        rest = inflater.unused_data if window > zlib.MAX_WBITS else b""
    return b"".join(parts)
