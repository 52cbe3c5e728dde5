"""Read an answer while it streams: capped, decoded within bounds, complete."""

from __future__ import annotations

import zlib

import requests

from .errors import RemoteError, TransportError

_CHUNK = 64 * 1024


def read_body(response: requests.Response, max_bytes: int, method: str = "GET") -> bytes:
    """The decoded body.

    :param max_bytes: limit for the encoded and for the decoded body.
    :raises RemoteError: larger than the limit, or in an encoding that was not asked for.
    :raises TransportError: it ended before its announced length.
    """
    announced = _announced_length(response, method)
    if announced is not None and announced > max_bytes:
        raise _too_large(response, max_bytes)
    decoder = _decoder(response)
    out = bytearray()
    received = 0
    for chunk in response.raw.stream(_CHUNK, decode_content=False):
        received += len(chunk)
        if received > max_bytes:
            raise _too_large(response, max_bytes)
        out += decoder.feed(chunk, max_bytes + 1 - len(out)) if decoder else chunk
        if len(out) > max_bytes:
            raise _too_large(response, max_bytes)
    if announced is not None and received < announced:
        raise TransportError(
            f"The answer ended after {received} of {announced} bytes.", maybe_delivered=True
        )
    if decoder and received and not decoder.finished:
        raise TransportError("The compressed answer ended too early.", maybe_delivered=True)
    return bytes(out)


class _Inflate:
    """Bounded decompression of gzip and deflate (zlib or raw, as servers disagree)."""

    def __init__(self, gzip: bool) -> None:
        self._gzip = gzip
        self._engine = zlib.decompressobj(31 if gzip else 15)
        self._first = True

    @property
    def finished(self) -> bool:
        return self._engine.eof

    def feed(self, chunk: bytes, limit: int) -> bytes:
        """At most ``limit`` bytes; reaching it means that the body is too large."""
        try:
            return self._engine.decompress(chunk, limit)
        except zlib.error as error:
            if not self._first or self._gzip:
                raise TransportError(
                    "The compressed answer is damaged.", maybe_delivered=True
                ) from error
            self._engine = zlib.decompressobj(-15)
            return self._engine.decompress(chunk, limit)
        finally:
            self._first = False


def _decoder(response: requests.Response) -> _Inflate | None:
    encoding = (response.headers.get("Content-Encoding") or "identity").strip().lower()
    if encoding in ("", "identity"):
        return None
    if encoding in ("gzip", "x-gzip"):
        return _Inflate(gzip=True)
    if encoding == "deflate":
        return _Inflate(gzip=False)
    raise RemoteError(
        response.status_code,
        f"The partner answered in the encoding “{encoding}”, which was not asked for.",
        error_class="contract",
        maybe_delivered=True,
    )


def _announced_length(response: requests.Response, method: str) -> int | None:
    if method.upper() == "HEAD" or response.status_code in (204, 304):
        return None
    if "chunked" in (response.headers.get("Transfer-Encoding") or "").lower():
        return None
    text = (response.headers.get("Content-Length") or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _too_large(response: requests.Response, max_bytes: int) -> RemoteError:
    return RemoteError(
        response.status_code,
        f"The partner's answer is larger than {max_bytes // 1024} KiB: raise the limit of the "
        "endpoint if that is right.",
        error_class="contract",
        maybe_delivered=True,
    )
