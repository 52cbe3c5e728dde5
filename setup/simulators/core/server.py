"""The HTTP/1.1 server: turns sockets into requests, and answers (or the lack of one) back."""

import logging
import os
import select
import socket
import struct
import sys
from http.client import HTTPMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

from .wire import Drop, Problem, Request, Response

_logger = logging.getLogger(__name__)
DRAIN_LIMIT = 64 * 1024 * 1024
_CHUNK = 64 * 1024


class Peer:
    """The client at the other end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def is_gone(self) -> bool:
        """Tell whether the client has closed its side."""
        try:
            readable, _, _ = select.select([self._connection], [], [], 0)
            return bool(readable) and not self._connection.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return True


class Application(Protocol):
    """What the server serves."""

    body_limit: int

    def handle(self, request: Request, peer: Peer) -> Response | Drop:
        """Return the answer to a request; never raises."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "PartnerSimulator/1.0"
    disable_nagle_algorithm = True
    timeout = 75  # seconds an idle connection is kept
    app: Application

    def _serve(self) -> None:
        try:
            request = self._read()
        except Problem as problem:
            self.close_connection = True
            self._write(problem.response())
            return
        answer = self.app.handle(request, Peer(self.connection))
        if isinstance(answer, Response):
            self._write(answer)
            return
        self.close_connection = True
        if answer.reset:
            self._reset()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve

    def _read(self) -> Request:
        if self.headers.get("Transfer-Encoding"):
            raise Problem(411, "Length required", "Send a Content-Length, not chunks.")
        length = self.headers.get("Content-Length") or "0"
        if not length.isascii() or not length.isdigit():
            raise Problem(400, "Malformed request", "Content-Length is not a number.")
        if int(length) > self.app.body_limit:
            self._drain(int(length))
            limit = self.app.body_limit
            raise Problem(413, "Body too large", f"The body may have {limit} bytes at most.")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise Problem(400, "Malformed request", "The body is shorter than announced.")
        target = urlsplit(self.path)
        return Request(
            method=self.command,
            path=unquote(target.path),
            query=dict(parse_qsl(target.query, keep_blank_values=True)),
            headers=_plain(self.headers),
            body=body,
        )

    def _drain(self, length: int) -> None:
        """Read a refused body, so that the client gets to read the refusal."""
        left = min(length, DRAIN_LIMIT)
        while left > 0:
            got = len(self.rfile.read(min(left, _CHUNK)))
            left = left - got if got else 0

    def _write(self, answer: Response) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        head = b"".join(self._headers_buffer) + b"\r\n"  # type: ignore[attr-defined]
        self._headers_buffer = []
        self.wfile.write(head if self.command == "HEAD" else head + answer.body)

    def _reset(self) -> None:
        """Close the connection by a TCP reset: linger 0, and no FIN before it."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what http.server itself refuses as a problem."""
        self.close_connection = True
        self._write(Problem(code, message or "Malformed request", explain or "").response())

    def log_message(self, format: str, *args: object) -> None:
        """Log at debug level."""
        _logger.debug(format, *args)


def _plain(headers: HTTPMessage) -> dict[str, str]:
    """Return headers by lower-case name; repeated ones are joined by a comma."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


class Server(ThreadingHTTPServer):
    """One thread per connection, on the loopback interface only."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, app: Application) -> None:
        handler = type("Handler", (_Handler,), {"app": app})
        super().__init__(("127.0.0.1", port), handler)

    @property
    def port(self) -> int:
        """Return the port in use."""
        return int(self.server_address[1])

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is no error of ours."""
        _logger.debug("connection of %s ended: %s", client_address, sys.exc_info()[1])
