"""What lies outside of Odoo, on this machine: every host that a module calls, and its answers.

Modules keep the addresses that they have: Odoo's environment names a proxy for HTTPS, as on many
production servers, and the proxy answers in the place of every host, with a certificate that the
environment declares to be trusted. Partners on a plain port of this machine are the same server.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

sys.path.append(str(Path(__file__).resolve().parents[1] / "unit" / "integration_monitor"))

import wire  # noqa: E402


@dataclass(frozen=True)
class Received:
    """One request as a host got it; names of headers in lower case."""

    host: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What a host says: JSON, unless the content is bytes. Without a status it hangs up."""

    content: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """Return the bytes that are sent."""
        return (
            self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()
        )


class _Host(BaseHTTPRequestHandler):
    """One connection: to a host behind the proxy, or to the plain port."""

    protocol_version = "HTTP/1.1"
    server: _Server
    host = ""

    def do_CONNECT(self) -> None:
        """Begin TLS in the place of the host; what follows are requests to it."""
        self.host = self.path.rpartition(":")[0]
        tls = self.server.outside.contexts.get(self.host)
        if tls is None or self.host in self.server.outside.gone:
            self.send_error(502, "Nobody knows this host")
            return
        self.send_response(200)
        self.end_headers()
        self.connection = tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb", -1)
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self) -> None:
        """Note the request and send the answer that its host gives."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        host, path = self.host, self.path
        if not path.startswith("/"):  # without TLS the proxy is told the whole address
            parts = urlsplit(path)
            host, path = parts.hostname or "", parts._replace(scheme="", netloc="").geturl()
        request = Received(host, self.command, path, headers, body)
        self.server.outside.received.append(request)
        answer = self.server.outside.answer(request)
        if not answer.status:
            self.close_connection = True
            return
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET

    def log_message(self, *_args: Any) -> None:
        """Keep the tests' output free of it."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, outside: Outside) -> None:
        super().__init__(("127.0.0.1", 0), _Host)
        self.outside = outside

    def handle_error(self, *_args: Any) -> None:
        """Say nothing of callers that went away: tests kill some."""


class Outside:
    """All hosts: what they received, and what they answer."""

    def __init__(self, contexts: dict[str, Any], authorities: Path) -> None:
        """Take the TLS contexts of the hosts, and the file that makes them trusted."""
        self.contexts = contexts
        self.authorities = authorities
        self.received: list[Received] = []
        #: Hosts that cannot be reached now.
        self.gone: set[str] = set()
        self._answers: list[tuple[str, str, Answer | Callable[[Received], Answer]]] = []
        self._server = _Server(self)

    @property
    def url(self) -> str:
        """Return the address of the plain port, which is the proxy's as well."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def port(self) -> int:
        """Return the plain port."""
        return int(self._server.server_port)

    def environment(self) -> dict[str, str]:
        """Return the variables by which a program's calls come here."""
        variables = {"REQUESTS_CA_BUNDLE": str(self.authorities), "CURL_CA_BUNDLE": ""}
        for name in ("https_proxy", "http_proxy", "all_proxy", "no_proxy"):
            value = "127.0.0.1,localhost" if name == "no_proxy" else self.url
            variables[name] = variables[name.upper()] = value
        return variables

    def says(self, host: str, path: str, answer: Answer | Callable[[Received], Answer]) -> None:
        """Let a host answer requests whose path begins so; the last word counts."""
        self._answers.insert(0, (host, path, answer))

    def answer(self, request: Received) -> Answer:
        """Return what the host of a request says."""
        for host, path, answer in self._answers:
            if request.host == host and request.path.startswith(path):
                return answer if isinstance(answer, Answer) else answer(request)
        return Answer({"error": "nobody knows this address"}, 404)

    def of(self, host: str, path: str = "") -> list[Received]:
        """Return the requests that a host received, of paths that begin so."""
        found = [request for request in self.received if request.host == host]
        return [request for request in found if request.path.startswith(path)]

    def forget(self) -> None:
        """Forget what was received and what hosts say: another test begins."""
        self.received.clear()
        self._answers.clear()
        self.gone.clear()

    def run(self) -> None:
        """Serve until ``close``."""
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def outside(*hosts: str) -> Iterator[Outside]:
    """Yield a running outside with these hosts behind its proxy."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        contexts, authorities = {}, []
        for host in hosts:
            contexts[host], authority = wire.certificate(folder, host)
            authorities.append(Path(authority).read_text("ascii"))
        trusted = folder / "trusted.pem"
        trusted.write_text("".join(authorities), "ascii")
        world = Outside(contexts, trusted)
        world.run()
        try:
            yield world
        finally:
            world.close()
