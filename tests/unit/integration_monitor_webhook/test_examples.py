"""The examples that partners copy: they run, and what they send is accepted."""

import json
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from integration_monitor.tools import signature
from integration_monitor_webhook.tools import examples

SECRET = signature.generate_secret()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((dict(self.headers), body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"kept")

    def log_message(self, *args):
        """Silence."""


@pytest.fixture
def receiver():
    server = HTTPServer(("127.0.0.1", 0), _Handler)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def check(receiver, output, database):
    """One delivery came, well signed, and the program shows the answer."""
    [(headers, body)] = receiver.seen
    assert signature.verify([SECRET], headers, body).message_id.startswith("msg_")
    assert json.loads(body) == {"type": "integration.test"}
    lowered = {name.lower(): value for name, value in headers.items()}
    assert lowered["content-type"] == "application/json"
    assert lowered.get("x-odoo-database") == database
    assert "kept" in output


@pytest.mark.parametrize("database", [None, "my base's"])
def test_shell(receiver, database):
    """The curl example is accepted, also on a server of several databases."""
    if not (shutil.which("curl") and shutil.which("openssl")):
        pytest.fail("curl and openssl are needed to try the example")
    program = examples.shell(f"http://127.0.0.1:{receiver.server_port}/x", SECRET, database)
    done = subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=True)
    check(receiver, done.stdout, database)


@pytest.mark.parametrize("database", [None, 'my "base"'])
def test_python(receiver, database):
    """The Python example is accepted with nothing but the standard library."""
    program = examples.python(f"http://127.0.0.1:{receiver.server_port}/x", SECRET, database)
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    check(receiver, done.stdout, database)
