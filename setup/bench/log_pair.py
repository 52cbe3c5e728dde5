"""Two Odoos that do the same in turns, one of them with the suite: for the benchmark ``log``."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from provision import databases, paths, progress, templates
from testing.processes import OdooServer

PARTS = ("without", "with")
WARM_UP = 10
#: The log of a request is written when its answer was sent. Seconds until the next call, lest it
#: pays for the work of the call before.
SETTLE = 0.02


class Partner(BaseHTTPRequestHandler):
    """A partner that answers at once."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer any call."""
        body = b'{"state": "done"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


class Odoo:
    """The worker process and the server of one database."""

    def __init__(self, database: str, address: str, logs: Path, part: str) -> None:
        with (logs / f"worker-{part}.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("log_worker.py")), database, address],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.server = OdooServer(
            database, logs / f"server-{part}.log", channels="", options=["--max-cron-threads=0"]
        )
        self.prepared: dict[str, Any] = {}
        self.session = requests.Session()
        self.session.trust_env = False

    def start(self) -> None:
        """Wait until the worker has prepared the database, then start the server."""
        self.prepared = self._read()
        self.server.start()
        self.server.wait_ready()

    def do(self, operation: str, *arguments: Any) -> Any:
        """Let the worker do an operation; return its answer."""
        self.send(operation, *arguments)
        return self._read()

    def send(self, operation: str, *arguments: Any) -> None:
        """Begin an operation; ``receive`` waits for its answer."""
        self.process.stdin.write(json.dumps([operation, *arguments]) + "\n")
        self.process.stdin.flush()

    def receive(self) -> Any:
        """Return the answer of the operation that was begun."""
        return self._read()

    def _read(self) -> Any:
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("A worker of the benchmark ended; see .odoo/logs/bench.")
        return json.loads(line)

    def call(self) -> float:
        """One JSON-2 call over HTTP; return its seconds."""
        begun = time.perf_counter()
        response = self.session.post(
            f"{self.server.url}/json/2/res.partner/search_count",
            json={"domain": [["id", "<", 10]]},
            headers={"Authorization": f"Bearer {self.prepared['key']}"},
            timeout=30,
        )
        seconds = time.perf_counter() - begun
        response.raise_for_status()
        return seconds

    def job(self, uuid: str) -> float:
        """Perform a job the way queue_job's runner does; return its seconds."""
        begun = time.perf_counter()
        response = self.session.get(
            f"{self.server.url}/queue_job/runjob",
            params={"db": self.server.database, "job_uuid": uuid},
            timeout=30,
        )
        seconds = time.perf_counter() - begun
        response.raise_for_status()
        return seconds

    def cpu(self) -> float:
        """Seconds of processor time that the server has used, all threads together."""
        stat = Path(f"/proc/{self.server.pid}/stat").read_text(encoding="ascii")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """End worker and server."""
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.server.close()


@contextlib.contextmanager
def pair(modules: list[str]) -> Iterator[tuple[Odoo, Odoo]]:
    """Yield Odoo without and with the suite; processes and databases go afterwards."""
    logs = paths.LOGS / "bench"
    logs.mkdir(parents=True, exist_ok=True)
    names = [f"im_bench_{os.getpid()}_{part}" for part in PARTS]
    sources = [templates.base_template(), templates.suite_template(modules)]
    partner = ThreadingHTTPServer(("127.0.0.1", 0), Partner)
    threading.Thread(target=partner.serve_forever, daemon=True).start()
    started: list[Odoo] = []
    try:
        with progress.step("Two databases, their Odoo processes and servers"):
            address = f"http://127.0.0.1:{partner.server_port}"
            for name, source, part in zip(names, sources, PARTS, strict=True):
                databases.clone(source, name)
                started.append(Odoo(name, address, logs, part))
            for odoo in started:
                odoo.start()
        yield started[0], started[1]
    finally:
        for odoo in started:
            odoo.close()
        partner.shutdown()
        for name in names:
            databases.drop(name)


def in_turns(
    odoos: tuple[Odoo, Odoo], turns: int, work: Callable[[Odoo], Any]
) -> list[tuple[Any, Any]]:
    """Do the work on both in turns, the first of a turn alternating; return the answers."""
    answers = []
    for turn in range(WARM_UP + turns):
        found = {place: work(odoos[place]) for place in ((0, 1) if turn % 2 else (1, 0))}
        if turn >= WARM_UP:
            answers.append((found[0], found[1]))
    return answers


def requests_in_turns(
    odoos: tuple[Odoo, Odoo], turns: int, send: Callable[[Odoo], float]
) -> tuple[list[tuple[float, float]], list[float]]:
    """Send requests to both servers in turns.

    :return: the seconds of each pair, and the milliseconds of processor time a request of each
        server, which count what is done after the answer too
    """

    def work(odoo: Odoo) -> float:
        seconds = send(odoo)
        time.sleep(SETTLE)
        return seconds

    before = [odoo.cpu() for odoo in odoos]
    answers = in_turns(odoos, turns, work)
    used = [odoo.cpu() - start for odoo, start in zip(odoos, before, strict=True)]
    return answers, [seconds * 1000 / (WARM_UP + turns) for seconds in used]
