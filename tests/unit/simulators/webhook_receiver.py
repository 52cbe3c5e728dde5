"""A receiver of webhooks that checks signatures by itself, without the signing library."""

import base64
import hashlib
import hmac
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


class Received:
    """One webhook: path, headers (lower case), body, and whether its signature is right."""

    def __init__(self, path, headers, body):
        self.at = time.monotonic()
        self.path = path
        self.headers = {key.lower(): value for key, value in headers.items()}
        self.body = body
        self.id = self.headers.get("webhook-id")
        self.valid = self._verify()

    def _verify(self):
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        fresh = abs(time.time() - int(self.headers["webhook-timestamp"])) < 300
        return fresh and self.headers["webhook-signature"] == f"v1,{expected}"


class Receiver:
    """The server. `statuses` are the next answers, then `default`; wrong signatures get 401.

    It answers nobody until `gather` webhooks are in its hands, or `PATIENCE` seconds are over;
    `most_at_once` is how many it ever had there together.
    """

    PATIENCE = 10.0  # less than the simulators' own time-out of a delivery

    def __init__(self):
        self.received = []
        self.statuses = []
        self.default = 200
        self.headers = {}
        self.gather = 1
        self.most_at_once = 0
        self._in_hand = 0
        self._changed = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.take(Received(self.path, self.headers, body))
                self.send_response(status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_args):
        self._server.shutdown()
        self._server.server_close()

    def take(self, item):
        """Record a webhook and return the status to answer."""
        with self._changed:
            self.received.append(item)
            self._in_hand += 1
            self.most_at_once = max(self.most_at_once, self._in_hand)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most_at_once >= self.gather, self.PATIENCE)
            self._in_hand -= 1
            if not item.valid:
                return 401
            return self.statuses.pop(0) if self.statuses else self.default

    def target(self, path="/hook"):
        """Return the target to configure in a simulator."""
        return {"url": self.url + path, "secret": SECRET}

    def wait(self, count, timeout=30.0):
        """Wait for `count` webhooks and return all."""
        with self._changed:
            done = self._changed.wait_for(lambda: len(self.received) >= count, timeout)
            assert done, f"{len(self.received)} of {count} webhooks arrived"
            return list(self.received)
