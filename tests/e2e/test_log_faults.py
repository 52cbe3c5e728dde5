"""The database refuses the log for a while: business goes on, and the evidence comes later."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shell import OdooShell

from provision import databases, templates

# Each fault is caused on a connection of its own, as an administrator or an upgrade would.
PRELUDE = """
import contextlib, time, psycopg2
from odoo.addons.integration_monitor.instrumentation import log_backlog, log_writer
from odoo.addons.integration_monitor.tools.observation import Observation
clock = [0.0]
log_writer._backlogs[env.cr.dbname] = log_backlog.Backlog(lambda: clock[0])
def order(name):
    # What a request does: business, its commit, and then the log.
    begun = time.monotonic()
    with log_writer.execution(correlation_id=name):
        with env.registry.cursor() as cr:
            partner = env(cr=cr)["res.partner"].create({"name": name})
            log_writer.record(env.cr.dbname, Observation("custom", operation="fault"))
            made = partner.id
    return time.monotonic() - begun
@contextlib.contextmanager
def other():
    connection = psycopg2.connect(dbname=env.cr.dbname)
    try:
        yield connection
    finally:
        connection.close()
def ddl(statement):
    with other() as connection:
        connection.autocommit = True
        connection.cursor().execute(statement)
def seen():
    with env.registry.cursor() as cr:
        cr.execute("SELECT coalesce(correlation_id, operation) FROM integration_log_data"
                   " WHERE operation IN ('fault', 'log.dropped') ORDER BY id")
        return [row[0] for row in cr.fetchall()]
def business():
    with env.registry.cursor() as cr:
        cr.execute("SELECT name FROM res_partner WHERE name LIKE 'fault-%' ORDER BY id")
        return [row[0] for row in cr.fetchall()]
def recover():
    clock[0] += log_backlog.LONGEST_PAUSE + 1
    with log_writer.execution():
        pass
env.cr.commit()
"""
LOCKED = """
with other() as connection:
    connection.cursor().execute("LOCK TABLE integration_log_data IN ACCESS EXCLUSIVE MODE")
    first, second = order("fault-1"), order("fault-2")
recover()
result = [business(), seen(), first, second, log_writer.stats()]
"""
RENAMED = """
ddl("ALTER TABLE integration_log_data RENAME TO integration_log_away")
order("fault-1")
recover()
order("fault-2")
ddl("ALTER TABLE integration_log_away RENAME TO integration_log_data")
recover()
recover()
result = [business(), seen(), log_writer.stats()]
"""
CLOSED = """
import odoo.sql_db
def allow(answer):
    connection = psycopg2.connect(dbname="postgres")
    connection.autocommit = True
    connection.cursor().execute(f'ALTER DATABASE "{env.cr.dbname}" ALLOW_CONNECTIONS {answer}')
    connection.close()
allow("false")
for connection in odoo.sql_db._Pool._connections:
    if not connection._pool_in_use:
        connection.close()
with log_writer.execution(correlation_id="fault-1"):
    log_writer.record(env.cr.dbname, Observation("custom", operation="fault"))
refused = log_writer.stats()
allow("true")
recover()
result = [seen(), refused, log_writer.stats()]
"""
KILLED = """
with other() as connection, log_writer.execution(correlation_id="fault-1"):
    connection.autocommit = True
    with contextlib.suppress(psycopg2.Error), env.registry.cursor() as cr:
        env(cr=cr)["res.partner"].create({"name": "fault-1"})
        log_writer.record(env.cr.dbname, Observation("custom", operation="fault"))
        cr.execute("SELECT pg_backend_pid()")
        connection.cursor().execute("SELECT pg_terminate_backend(%s)", [cr.fetchone()[0]])
        cr.execute("SELECT 1")
recover()
result = [business(), seen()]
"""
PARTITIONS = """
from odoo.addons.integration_monitor.instrumentation import log_partitions
leaves = [name for name, *_rest in log_partitions.partitions(env.cr)]
env.cr.commit()
ddl("DROP TABLE " + ", ".join(leaves))
order("fault-1")
order("fault-2")
left = log_partitions.partitions(env.cr)
result = [business(), seen(), len(leaves), len(left), log_writer.stats()]
"""
UNCOUNTED = """
env.cr.execute("UPDATE integration_health_mark SET watched_at = '2020-01-01'")
env.cr.commit()
ddl("ALTER TABLE integration_metric RENAME TO integration_metric_away")
watched = env["integration.health"]._watch(0)
ddl("ALTER TABLE integration_metric_away RENAME TO integration_metric")
env.cr.execute("SELECT watched_at > '2021-01-01' FROM integration_health_mark")
result = [watched, env.cr.fetchone()[0]]
"""
# A real serialisation failure: another transaction changes the row that this one has read.
RETRIED = """
from odoo.service.model import retrying
attempts = []
def work():
    attempts.append(len(attempts) + 1)
    env.cr.execute("SELECT ref FROM res_partner WHERE id = 1")
    log_writer.record(env, Observation("custom", operation="fault"))
    with contextlib.suppress(ValueError), env.cr.savepoint():
        env["res.partner"].create({"name": "fault-lost"})
        log_writer.record(env, Observation("custom", operation="fault", correlation_id="savepoint"))
        raise ValueError
    if len(attempts) == 1:
        ddl("UPDATE res_partner SET ref = 'other' WHERE id = 1")
    env["res.partner"].browse(1).ref = "fault"
    env.flush_all()
with log_writer.execution(correlation_id="attempt"):
    retrying(work, env)
result = [attempts, sorted(seen()), business()]
"""
# Neither a request nor a job: a person's script, which ends without a word.
SCRIPT = """
log_writer.record(env, Observation("custom", operation="fault", correlation_id="by hand"))
env.cr.rollback()
"""
# A worker that reaches a limit: its main thread ends the process, its work is in another one.
CUT_OFF = """
import threading
recorded = threading.Event()
def work():
    with log_writer.execution(correlation_id="cut off"):
        log_writer.record(env.cr.dbname, Observation("custom", operation="fault"))
        recorded.set()
        threading.Event().wait()
thread = threading.Thread(target=work, daemon=True)
thread.start()
recorded.wait(10)
env.cr.rollback()
"""


@pytest.fixture
def shell(new_database: Callable[[str], str], log_folder: Path) -> OdooShell:
    """Return the command line of a new database with the suite."""
    return OdooShell(new_database(templates.suite_template()), log_folder / "odoo.log")


def cause(shell: OdooShell, fault: str) -> Any:
    """Cause a fault in a process of its own; return what the script found."""
    return shell.run(PRELUDE + fault)


def test_a_locked_table(shell: OdooShell) -> None:
    """An upgrade locks the log, and every order waits for it, or its evidence is lost."""
    business, seen, first, second, stats = cause(shell, LOCKED)
    assert business == ["fault-1", "fault-2"]
    assert seen == ["fault-1", "fault-2"]
    # One waits two seconds at most, the next not at all.
    assert first < 10
    assert second < 2
    assert stats.get("dropped", 0) == 0
    assert stats["failed"] == 1
    assert stats["waiting"] == 0


def test_a_table_that_is_gone_for_a_while(shell: OdooShell) -> None:
    """Somebody moves the table away, and orders fail; or nobody learns what is missing."""
    business, seen, stats = cause(shell, RENAMED)
    assert business == ["fault-1", "fault-2"]
    # The first was refused twice and is lost; a line tells so.
    assert seen == ["fault-2", "log.dropped"] or seen == ["log.dropped", "fault-2"], seen
    assert stats["dropped"] == 1


def test_a_database_that_takes_no_connections(shell: OdooShell) -> None:
    """During a switch-over no new connection is taken, and every page fails for its log line."""
    seen, refused, stats = cause(shell, CLOSED)
    assert refused["failed"] == 1
    assert refused["waiting"] == 1
    assert seen == ["fault-1"]
    assert stats["waiting"] == 0


def test_a_connection_that_dies(shell: OdooShell) -> None:
    """The database restarts in the middle of an order; what happened is not in the log."""
    business, seen = cause(shell, KILLED)
    assert business == []
    assert seen == ["fault-1"]


def test_without_any_partition(shell: OdooShell) -> None:
    """The daily job never ran, and the log is empty since the first of the month."""
    business, seen, before, after, stats = cause(shell, PARTITIONS)
    assert business == seen == ["fault-1", "fault-2"]
    assert (before > 1, after) == (True, 1)
    assert stats.get("dropped", 0) == 0


def test_a_line_that_is_dropped_reaches_figures_and_health(shell: OdooShell) -> None:
    """Lost lines are told in the log only, where nobody looks."""
    cause(shell, RENAMED + "env['integration.metric']._roll_up()")
    with databases.cursor(shell.database) as cr:
        cr.execute(
            "SELECT kind, count_error FROM integration_metric"
            " WHERE level = 'lifetime' AND kind = 'monitor'"
        )
        assert cr.fetchall() == [("monitor", 1)]


def test_figures_that_cannot_be_written(shell: OdooShell) -> None:
    """The figures fail, and nobody looks at queues, endpoints and silence any more."""
    assert cause(shell, UNCOUNTED) == [True, True]


def test_each_attempt_once(shell: OdooShell) -> None:
    """What a database retry, or a savepoint, undid is not in the log; or it is there twice."""
    attempts, seen, business = cause(shell, RETRIED)
    assert attempts == [1, 2]
    assert seen == ["attempt", "attempt", "savepoint", "savepoint"]
    assert business == []


def test_a_script_in_the_shell(shell: OdooShell) -> None:
    """Whatever an administrator does by hand leaves no trace."""
    cause(shell, SCRIPT)
    with databases.cursor(shell.database) as cr:
        cr.execute("SELECT correlation_id FROM integration_log_data WHERE operation = 'fault'")
        assert cr.fetchall() == [("by hand",)]


def test_work_that_is_cut_off(shell: OdooShell) -> None:
    """A worker reaches its limit, and what it had called until then is not in the log."""
    cause(shell, CUT_OFF)
    with databases.cursor(shell.database) as cr:
        cr.execute("SELECT correlation_id FROM integration_log_data WHERE operation = 'fault'")
        assert cr.fetchall() == [("cut off",)]
