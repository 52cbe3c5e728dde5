"""A partner for benchmarks of messages: a server of this program that notes what came when."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: What the partners of a real integration take to answer.
ANSWER_SECONDS = 0.02


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class Partner:
    """A partner on a port of its own, which notes when each message came."""

    def __init__(self, seconds: float = ANSWER_SECONDS) -> None:
        self.received: dict[str, float] = {}
        self.hanging = threading.Event()
        self.released = threading.Event()
        self.hung = 0
        partner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                at = time.monotonic()
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if partner.hanging.is_set():
                    partner.hung += 1
                    partner.released.wait()
                    self.close_connection = True
                    return
                partner.received.setdefault(self.headers["Idempotency-Key"], at)
                time.sleep(seconds)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_args: Any) -> None:
                pass

        self.server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Return the address."""
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def hang(self) -> None:
        """Answer nobody until ``release``."""
        self.released.clear()
        self.hanging.set()

    def release(self) -> None:
        """Close the connections that hang, and answer again."""
        self.hanging.clear()
        self.released.set()

    def close(self) -> None:
        """Stop listening."""
        self.release()
        self.server.shutdown()
        self.server.server_close()
