"""Sockets with guards: the dialled address is checked, every wait respects the call's deadline.

``requests`` → urllib3 → :mod:`http.client` → these sockets. The running call is kept per thread,
because connections are kept and serve later calls with other deadlines. Works with urllib3 1.26
and 2.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager
from urllib3.util.ssl_ import create_urllib3_context

from .errors import AddressRefused, IntegrationError, TimeoutError_, TransportError
from .ssrf import IPNetwork, refusal_reason

_IDLE_LIMIT = 15.0  # seconds; partners close idle connections, and a POST must not race with that
_local = threading.local()


@dataclass
class Call:
    """One request under way. ``deadline`` is on the monotonic clock."""

    deadline: float
    read_timeout: float
    allowed: tuple[IPNetwork, ...] = ()
    max_received: int = 64 * 1024 * 1024
    address: str | None = None
    sent: bool = False
    received: int = 0

    def remaining(self) -> float:
        """Seconds left. :raises TimeoutError: none."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline of the request has passed")
        return left

    def count(self, received: int) -> int:
        """Add bytes that came; they pass through. :raises TransportError: too many."""
        self.received += received
        if self.received > self.max_received:
            # Frames of chunks and trailers are read without a limit of their own.
            error = TransportError(
                f"The partner sent more than {self.max_received // 1024} KiB: that is no answer.",
                error_class="contract",
            )
            error.retryable = False
            raise error
        return received


@contextlib.contextmanager
def calling(call: Call) -> Iterator[Call]:
    """Make ``call`` the one that this thread's sockets obey."""
    previous = getattr(_local, "call", None)
    _local.call = call
    try:
        yield call
    finally:
        _local.call = previous


def _current() -> Call | None:
    return getattr(_local, "call", None)


class _Obedient:
    """Shortens every wait of a socket to what the call has left."""

    def _arm(self) -> Call | None:
        call = _current()
        if call is not None:
            self.settimeout(min(call.read_timeout, call.remaining()))  # type: ignore[attr-defined]
        return call

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        call = self._arm()
        count = super().recv_into(*args, **kwargs)  # type: ignore[misc]
        return call.count(count) if call is not None else count

    def recv(self, *args: Any, **kwargs: Any) -> bytes:
        call = self._arm()
        data = super().recv(*args, **kwargs)  # type: ignore[misc]
        if call is not None:
            call.count(len(data))
        return data

    def send(self, *args: Any, **kwargs: Any) -> int:
        self._arm()
        self._mark_sent()
        return super().send(*args, **kwargs)  # type: ignore[misc]

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self._arm()
        self._mark_sent()
        return super().sendall(*args, **kwargs)  # type: ignore[misc]

    @staticmethod
    def _mark_sent() -> None:
        call = _current()
        if call is not None:
            call.sent = True


class _Socket(_Obedient, socket.socket):
    """A plain socket."""


class _TLSSocket(_Obedient, ssl.SSLSocket):
    """A TLS socket; made by the context's ``wrap_socket``."""

    def do_handshake(self, block: bool = False) -> None:
        self._arm()
        return super().do_handshake(block)


class _GuardedConnection:
    """What plain and TLS connections share."""

    _last_used = 0.0

    def _new_conn(self) -> socket.socket:
        host: str = getattr(self, "_dns_host", None) or self.host  # type: ignore[attr-defined]
        timeout = self.timeout  # type: ignore[attr-defined]
        seconds = timeout if isinstance(timeout, int | float) else 10.0
        return dial(host, self.port, seconds)  # type: ignore[attr-defined]

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """Send; a connection that idled too long is opened anew first."""
        now = time.monotonic()
        if self.sock is not None and now - self._last_used > _IDLE_LIMIT:  # type: ignore[has-type]
            self.close()  # type: ignore[attr-defined]
        self._last_used = now
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        call = _current()
        if call is not None:
            call.address = self.sock.getpeername()[0]
            reason = refusal_reason(call.address, call.allowed)
            if reason:  # a kept connection, opened under a wider allow-list
                self.close()  # type: ignore[attr-defined]
                raise _refused(self.host, reason)  # type: ignore[attr-defined]
        return super().request(*args, **kwargs)  # type: ignore[misc]


class _HTTPConnection(_GuardedConnection, HTTPConnection):
    pass


class _HTTPSConnection(_GuardedConnection, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class GuardedAdapter(HTTPAdapter):
    """Mount it on a session for ``http://`` and ``https://``; it never retries."""

    def __init__(self, verify: bool | str = True) -> None:
        self._verify = verify
        super().__init__(pool_connections=4, pool_maxsize=8, max_retries=0)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **kwargs: Any
    ) -> None:
        """Use our connections, and TLS sockets that know the deadline."""
        context = create_urllib3_context(
            cert_reqs=ssl.CERT_REQUIRED if self._verify else ssl.CERT_NONE
        )
        context.sslsocket_class = _TLSSocket
        manager = PoolManager(
            num_pools=connections, maxsize=maxsize, block=block, ssl_context=context, **kwargs
        )
        manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
        self.poolmanager = manager

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Proxies would dial in our place, unchecked."""
        raise AddressRefused("Proxies are not used for partners' addresses.")


def dial(host: str, port: int, timeout: float) -> socket.socket:
    """A connected socket to the first permitted address of ``host``.

    :param timeout: seconds for resolving and connecting together.
    :raises TransportError: dns, connect. :raises AddressRefused: every address is refused.
    :raises TimeoutError_: out of time.
    """
    call = _current()
    limit = time.monotonic() + timeout
    if call is not None:
        limit = min(limit, call.deadline)
    refused: str | None = None
    failure: OSError | None = None
    for family, kind, protocol, _name, address in resolve(host, port, limit - time.monotonic()):
        reason = refusal_reason(address[0], call.allowed if call else ())
        if reason:
            refused = reason
            continue
        left = limit - time.monotonic()
        if left <= 0:
            failure = failure or TimeoutError("timed out")
            break
        sock = _Socket(family, kind, protocol)
        try:
            sock.settimeout(left)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.connect(address)
            return sock
        except OSError as error:
            sock.close()
            failure = error
    if failure is not None:
        raise _connect_error(host, port, failure) from failure
    raise _refused(host, refused or "it has no address")


def resolve(host: str, port: int, timeout: float) -> list[Any]:
    """``getaddrinfo`` within ``timeout`` seconds: the C call knows no limit of its own."""
    outcome: list[Any] = []

    def work() -> None:
        try:
            outcome.append(socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            outcome.append(error)

    thread = threading.Thread(target=work, name="integration-resolve", daemon=True)
    thread.start()
    thread.join(max(timeout, 0.0))
    if not outcome:
        raise TimeoutError_(f"{host}: the name was not resolved within {timeout:.1f} s.")
    if isinstance(outcome[0], Exception):
        raise TransportError(
            f"{host}: the name cannot be resolved ({outcome[0]}).", error_class="dns"
        ) from outcome[0]
    return outcome[0]


def _connect_error(host: str, port: int, error: OSError) -> IntegrationError:
    if isinstance(error, TimeoutError):
        return TimeoutError_(f"{host}:{port} does not accept connections: timed out.")
    return TransportError(f"{host}:{port} cannot be reached: {error.strerror or error}.")


def _refused(host: str, reason: str) -> AddressRefused:
    return AddressRefused(
        f"{host} must not be called: {reason}. If it is yours, add it to the allowed networks of "
        "the endpoint."
    )
