"""GET /integration/health of real servers: with the job runner, and without it."""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from demo.stack import KEY_VARIABLE, encryption_key
from provision import databases, postgres, templates
from testing.processes import OdooServer
from testing.waiting import free_port, wait_until

PATIENCE = 180.0
HANGS_SECONDS = 10.0  # a load balancer gives up earlier than that seldom
CHEAP_MS = 50.0  # more than Odoo's own /web/health, which does nothing
RUNNER = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND classid <> 0"
)


@pytest.fixture(scope="module")
def database(new_database: Callable[[str], str]) -> str:
    """Return a database that has the suite and waits for nothing but its scheduled actions."""
    return new_database(templates.suite_template())


@pytest.fixture
def serve(database: str, log_folder: Path) -> Iterator[Callable[..., OdooServer]]:
    """Yield a function that starts a server of the database; it ends with the test."""
    started: list[OdooServer] = []

    def start(env: dict[str, str] | None = None, **options: Any) -> OdooServer:
        server = OdooServer(
            database,
            log_folder / "odoo.log",
            env={KEY_VARIABLE: encryption_key(), **(env or {})},
            **options,
        )
        started.append(server)
        server.start()
        server.wait_ready()
        return server

    try:
        yield start
    finally:
        for server in started:
            server.kill9()
            server.conf.unlink(missing_ok=True)
        # A job that waits for the next test would be its fault.
        query(database, "UPDATE queue_job SET state = 'cancelled' WHERE state <> 'done'")


class Relay:
    """Stands between Odoo and PostgreSQL; can be cut like a cable, or hang as a frozen server."""

    def __init__(self, folder: Path) -> None:
        """Listen where libpq looks in that folder, and pass on what comes."""
        self.real = {**os.environ, **postgres.connection()}
        self.ends: list[socket.socket] = []
        self.flowing = threading.Event()
        self.flowing.set()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / f".s.PGSQL.{self.real.get('PGPORT', 5432)}"))
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near = self.listener.accept()[0]
            except OSError:
                return  # cut
            far = self._connect()
            self.ends += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _connect(self) -> socket.socket:
        host, port = self.real["PGHOST"], self.real.get("PGPORT", "5432")
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        far = socket.socket(socket.AF_UNIX)
        far.connect(f"{host}/.s.PGSQL.{port}")
        return far

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self.flowing.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return  # cut, or the other side left

    def cut(self) -> None:
        """End every connection and refuse new ones."""
        self.flowing.set()
        for end in (self.listener, *self.ends):
            with contextlib.suppress(OSError):  # ended already
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def ask(
    server: OdooServer, token: str = "", path: str = "/integration/health"
) -> requests.Response:
    """Return the answer, asked as a load balancer does."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"{server.url}{path}", headers=headers, timeout=30)


def median_ms(server: OdooServer, *paths: str) -> list[float]:
    """Return how long an answer of each path takes, asked in turns: a busy machine slows all."""
    spent: list[list[float]] = [[] for _path in paths]
    for _number in range(20):
        for path, times in zip(paths, spent, strict=True):
            began = time.perf_counter()
            ask(server, path=path)
            times.append((time.perf_counter() - began) * 1000)
    return [statistics.median(times) for times in spent]


def make_token(server: OdooServer) -> str:
    """Make the token for machines, as an administrator does."""
    admin = server.rpc()
    settings = admin.call("res.config.settings", "create", {})
    shown = admin.call("res.config.settings", "action_rotate_integration_metrics_token", [settings])
    return shown["context"]["default_token"]


def parts(response: requests.Response) -> dict[str, dict[str, Any]]:
    """Return the parts of an answer with details by their names."""
    return {part["name"]: part for part in response.json()["parts"]}


def query(database: str, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run a statement on the test's own connection."""
    with databases.cursor(database) as cr:
        cr.execute(statement, values)
        return list(cr.fetchall()) if cr.description else []


def pending_job(database: str, minutes: int) -> None:
    """Let a background job wait since then: a wake-up of a flow that is gone does nothing."""
    query(
        database,
        """INSERT INTO queue_job (uuid, name, state, channel, model_name, method_name, user_id,
                                  date_created, priority, retry, max_retries, company_id)
           VALUES (gen_random_uuid()::text, 'test', 'pending', 'root', 'res.partner', 'exists', 1,
                   now() AT TIME ZONE 'UTC' - %s * interval '1 minute', 10, 0, 1, 1)""",
        minutes,
    )


def test_with_and_without_the_runner(serve: Callable[..., OdooServer], database: str) -> None:
    """The process looks healthy while nothing is dispatched; or a healthy one is taken away."""
    server = serve()
    token = make_token(server)
    server.wait_runner()
    # Scheduled actions that were due while nobody ran them come first.
    wait_until(lambda: ask(server).status_code == 200, PATIENCE, "all parts well")
    answer = ask(server, token)
    assert {part["status"] for part in parts(answer).values()} <= {"ok", "warning"}, answer.text
    assert parts(answer)["job_runner"]["status"] == "ok"
    assert ask(server).json() == {"status": "ok"}
    watched = "SELECT watched_at > '2000-01-01' FROM integration_health_mark"
    wait_until(lambda: query(database, watched)[0][0], PATIENCE, "the scheduled watch")

    server.kill9()
    pending_job(database, minutes=5)
    # The same server without queue_job's runner: it answers every page, and moves nothing.
    lame = serve(channels="")
    answer = ask(lame)
    assert (answer.status_code, answer.json()) == (503, {"status": "down"})
    assert int(answer.headers["Retry-After"]) > 0
    runner = parts(ask(lame, token))["job_runner"]
    assert (runner["status"], runner["value"]) == ("down", 1)
    assert "queue_job" in runner["message"]
    assert ask(lame, "wrong").status_code == 401


def test_the_runner_listens_and_dispatches_nothing(
    serve: Callable[..., OdooServer], database: str
) -> None:
    """The runner calls an address where nobody listens: it looks alive, and nothing moves."""
    server = serve(env={"ODOO_QUEUE_JOB_PORT": str(free_port())})
    token = make_token(server)
    server.wait_runner()
    pending_job(database, minutes=1)
    assert parts(ask(server, token))["job_runner"]["status"] == "ok"
    pending_job(database, minutes=6)

    def runner() -> dict[str, Any] | None:
        part = parts(ask(server, token))["job_runner"]
        return part if part["status"] == "down" else None

    assert "reaches Odoo" in wait_until(runner, 30, "the silence noticed")["message"]


def test_without_the_scheduler(serve: Callable[..., OdooServer], database: str) -> None:
    """Without cron threads nobody looks after queues, and the page says what it knew before."""
    query(
        database,
        "UPDATE integration_health_mark SET watched_at = now() AT TIME ZONE 'UTC' - interval '1 h'",
    )
    query(
        database,
        "UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC' - interval '1 h' WHERE active",
    )
    server = serve(options=("--max-cron-threads=0",))
    token = make_token(server)
    server.wait_runner()
    answer = ask(server, token)
    assert parts(answer)["scheduled_actions"]["status"] == "down"
    assert parts(answer)["job_runner"]["status"] == "ok"
    age = "SELECT now() AT TIME ZONE 'UTC' - watched_at FROM integration_health_mark"
    assert query(database, age)[0][0] < timedelta(minutes=1)
    # Nothing but the scheduler is down, and finding that out costs next to nothing.
    page, nothing = median_ms(server, "/integration/health", "/web/health")
    assert page < nothing + CHEAP_MS


def test_the_database_is_gone(serve: Callable[..., OdooServer], tmp_path: Path) -> None:
    """The database server restarts, and the load balancer reads 404, or waits."""
    relay = Relay(tmp_path)
    try:
        server = serve(options=("--max-cron-threads=0",), env={"PGHOST": str(tmp_path)})
        assert ask(server).headers["Content-Type"] == "application/json"
        relay.cut()
        answer = ask(server)
        assert answer.status_code == 503, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) > 0
    finally:
        relay.cut()


def test_the_database_hangs(serve: Callable[..., OdooServer], tmp_path: Path) -> None:
    """The database server is frozen, and the load balancer waits with everybody else."""
    relay = Relay(tmp_path)
    try:
        server = serve(options=("--max-cron-threads=0",), env={"PGHOST": str(tmp_path)})
        assert ask(server).headers["Content-Type"] == "application/json"
        relay.flowing.clear()
        # More than once: nobody who waits in vain keeps others from their answer.
        for _time in range(3):
            began = time.monotonic()
            answer = ask(server)
            assert time.monotonic() - began < HANGS_SECONDS
            assert answer.status_code == 503
            assert answer.json()["detail"] == "The database does not answer."
            assert int(answer.headers["Retry-After"]) > 0
        relay.flowing.set()
        wait_until(
            lambda: ask(server).headers["Content-Type"] == "application/json",
            PATIENCE,
            "an answer again",
        )
    finally:
        relay.cut()
