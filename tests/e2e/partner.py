"""A partner of a lane: takes each key once, remembers every call, and misbehaves when told to."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from testing.waiting import free_port

GARBAGE = b"\x00<html>\xff not what was agreed {"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed is no fault of the partner."""


class Partner:
    """Listens on a port of its own while it is ``open``; its ledger survives a closure.

    ``fault(number)`` is asked for each call: None for a good answer, a status, ``"hang"`` (the
    effect happens, the answer is kept back until ``release``) or ``"garbage"`` (200 with bytes
    that are no JSON).
    """

    def __init__(self) -> None:
        """Choose a port; ``open`` listens."""
        self.port = free_port()
        #: How often each key came, and those whose effect took place.
        self.calls: Counter[str] = Counter()
        self.effects: set[str] = set()
        #: Calls whose effect had taken place before.
        self.repeated: Counter[str] = Counter()
        self.hanging: list[str] = []
        self.fault: Callable[[int], Any] = lambda _number: None
        self._released = threading.Event()
        self._lock = threading.Lock()
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Return the address."""
        return f"http://127.0.0.1:{self.port}"

    def open(self) -> Partner:
        """Begin to listen."""
        partner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, body = partner._answer(self.headers["Idempotency-Key"])
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = _Server(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def close(self) -> None:
        """Refuse every connection."""
        self.release()
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def release(self) -> None:
        """Let go what hangs; from now on nothing hangs."""
        self._released.set()

    def _answer(self, key: str) -> tuple[int, bytes]:
        with self._lock:
            fault = self.fault(self.calls.total())
            self.calls[key] += 1
            if not isinstance(fault, int):
                self.repeated[key] += key in self.effects
                self.effects.add(key)
        if isinstance(fault, int):
            return fault, json.dumps({"error": fault}).encode()
        if fault == "hang" and not self._released.is_set():
            self.hanging.append(key)
            self._released.wait()
        return 200, GARBAGE if fault == "garbage" else b"{}"
