"""What seeing everything costs: each figure beside the same work without the suite, in turns.

Two copies of one template database, one with the suite; each with a process that calls, observes
and runs scheduled actions (``log_worker.py``), and a server that answers JSON-2 calls and the job
runner's. Calls go to a server of this program, on the loopback interface. A figure holds when the
lower bound of the 95 % interval of the median is within its limit.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
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

from . import log_sustained
from .report import write
from .statistics_of import difference_of, ratio_of

PARTS = ("without", "with")
WARM_UP = 10
#: Light operations are done more often than ``--pairs`` says: their noise is large for their size.
REPEAT = 5
RATE = 300


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


def run(arguments: argparse.Namespace) -> bool:
    """Measure, print the table, write the JSON; return whether every figure holds."""
    if arguments.pairs < 30:
        raise SystemExit("Fewer than 30 pairs prove nothing; use --pairs 30 or more.")
    modules = [name for name in arguments.modules.split(",") if name]
    many = arguments.pairs * REPEAT
    with pair(modules) as odoos:
        with progress.step(f"{many} interleaved calls, API calls and jobs; as many in all"):
            calls = in_turns(odoos, many, lambda odoo: odoo.do("outbound"))
            api = in_turns(odoos, many, Odoo.call)
            waiting = {id(odoo): iter(odoo.do("jobs", WARM_UP + many)) for odoo in odoos}
            jobs = in_turns(odoos, many, lambda odoo: odoo.job(next(waiting[id(odoo)])))
            crons = in_turns(odoos, many, lambda odoo: odoo.do("cron"))
            batches = [odoos[1].do("batch")["seconds"] for _ in range(WARM_UP + arguments.pairs)]
        figures = [
            _figure("outbound call (requests.get)", _seconds(calls), limit_ms=0.35),
            _figure("… with the flush at the end of its request", _seconds(calls, "all")),
            _figure("inbound JSON-2 call", api, limit_ms=0.4),
            _figure("job that does nothing", jobs, limit_ratio=1.05),
            _figure("run of a scheduled action", _seconds(crons), limit_ms=2.0),
            _figure("buffered batch, a row", [(0.0, item) for item in batches[WARM_UP:]],
                    limit_ms=0.1),
        ]  # fmt: skip
        sustained = log_sustained.run(odoos, arguments.seconds, RATE)
    report = write(
        "log",
        arguments,
        all(item["holds"] for item in [*figures, sustained]),
        pairs=arguments.pairs,
        figures=figures,
        sustained=sustained,
    )
    _show(report)
    return report["holds"]


def _seconds(answers: list[tuple[dict, dict]], name: str = "seconds") -> list[tuple[float, float]]:
    return [(old[name], new[name]) for old, new in answers]


def _figure(
    what: str,
    pairs: list[tuple[float, float]],
    *,
    limit_ms: float | None = None,
    limit_ratio: float | None = None,
) -> dict[str, Any]:
    """Return the difference in ms and the ratio, each with its interval, and the verdict."""
    without = [old * 1000 for old, _new in pairs]
    with_suite = [new * 1000 for _old, new in pairs]
    difference = difference_of(without, with_suite)
    ratio = ratio_of(without, with_suite) if all(without) else None
    holds = limit_ms is None or difference.low <= limit_ms
    if limit_ratio is not None and ratio:
        holds = ratio.low <= limit_ratio
    return {
        "what": what,
        "number": len(pairs),
        "without_ms": round(statistics.median(without), 3),
        "with_ms": round(statistics.median(with_suite), 3),
        "difference_ms": [round(value, 3) for value in difference.values],
        "ratio": [round(value, 4) for value in ratio.values] if ratio else None,
        "limit_ms": limit_ms,
        "limit_ratio": limit_ratio,
        "holds": holds,
    }


def _show(report: dict[str, Any]) -> None:
    print(f"\n{report['machine']}")
    row = "{:<44} {:>5} {:>9} {:>9} {:>24} {:>22} {:>9}  {}"
    head = ("what", "pairs", "without", "with", "difference, 95 % interval", "ratio", "limit", "")
    print(row.format(*head))
    for item in report["figures"]:
        limit = f"{item['limit_ms']:+g} ms" if item["limit_ms"] else ""
        limit = f"{item['limit_ratio']:g}" if item["limit_ratio"] else limit
        middle, low, high = item["difference_ms"]
        ratio = "{:.3f} ({:.3f} – {:.3f})".format(*item["ratio"]) if item["ratio"] else ""
        print(
            row.format(
                item["what"],
                item["number"],
                f"{item['without_ms']:.2f} ms",
                f"{item['with_ms']:.2f} ms",
                f"{middle:+.3f} ({low:+.3f} – {high:+.3f})",
                ratio,
                limit,
                ("holds" if item["holds"] else "FAILS") if limit else "",
            )
        )
    for line in log_sustained.words(report["sustained"]):
        print(line)
