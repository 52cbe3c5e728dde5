"""The log of a server with prefork workers: one line for each exchange, of whichever process."""

from __future__ import annotations

import os
import signal
import xmlrpc.client
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import requests
from office import PATIENCE, Office
from outside import Answer, Outside, outside

from provision import templates
from testing.waiting import wait_until

EVENTED_READY = r"Evented Service \(longpolling\) running"
ALIVE = r"Worker WorkerHTTP \((\d+)\) alive"
REFUSED = r" (\d+) WARNING .* lines of the integration log .* could not be written"
RETIRED = r"Worker \((\d+)\) max request"


@pytest.fixture(scope="module")
def partner() -> Iterator[Outside]:
    """Yield the partner that Odoo calls."""
    with outside() as world:
        world.says("", "/", Answer({}))
        yield world


@pytest.fixture(scope="module")
def office(
    new_database: Callable[[str], str], log_folder: Path, partner: Outside
) -> Iterator[Office]:
    """Yield a server with two workers, and its callers."""
    office = Office(new_database(templates.suite_template()), log_folder, partner)
    with office.server:
        office.server.wait_ready()
        office.server.wait_runner()
        yield office
        # Its database is dropped: nothing is worth an orderly end.
        office.server.kill9()


def assert_called(partner: Outside, path: str, cause: dict[str, Any], call: dict[str, Any]) -> None:
    """Compare a call's line with the line of what caused it, and with what the partner got."""
    assert (call["kind"], call["direction"], call["outcome"]) == ("http_out", "outbound", "ok")
    assert (call["path_template"], call["status_code"]) == (path, 200)
    assert call["trace_id"] == cause["trace_id"]
    assert call["parent_span_id"] == cause["span_id"]
    assert call["correlation_id"] == cause["correlation_id"]
    assert call["endpoint_id"]
    sent = f"-{call['trace_id']}-{call['span_id']}-"
    [received] = [
        request
        for request in partner.of("", path)
        if sent in request.headers.get("traceparent", "")
    ]
    assert received.headers.get("x-correlation-id") == call["correlation_id"]
    assert call["request_bytes"] == len(received.body)


def test_calls_of_a_service_account(office: Office, partner: Outside) -> None:
    """With two processes a call is told twice, or not, or with the trace of another."""
    json2, older = ([f"{kind}-{number}" for number in range(8)] for kind in ("json2", "xmlrpc"))
    arguments = ("ir.actions.server", "run", [office.seed["direct"]])
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(office.run_action, "direct", name) for name in json2]
        calls += [pool.submit(office.xmlrpc, *arguments, correlation=name) for name in older]
        for call in calls:
            call.result()
    for name in (*json2, *older):
        lines = office.wait_lines(2, "correlation_id = %s", name)
        cause, call = sorted(lines, key=lambda line: line["kind"], reverse=True)
        assert (cause["kind"], cause["direction"], cause["outcome"]) == ("rpc_in", "inbound", "ok")
        assert (cause["operation"], cause["status_code"]) == ("ir.actions.server.run", 200)
        assert (cause["user_id"], call["user_id"]) == (office.seed["account"],) * 2
        assert (cause["host"], cause["attempt"], cause["count"]) == ("127.0.0.1", 1, 1)
        assert_called(partner, "/direct", cause, call)
    assert len(office.working()) > 1, "one worker did it all"


def test_the_first_request_of_each_worker(
    new_database: Callable[[str], str], log_folder: Path, partner: Outside
) -> None:
    """Hosts of several databases name none: what a worker answers first has no line."""
    office = Office(
        new_database(templates.suite_template()), log_folder, partner,
        "--limit-request", "3", "--max-cron-threads", "0",
        "--load", "base,rpc,web,queue_job,integration_monitor",
    )  # fmt: skip
    named = office.server.command.index("-d")
    del office.server.command[named : named + 2]
    names = [f"first-{number}" for number in range(10)]
    with office.server:
        office.server.wait_ready(path="/web/database/selector")
        for name in names:
            assert office.json2("res.partner/search", correlation=name, domain=[]).ok
        office.wait_lines(len(names), "correlation_id LIKE 'first-%%' AND kind = 'rpc_in'")
        office.server.kill9()


def test_refused_sign_ins(office: Office) -> None:
    """Somebody tries keys and passwords, and it depends on the process whether that is told."""
    key = "f00d" * 10
    assert office.json2("res.partner/search", key=key, domain=[]).status_code == 401
    with pytest.raises(xmlrpc.client.Fault):
        office.xmlrpc("res.partner", "search", [], password="wrong-password")
    [by_key] = office.wait_lines(1, "detail->>'key' = %s", key[:8])
    login = f"user {office.seed['account']}"
    [by_password] = office.wait_lines(1, "detail->>'login' = %s", login)
    for line in (by_key, by_password):
        assert (line["kind"], line["outcome"], line["error_class"]) == ("rpc_in", "refused", "auth")
        assert (line["host"], line["user_id"], line["count"]) == ("127.0.0.1", None, 1)
    assert "wrong-password" not in repr((by_key, by_password))
    assert key not in repr((by_key, by_password))


def test_a_scheduled_action(office: Office, partner: Outside) -> None:
    """What the process of the scheduler does is not seen, nor whom it calls."""
    office.wake_scheduler()
    [cause] = office.wait_lines(1, "kind = 'cron' AND operation = 'Caller'")
    [call] = office.wait_lines(1, "path_template = '/cron'")
    assert (cause["outcome"], cause["detail"]["rounds"]) == ("ok", 1)
    assert cause["trace_id"], "the calls of a run cannot be found from the run"
    assert_called(partner, "/cron", cause, call)


def test_a_job(office: Office, partner: Outside) -> None:
    """What a request set off in the background has lost its thread in another process."""
    office.enqueue("job", "job-1")
    office.wait_lines(3, "correlation_id = 'job-1'")
    [request, job, call] = [
        office.lines("correlation_id = 'job-1' AND kind = %s", kind)
        for kind in ("rpc_in", "job", "http_out")
    ]
    assert (len(request), len(job), len(call)) == (1, 1, 1)
    assert (job[0]["outcome"], job[0]["operation"]) == ("ok", "ir.actions.server.run")
    assert (job[0]["attempt"], job[0]["trace_id"]) == (1, request[0]["trace_id"])
    assert job[0]["lag_ms"] >= 0
    assert_called(partner, "/job", job[0], call[0])


def test_the_process_for_long_polling(office: Office, partner: Outside) -> None:
    """The process that waits for messages all day keeps a connection, and writes lines."""
    wait_until(lambda: office.logged(EVENTED_READY), PATIENCE, "the evented process")
    before = len(partner.of("", "/direct"))
    office.run_action("direct", "evented-1", url=office.evented_url)
    assert len(partner.of("", "/direct")) == before + 1
    assert "x-correlation-id" not in partner.of("", "/direct")[-1].headers
    for _number in range(2):
        with pytest.raises(xmlrpc.client.Fault):
            office.xmlrpc("res.partner", "x", password="evented", url=office.evented_url)
    wrong = "beef" * 10
    assert office.json2("x/y", key=wrong, url=office.evented_url).status_code == 401
    # A line of a worker comes later than all of these would.
    office.run_action("direct", "evented-2")
    office.wait_lines(2, "correlation_id = 'evented-2'")
    assert office.lines("correlation_id = 'evented-1'") == []
    assert office.lines("detail->>'key' = %s", wrong[:8]) == []


@contextmanager
def row_taken(office: Office) -> Iterator[None]:
    """Hold the row that a request or a job is about to write, until the block ends."""
    connection = psycopg2.connect(dbname=office.database)
    try:
        with connection.cursor() as cr:
            row = [office.seed["called"]]
            cr.execute("SELECT 1 FROM res_partner WHERE id = %s FOR UPDATE", row)
            yield
    finally:
        connection.close()


def test_a_worker_that_is_killed(office: Office) -> None:
    """A worker dies in the middle of a request, and takes the server or others' lines along."""
    body = {"ids": [office.seed["called"]], "vals": {"comment": "x"}}
    alive = len(office.logged(ALIVE))
    with row_taken(office), ThreadPoolExecutor(1) as pool:
        long = pool.submit(office.json2, "res.partner/write", "killed-1", **body)
        pid = office.waiting_worker("res_partner")
        office.run_action("direct", "killed-2")  # by the other worker, meanwhile
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(requests.ConnectionError):
            long.result()
    # Another takes the place of the dead one; what was cut off can be done again.
    wait_until(lambda: len(office.logged(ALIVE)) > alive, PATIENCE, "a new worker")
    for number in range(3, 9):
        assert office.json2("res.partner/write", f"killed-{number}", **body).ok
    lines = office.wait_lines(8, "correlation_id LIKE 'killed-%%'")
    told = sorted((line["correlation_id"], line["kind"]) for line in lines)
    written = [(f"killed-{number}", "rpc_in") for number in range(3, 9)]
    assert told == [("killed-2", "http_out"), ("killed-2", "rpc_in"), *written]


def test_a_worker_that_is_killed_at_a_job(office: Office) -> None:
    """A job that died with its process looks as if it had run once, or never."""
    with row_taken(office):
        office.enqueue("writing", "died-1")
        os.kill(office.waiting_worker("res_partner"), signal.SIGKILL)
    # The runner waits ten seconds until it takes a job for dead; it looks when there is news.
    office.query(
        "UPDATE queue_job SET date_enqueued = date_enqueued - interval '1 minute'"
        " WHERE integration_correlation_id = 'died-1'"
    )
    office.enqueue("job", "died-2")
    office.wait_lines(3, "correlation_id = 'died-1'")
    runs = office.lines("correlation_id = 'died-1' AND kind = 'job'")
    died, again = sorted(runs, key=lambda line: line["outcome"])
    assert (died["outcome"], died["error_class"]) == ("error", "server")
    assert died["detail"]["dead"] is True
    assert (again["outcome"], again["trace_id"]) == ("ok", died["trace_id"])
    assert len(office.lines("correlation_id = 'died-1'")) == 3


def test_an_idle_worker_that_is_told_to_end(office: Office) -> None:
    """An administrator, or systemd, ends a worker, and what it had done is not in the log."""
    for sent in (signal.SIGTERM, signal.SIGKILL, signal.SIGINT):
        alive = len(office.logged(ALIVE))
        office.run_action("direct", f"idle-{sent.name}")
        office.wait_lines(2, "correlation_id = %s", f"idle-{sent.name}")
        os.kill(office.last_worker(), sent)
        for number in range(4):
            office.run_action("direct", f"idle-{sent.name}-{number}")
        wait_until(lambda: len(office.logged(ALIVE)) > alive, PATIENCE, "a new worker")  # noqa: B023
    office.wait_lines(30, "correlation_id LIKE 'idle-%%'")
    told = office.query(
        """SELECT count(*), count(DISTINCT correlation_id) AS calls FROM integration_log
            WHERE correlation_id LIKE 'idle-%%'"""
    )
    assert told == [{"count": 30, "calls": 15}]


def test_a_worker_that_retires_while_the_log_is_locked(office: Office) -> None:
    """Callers wait for the log; or a worker that cannot write it takes its lines to the grave."""
    connection = psycopg2.connect(dbname=office.database)
    refused = len(office.logged(REFUSED))
    try:
        connection.cursor().execute("LOCK TABLE integration_log_data IN ACCESS EXCLUSIVE MODE")
        office.run_action("direct", "locked-1")
        office.wait_blocked("integration_log_data")  # now that the caller has his answer
        wait_until(lambda: len(office.logged(REFUSED)) > refused, PATIENCE, "the writer gives up")
        os.kill(int(office.logged(REFUSED)[-1]), signal.SIGINT)
        office.wait_blocked("integration_log_data")  # it tries again at its end
    finally:
        connection.close()
    lines = office.wait_lines(2, "correlation_id = 'locked-1'")
    assert sorted(line["kind"] for line in lines) == ["http_out", "rpc_in"]


@pytest.fixture
def young_office(
    new_database: Callable[[str], str], log_folder: Path, partner: Outside
) -> Iterator[Office]:
    """Yield a server whose workers retire after five requests each."""
    database = new_database(templates.suite_template())
    office = Office(database, log_folder, partner, "--limit-request", "5")
    with office.server:
        office.server.wait_ready()
        yield office


def test_workers_that_retire(young_office: Office, partner: Outside) -> None:
    """The answer was sent, the worker retired or was told to end, and its last lines are lost."""
    office = young_office
    names = [f"retired-{number}" for number in range(40)]
    wrong = "cafe" * 10
    before = len(partner.of("", "/direct"))

    def call(name: str) -> None:
        office.run_action("direct", name)
        assert office.json2("res.partner/search", key=wrong, domain=[]).status_code == 401

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(call, name) for name in names]:
            done.result()
    assert len(partner.of("", "/direct")) == before + len(names)
    # An administrator stops the server as soon as the last answer is there.
    office.server.stop()
    assert len(set(office.logged(RETIRED))) >= 2 * len(names) // 5 - 2
    told = office.lines("correlation_id LIKE 'retired-%%'")
    assert sorted((line["correlation_id"], line["kind"]) for line in told) == sorted(
        (name, kind) for name in names for kind in ("http_out", "rpc_in")
    )
    # Equal refusals share lines; a worker that ends writes those that it still counts.
    refused = office.lines("detail->>'key' = %s", wrong[:8])
    assert sum(line["count"] for line in refused) == len(names)
    assert len(refused) < len(names)
