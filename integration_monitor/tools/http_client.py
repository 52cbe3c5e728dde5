"""The one place of the suite that sends HTTP requests.

Built on ``requests``, with guards that it lacks: the address that is *dialled* is checked (so a
name that resolves differently the second time gains nothing), an overall deadline holds while
headers and body trickle in, the body is capped while it streams, redirects are followed within one
host only, the environment's proxies are ignored, cookies are never kept.
"""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.cookies import RequestsCookieJar

from .classify import error_class_of, from_exception
from .errors import (
    IntegrationError,
    RemoteError,
    RequestUnusable,
    TimeoutError_,
    TransportError,
)
from .http_body import read_body
from .http_redirect import MAX_REDIRECTS, next_address
from .http_transport import Call, GuardedAdapter, calling
from .ssrf import IPNetwork, parse_networks

CONNECT_TIMEOUT = 3.05
READ_TIMEOUT = 27.0
DEADLINE = 30.0
MAX_BYTES = 1024 * 1024
# What may come over the wire for a body of so many bytes: chunks have frames, answers have heads.
WIRE_FACTOR = 8
WIRE_EXTRA = 1024 * 1024
USER_AGENT = "Odoo-Integration-Monitor/19.0"
_MAX_SESSIONS = 64


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An answer, whatever its status.

    ``headers`` looks names up in any case; ``body`` is decoded (gzip, deflate); ``elapsed_ms``
    runs from the start of the request to the last byte; ``address`` is the IP address dialled.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_ms: float
    address: str | None

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text; what is no UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")


class HttpClient:
    """Calls one partner.

    :param base_url: ``https://host[:port][/prefix]``.
    :param connect_timeout: seconds to resolve, connect and agree on TLS.
    :param read_timeout: seconds of silence allowed while waiting for bytes.
    :param deadline: seconds for the whole request.
    :param max_bytes: largest body taken, decoded.
    :param verify: True, False or the path of a CA bundle.
    :param allowed_networks: CIDR ranges that may be called although they are not public.
    :param auth: what ``requests`` takes as ``auth`` (a ``(user, password)`` pair, a callable).

    A redirect to the same host is followed up to ``MAX_REDIRECTS`` times within the one deadline,
    see :func:`.http_redirect.next_address`; any other is returned as the answer that it is.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
        deadline: float = DEADLINE,
        max_bytes: int = MAX_BYTES,
        verify: bool | str = True,
        allowed_networks: str | tuple[str, ...] | list[str] | None = None,
        auth: Any = None,
    ) -> None:
        self.base_url = base_url.strip().rstrip("/")
        self.connect_timeout = connect_timeout
        self.read_timeout = read_timeout
        self.deadline = deadline
        self.max_bytes = max_bytes
        self.verify = verify
        self.allowed_networks: tuple[IPNetwork, ...] = parse_networks(allowed_networks)
        self.auth = auth

    def request(
        self,
        method: str,
        path: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
    ) -> HttpResponse:
        """Send one request, once; every HTTP status is a response.

        :param path: below the base URL, with its query; a full URL must have the same origin.
        :raises IntegrationError: transport faults only: ``TransportError`` (dns, connect, tls),
            ``TimeoutError_``, ``AddressRefused``, ``RequestUnusable``; ``RemoteError`` for a body
            that is too large or cannot be decoded, and for redirects without end.
        """
        url = self._url(path)
        data = body.encode() if isinstance(body, str) else body
        started = time.monotonic()
        call = Call(
            deadline=started + self.deadline,
            read_timeout=self.read_timeout,
            allowed=self.allowed_networks,
            max_received=self.max_bytes * WIRE_FACTOR + WIRE_EXTRA,
        )
        try:
            with calling(call):
                for _hop in range(MAX_REDIRECTS + 1):
                    with self._send(method.upper(), url, headers, data) as response:
                        status, found = response.status_code, response.headers
                        target = next_address(method, status, found.get("Location"), url)
                        if target is None:
                            return HttpResponse(
                                status=status,
                                headers=found,
                                body=read_body(response, self.max_bytes, method),
                                elapsed_ms=(time.monotonic() - started) * 1000,
                                address=call.address,
                            )
                    url = target
            raise RemoteError(
                status,
                f"{urlsplit(url).hostname} redirects more than {MAX_REDIRECTS} times: correct the "
                "address of the endpoint.",
            )
        except IntegrationError as error:
            # Known faults of the transport; it alone knows whether bytes had left.
            if isinstance(error, TransportError):
                error.maybe_delivered = call.sent
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._translate(error, call, started) from error

    def _translate(self, error: Exception, call: Call, started: float) -> IntegrationError:
        host = urlsplit(self.base_url).hostname
        elapsed = time.monotonic() - started
        if error_class_of(error) == "timeout" or time.monotonic() >= call.deadline:
            what = "no complete answer" if call.sent else "no connection"
            return TimeoutError_(
                f"{host}: {what} after {elapsed:.1f} s.", maybe_delivered=call.sent
            )
        translated = from_exception(error)
        if isinstance(translated, TransportError):
            translated.maybe_delivered = call.sent
        return translated

    def _url(self, path: str) -> str:
        try:
            base = urlsplit(self.base_url)
            named = base.scheme in ("http", "https") and base.hostname and base.port != 0
        except ValueError:  # an unfinished IPv6 address, a port that is no number
            named = False
        if not named:
            raise RequestUnusable(
                "The address must start with http:// or https:// and name a valid host and port."
            )
        if base.username or base.password:
            raise RequestUnusable(
                "Put user name and password into the credentials, not the address."
            )
        if "://" in path.partition("?")[0]:
            target = urlsplit(path)
            if (target.scheme, target.netloc) != (base.scheme, base.netloc):
                raise RequestUnusable(f"{target.hostname} is not the host of this endpoint.")
            return path
        if not path:
            return self.base_url
        return f"{self.base_url}{'' if path[0] in '?/' else '/'}{path}"

    def _send(
        self, method: str, url: str, headers: Mapping[str, str] | None, data: bytes | None
    ) -> requests.Response:
        session = _session(url, self.verify)
        request = requests.Request(method, url, headers=dict(headers or {}), data=data)
        request.auth = self.auth
        prepared = _prepared(session, request)
        timeout = urllib3.Timeout(connect=self.connect_timeout, read=self.read_timeout)
        return session.send(
            prepared,
            stream=True,
            timeout=timeout,
            verify=self.verify,
            proxies={},
            allow_redirects=False,
        )


def _prepared(session: requests.Session, request: requests.Request) -> requests.PreparedRequest:
    """The request as it will be sent. :raises RequestUnusable: it cannot be."""
    try:
        prepared = session.prepare_request(request)
        for value in prepared.headers.values():
            if isinstance(value, str):
                value.encode("latin-1")  # as http.client will
    except (requests.exceptions.InvalidHeader, UnicodeError) as error:
        # The error would quote the value, which may be a secret.
        raise RequestUnusable(
            "A header, a user name or a secret holds a line break or another character that "
            "cannot be sent: enter it again."
        ) from error
    except (requests.RequestException, ValueError) as error:
        raise RequestUnusable(f"The address or its path cannot be called ({error}).") from error
    return prepared


class _Session(requests.Session):
    integration_self_observed = True  # its callers record their calls themselves

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: even with redirects off, requests would read the whole body to prepare one."""


class _NoCookies(RequestsCookieJar):
    """A jar that stays empty: partners must not see what another call was given."""

    def set_cookie(self, cookie: Any, *args: Any, **kwargs: Any) -> None:
        """Drop it."""


_sessions: OrderedDict[tuple[Any, ...], requests.Session] = OrderedDict()
_sessions_lock = threading.Lock()


def _session(url: str, verify: bool | str) -> requests.Session:
    """The session of this process for a host: keeps connections alive, shares nothing else.

    The process id is part of the key, because a forked worker must not use its parent's sockets.
    """
    parts = urlsplit(url)
    key = (os.getpid(), parts.scheme, parts.netloc, verify)
    with _sessions_lock:
        session = _sessions.get(key)
        if session is None:
            session = _sessions[key] = _new_session(verify)
            if len(_sessions) > _MAX_SESSIONS:
                _sessions.popitem(last=False)[1].close()
        _sessions.move_to_end(key)
    return session


def _new_session(verify: bool | str) -> requests.Session:
    session = _Session()
    session.trust_env = False
    session.cookies = _NoCookies()
    session.headers.update({"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate"})
    session.mount("https://", GuardedAdapter(verify))
    session.mount("http://", GuardedAdapter(verify))
    return session


def close_sessions() -> None:
    """Close the kept connections of this process."""
    with _sessions_lock:
        while _sessions:
            _sessions.popitem()[1].close()


__all__ = ["HttpClient", "HttpResponse", "RemoteError", "close_sessions"]
