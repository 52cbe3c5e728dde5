"""An upgrade locks the flows or the endpoints: nobody waits for them, and nothing is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from shell import OdooShell

from provision import templates

PRELUDE = """
import contextlib, os, psycopg2, requests, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from odoo.addons.integration_monitor.instrumentation import log_writer
from odoo.addons.integration_monitor.tools.observation import Observation
os.environ["no_proxy"] = "127.0.0.1"
class Partner(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *_arguments):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Partner)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"
system = env["integration.system"].create({"name": "Partner", "code": "partner"})
endpoint = env["integration.endpoint"].create(
    {"name": "Partner", "code": "partner", "system_id": system.id, "base_url": url})
env.cr.commit()
@contextlib.contextmanager
def locked(table):
    env.registry.clear_cache()
    env.cr.commit()
    connection = psycopg2.connect(dbname=env.cr.dbname)
    try:
        connection.cursor().execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        connection.close()
def timed(work):
    begun = time.monotonic()
    work()
    return time.monotonic() - begun
def lines():
    env.cr.commit()
    env.cr.execute("SELECT operation, path_template, endpoint_id FROM integration_log_data"
                   " WHERE kind IN ('custom', 'http_out', 'monitor') ORDER BY id")
    return env.cr.fetchall()
"""
FLOWS = """
def told(number):
    with log_writer.execution():
        log_writer.record(env, Observation("custom", operation=f"line {number}", flow_id=1))
told(1)
with locked("integration_flow"):
    result = [timed(lambda: told(2)), timed(lambda: told(3))]
result.append([operation for operation, *_rest in lines()])
"""
ENDPOINTS = """
def call():
    with log_writer.execution():
        requests.get(url + "orders")
call()
with locked("integration_endpoint"):
    result = [timed(call) for _number in range(4)]
result.append([target == endpoint.id for _operation, _path, target in lines()])
server.shutdown()
"""


@pytest.fixture
def shell(new_database: Callable[[str], str], log_folder: Path) -> OdooShell:
    """Return the command line of a new database with the suite."""
    return OdooShell(new_database(templates.suite_template()), log_folder / "odoo.log")


def test_locked_flows(shell: OdooShell) -> None:
    """The log asks which flow hides what, and every request hangs as long as the upgrade."""
    first, second, lines = shell.run(PRELUDE + FLOWS)
    assert first < 10  # two seconds at most, and none for the next
    assert second < 1.5
    assert lines == ["line 1", "line 2", "line 3"]


def test_locked_endpoints(shell: OdooShell) -> None:
    """Each call waits half a second, and none of them is in the log."""
    *seconds, known = shell.run(PRELUDE + ENDPOINTS)
    assert sum(seconds[1:]) < 1.5, seconds
    assert known == [True] * 5
