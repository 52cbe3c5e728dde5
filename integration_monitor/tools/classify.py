"""From what a library raised or a partner answered to our error tree."""

from __future__ import annotations

import errno
import http.client
import json
import socket
import ssl
from collections.abc import Iterator, Mapping

import requests
import urllib3.exceptions

from . import classify_protocols
from .backoff import parse_retry_after
from .errors import (
    AuthError,
    BusinessError,
    ContractError,
    IntegrationError,
    RateLimited,
    RemoteError,
    TimeoutError_,
    TransportError,
)
from .http_redirect import target_host
from .soap_fault import SoapFault, read_fault

_MAX_CHAIN = 20
_TLS = (ssl.SSLError, requests.exceptions.SSLError, urllib3.exceptions.SSLError)
_TIMEOUT = (
    TimeoutError,
    socket.timeout,
    requests.exceptions.Timeout,
    urllib3.exceptions.TimeoutError,
)
_CONNECT = (
    ConnectionError,
    requests.exceptions.ConnectionError,
    requests.exceptions.ChunkedEncodingError,
    urllib3.exceptions.ProtocolError,
    urllib3.exceptions.NewConnectionError,
    http.client.IncompleteRead,
    http.client.RemoteDisconnected,
    http.client.BadStatusLine,
    OSError,
)
# This machine's own trouble, of which no partner knows: its disk, its files, its memory.
_LOCAL = frozenset(
    getattr(errno, name)
    for name in "ENOSPC EDQUOT EFBIG EMFILE ENFILE EROFS EIO ENOMEM EBUSY EXDEV ENOTEMPTY"
    " ENAMETOOLONG ELOOP ENODEV".split()
)
_PROXY_REFUSES = ("Tunnel connection failed: 407", "Tunnel connection failed: 401")
_CONTRACT = (requests.exceptions.ContentDecodingError, urllib3.exceptions.DecodeError)
_CLIENT = (
    requests.exceptions.TooManyRedirects,
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    urllib3.exceptions.LocationParseError,
)


def error_class_of(error: BaseException) -> str:
    """One of ``ERROR_CLASSES`` for any exception; wrapped causes are looked at too.

    A read timeout in the middle of a body reaches callers of ``requests`` as ``ConnectionError``,
    a DNS fault as ``NewConnectionError``: the innermost precise cause decides.
    """
    chain = list(_chain(error))
    for item in chain:
        if isinstance(item, IntegrationError):
            return item.error_class
    for item in _causes(error):
        if (known := classify_protocols.error_class_of(item)) is not None:
            return known
    if any(isinstance(item, socket.gaierror) for item in chain):
        return "dns"
    # http.client has no exception of its own for a proxy that refuses the tunnel.
    if any(isinstance(item, OSError) and str(item).startswith(_PROXY_REFUSES) for item in chain):
        return "auth"
    # A handshake that runs out of time is a timeout, not a bad certificate.
    if any(_is_timeout(item) for item in chain):
        return "timeout"
    if any(isinstance(item, _TLS) for item in chain):
        return "tls"
    if any(isinstance(item, _CLIENT) for item in chain):
        return "client"
    if any(isinstance(item, _CONTRACT) for item in chain):
        return "contract"
    # An adapter that retries by status gives up with this one; the line itself was fine.
    if any(isinstance(item, urllib3.exceptions.ResponseError) for item in chain):
        return "server"
    if any(isinstance(item, OSError) and item.errno in _LOCAL for item in chain):
        return "unknown"
    if any(isinstance(item, _CONNECT) for item in chain):
        return "connect"
    return "unknown"


def from_exception(error: BaseException) -> IntegrationError:
    """Our exception for one of a library; ours pass through unchanged."""
    if isinstance(error, IntegrationError):
        return error
    error_class = error_class_of(error)
    detail = f"{type(error).__name__}: {error}"[:500]
    # Only while connecting is it certain that the other side has seen nothing.
    before_sending = error_class in ("dns", "tls") or _never_connected(error)
    if error_class == "timeout":
        return TimeoutError_(detail, maybe_delivered=not before_sending)
    if error_class in ("dns", "tls", "connect"):
        return TransportError(detail, error_class=error_class, maybe_delivered=not before_sending)
    return IntegrationError(detail, error_class=error_class)


def from_status(
    status: int, headers: Mapping[str, str] | None = None, excerpt: str = ""
) -> IntegrationError | None:
    """Our exception for an HTTP status; None for 2xx.

    :param excerpt: the beginning of the answer, already redacted; quoted in the message. A SOAP
        fault in it tells more than the status, which is 500 for all of them.
    """
    if 200 <= status < 300:
        return None
    retry_after = parse_retry_after(_header(headers, "retry-after"))
    fault = read_fault(excerpt)
    words = fault.words if fault else _words_of(excerpt)
    said = f" It said: {words}" if words else ""
    # Some partners say so with 403: credentials that are refused name no time.
    if status == 429 or (status == 403 and retry_after):
        return RateLimited(
            retry_after, f"The partner asks us to slow down (HTTP {status}).{said}", status=status
        )
    if status in (401, 403, 407):
        return AuthError(
            f"The partner refuses our credentials (HTTP {status}): renew them.{said}",
            status=status,
        )
    if 300 <= status < 400:
        host = target_host(_header(headers, "location"))
        to = f" to {host[:100]}" if host else ""
        text = f"The partner redirects{to} (HTTP {status}), which is not followed: correct the"
        return RemoteError(status, f"{text} address of the endpoint.{said}")
    if fault is not None and fault.error_class is not None:
        return _of_fault(fault, status, retry_after)
    return RemoteError(
        status, f"The partner answered HTTP {status}.{said}", retry_after=retry_after
    )


def from_soap_fault(status: int, excerpt: str) -> IntegrationError | None:
    """Our exception for a SOAP fault that comes with success as its status; None without one."""
    fault = read_fault(excerpt)
    return None if fault is None else _of_fault(fault, status, None)


def _of_fault(fault: SoapFault, status: int, retry_after: float | None) -> IntegrationError:
    text = f"The partner answered with the SOAP fault {fault.code} (HTTP {status})."
    if fault.words:
        text += f" It said: {fault.words}"
    if fault.error_class == "server":
        return RemoteError(status, text, error_class="server", retry_after=retry_after)
    return ContractError(text) if fault.error_class == "contract" else BusinessError(text)


def _words_of(excerpt: str) -> str:
    """What an answer says to a person: the texts of a JSON error, else its beginning.

    Understands problem details (RFC 9457) and the usual ``message`` and ``error`` members.
    """
    text = excerpt.strip()
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return text[:300]
    if isinstance(answer, dict):
        error = answer.get("error")
        members = {**error, **answer} if isinstance(error, dict) else answer
        words = [members.get(key) for key in ("title", "message", "detail", "error")]
        found = list(dict.fromkeys(word for word in words if isinstance(word, str) and word))
        if found:
            return ": ".join(word.rstrip(".:") for word in found)[:300] + "."
    return text[:300]


def _header(headers: Mapping[str, str] | None, name: str) -> str | None:
    for key, value in (headers or {}).items():
        if key.lower() == name:
            return value
    return None


def _is_timeout(error: BaseException) -> bool:
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return False  # urllib3 derives it from its timeouts; a refused connection is none
    # urllib3 1.x turns a handshake timeout into an SSLError that only says so in words.
    in_words = isinstance(error, _TLS) and "timed out" in str(error).lower()
    return isinstance(error, _TIMEOUT) or in_words


def _never_connected(error: BaseException) -> bool:
    return any(
        isinstance(
            item,
            (
                ConnectionRefusedError,
                requests.exceptions.ConnectTimeout,
                urllib3.exceptions.NewConnectionError,
                urllib3.exceptions.ConnectTimeoutError,
            ),
        )
        for item in _chain(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it names as its cause; what was handled meanwhile tells nothing."""
    item: BaseException | None = error
    for _step in range(_MAX_CHAIN):  # causes can form a circle
        if item is None or isinstance(item, requests.exceptions.InvalidURL):
            return
        yield item
        item = item.__cause__


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it wraps: causes, contexts, urllib3's ``reason``, exception args."""
    todo: list[BaseException] = [error]
    seen: set[int] = set()
    while todo and len(seen) < _MAX_CHAIN:
        item = todo.pop(0)
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        inner = [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]
        todo += [other for other in inner if isinstance(other, BaseException)]
