"""Work that kills its process again and again, so that no run of it ever ends."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
import statements
from shell import OdooShell
from world import PATIENCE

from provision import templates
from testing.processes import OdooServer
from testing.waiting import wait_until

ENQUEUE = """
job = env["res.partner.category"].with_delay(max_retries=0).create({"name": "Killer"})
env.cr.commit()
result = job.uuid
"""
# The connection of the worker that is at the job: it waits for the test's lock.
AT_WORK = """
    SELECT l.pid FROM pg_locks l
     WHERE NOT l.granted AND l.relation = 'res_partner_category'::regclass
       AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
AGE = "UPDATE queue_job SET date_enqueued = date_enqueued - interval '1 min' WHERE uuid = %s"
DEATHS = """
    SELECT attempt, error_class FROM integration_log
     WHERE kind = 'job' AND detail->>'uuid' = %s AND detail->>'dead' = 'true' ORDER BY id"""


@pytest.fixture
def database(new_database: Callable[[str], str], log_folder: Path) -> str:
    """Return a database with the suite and nothing else to do."""
    return new_database(templates.suite_template())


@pytest.fixture
def server(database: str, log_folder: Path) -> Iterator[OdooServer]:
    """Yield a server with worker processes, without scheduled actions: nobody sweeps."""
    options = ["--max-cron-threads", "0"]
    with OdooServer(
        database, log_folder / "odoo.log", workers=2, channels="root:1", options=options
    ) as server:
        server.wait_ready()
        yield server


def query(database: str, statement: str, *values: object) -> list[tuple]:
    """Return the rows of a statement on the test's own connection."""
    return statements.on(database).rows(statement, *values)


def test_a_job_that_kills_its_worker(database: str, server: OdooServer, log_folder: Path) -> None:
    """A job is killed for the seventh time, each run takes the news of the last along."""
    lock = psycopg2.connect(dbname=database)
    try:
        with lock.cursor() as cr:
            cr.execute("LOCK TABLE res_partner_category IN SHARE ROW EXCLUSIVE MODE")
        uuid = OdooShell(database, log_folder / "shell.log").run(ENQUEUE)
        for told in ([], [(1, "server")], [(1, "server"), (2, "server")]):
            wait_until(lambda: query(database, AT_WORK), PATIENCE, "the job has begun")
            assert query(database, DEATHS, uuid) == told
            kill_workers(server)
            # A connection that waits for a lock does not notice that its process is gone.
            query(database, f"SELECT pg_terminate_backend(pid) FROM ({AT_WORK}) AS at_work")
            wait_until(lambda: not query(database, AT_WORK), PATIENCE, "the job has died")
            # The runner leaves jobs alone that were taken up in the last ten seconds.
            query(database, AGE, uuid)
    finally:
        lock.close()


def kill_workers(server: OdooServer) -> None:
    """Kill the processes that answer requests, as a limit of time or memory does."""
    log = server.log_file.read_text("utf-8")
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text("ascii").split()
    for pid in map(int, re.findall(r"Worker WorkerHTTP \((\d+)\) alive", log)):
        # One that was killed before is gone, and reaped by its parent.
        if str(pid) in children:
            os.kill(pid, signal.SIGKILL)
