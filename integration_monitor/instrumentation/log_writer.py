"""The one log writer: buffers what happened, writes it when the business is over.

``record`` puts an observation into the buffer of the current execution (a request, a cron run, a
job). ``flush`` writes the buffer in one INSERT on a cursor of its own, after the business cursor
was closed: so a rollback of the business does not take the evidence along, and no second
connection is held meanwhile. Neither ever raises; what cannot be written is counted.
"""

import atexit
import contextlib
import dataclasses
import logging
import os
import threading
from collections import Counter
from contextvars import ContextVar

import psycopg2
import psycopg2.extras

import odoo
from odoo.modules.registry import Registry
from odoo.sql_db import Cursor, db_connect

from ..tools import context
from ..tools.observation import COLUMNS, Observation, utcnow
from . import log_content, log_table
from .log_rows import row
from .refusals import Coalescer

_logger = logging.getLogger(__name__)

MAX_BUFFER = 1000
_PAGE = 500
_INSERT = "INSERT INTO {} ({}) VALUES %s".format(
    log_table.TABLE, ", ".join(f'"{name}"' for name in COLUMNS)
)
_FUTURE_MONTHS = 1
_PAST_MONTHS = 13


class _Buffer:
    """Observations of one execution, with their databases."""

    __slots__ = ("claimed", "items", "pid")

    def __init__(self, claimed=False):
        self.items = []
        self.claimed = claimed  # an execution is open and will flush it
        self.pid = os.getpid()


_buffer = ContextVar("integration_log_buffer", default=None)
_stats = Counter()
_stats_lock = threading.Lock()
_sink = None  # tests: callable(dbname, observations) in place of the database
refusals = Coalescer()


def record(env_or_dbname, observation):
    """Buffer one observation; what is not given comes from the execution context.

    :param env_or_dbname: an environment, or a database name.
    """
    try:
        dbname = env_or_dbname if isinstance(env_or_dbname, str) else env_or_dbname.cr.dbname
        observation = _complete(observation)
        if observation.outcome == "refused" and not refusals.offer(dbname, observation):
            _count("coalesced")
            return
        _append(dbname, observation)
    except Exception:  # observing must never break what it observes
        note_failure("An observation could not be recorded.")


def flush():
    """Write what this execution has buffered. Call it when no business cursor is open."""
    try:
        for dbname, observation in refusals.due():
            _append(dbname, observation)
        buffer = _current_buffer()
        items, buffer.items = buffer.items, []
        by_database = {}
        for dbname, observation in items:
            by_database.setdefault(dbname, []).append(observation)
        for dbname, observations in by_database.items():
            _write(dbname, observations)
    except Exception:  # the same promise as record()
        note_failure("The integration log could not be flushed.")


def unclaimed():
    """How many lines are buffered outside of an execution: nobody flushes them before the exit."""
    buffer = _buffer.get()
    return len(buffer.items) if buffer is not None and not buffer.claimed else 0


def note_failure(what):
    """Count and log the exception at hand, which must reach nobody; ``what`` is a sentence."""
    _count("failed")
    _logger.warning(what, exc_info=True)  # noqa: LOG014 - handlers call it


@contextlib.contextmanager
def execution(**values):
    """One execution: its own context and buffer, flushed at the end whatever happened.

    :param values: fields of the execution context.
    """
    token = context.start(**values)
    buffer_token = _buffer.set(_Buffer(claimed=True))
    try:
        yield
    finally:
        flush()
        _buffer.reset(buffer_token)
        context.finish(token)


@contextlib.contextmanager
def sink(target):
    """For tests: give flushed observations to ``target(dbname, observations)`` for a block."""
    global _sink
    previous, _sink = _sink, target
    try:
        yield target
    finally:
        _sink = previous


@contextlib.contextmanager
def captured():
    """For tests: a list that receives every observation flushed in the block, and the rest."""
    seen = []
    with sink(lambda _dbname, observations: seen.extend(observations)):
        yield seen
        flush()


def write_on(cr, observations):
    """Insert on a given cursor, in its transaction; missing partitions are made.

    :raises psycopg2.Error: the rows could not be written.
    """
    observations = [_bounded(observation) for observation in observations]
    rules = log_content.rules_of(cr, observations)
    rows = [row(item, content) for item, content in zip(observations, rules, strict=True)]
    with contextlib.suppress(psycopg2.errors.CheckViolation):
        with cr.savepoint(flush=False):
            _insert(cr, rows)
            return
    # No partition for a month: the daily job did not run, or an old time was reported.
    months = {
        (item.retention_class, item.occurred_at.year, item.occurred_at.month)
        for item in observations
    }
    for retention_class, year, month in sorted(months):  # in one order: no deadlock
        log_table.ensure_partition(cr, retention_class, year, month)
    _insert(cr, rows)


def database_sink(dbname, observations):
    """Write on a new connection, committed at once; the default outside of tests."""
    with contextlib.closing(db_connect(dbname).cursor()) as cr:
        # A crash may lose the last fraction of a second of log, never a business fact.
        cr.execute(
            "SET LOCAL synchronous_commit = off; SET LOCAL lock_timeout = '2s';"
            "SET LOCAL statement_timeout = '10s'"
        )
        write_on(cr, observations)
        cr.commit()  # pylint: disable=invalid-commit # our own connection, nobody else's work


def stats():
    """Counters of this process: recorded, written, dropped, coalesced, failed."""
    with _stats_lock:
        return dict(_stats)


def _complete(observation):
    current = context.current()
    missing = {
        name: getattr(current, name)
        for name in (
            "correlation_id",
            "trace_id",
            "span_id",
            "flow_id",
            "message_id",
            "endpoint_id",
        )
        if getattr(observation, name) is None and getattr(current, name) is not None
    }
    if observation.kind == "http_out":
        missing.pop("endpoint_id", None)  # whom it called is known; maybe none of our endpoints
    return dataclasses.replace(observation, **missing) if missing else observation


def _append(dbname, observation):
    buffer = _current_buffer()
    if len(buffer.items) >= MAX_BUFFER:
        _count("dropped")
        return
    buffer.items.append((dbname, observation))
    _count("recorded")


def _current_buffer():
    buffer = _buffer.get()
    if buffer is None or buffer.pid != os.getpid():  # a fork inherits the parent's: not its own
        buffer = _Buffer()
        _buffer.set(buffer)
    return buffer


def _write(dbname, observations):
    if _sink is not None:
        _sink(dbname, observations)
        return
    if not _has_suite(dbname):
        _count("dropped", len(observations))
        return
    try:
        if odoo.modules.module.current_test:
            _write_in_test(dbname, observations)
        else:
            database_sink(dbname, observations)
        _count("written", len(observations))
    except psycopg2.Error as error:
        _count("failed", len(observations))
        _logger.warning(
            "%d lines of the integration log of %s were lost: %s",
            len(observations),
            dbname,
            type(error).__name__,
        )


def _write_in_test(dbname, observations):
    """Write on the test's transaction when cursors are shared, else leave the database clean."""
    cr = Registry.registries[dbname].cursor()
    with contextlib.closing(cr):
        if not isinstance(cr, Cursor):
            write_on(cr, observations)
            cr.commit()  # pylint: disable=invalid-commit # a test's cursor: releases a savepoint


def _has_suite(dbname):
    """Whether the database is loaded here and has the suite; never loads one."""
    registry = Registry.registries.get(dbname)
    return registry is not None and registry.ready and "integration.log" in registry


def _insert(cr, rows):
    # The driver's cursor: Odoo's would log a missing partition as an error. Tests wrap theirs.
    driver = getattr(cr, "_cursor", cr)._obj
    psycopg2.extras.execute_values(driver, _INSERT, rows, page_size=_PAGE)


def _bounded(observation):
    """Times far from now (a broken clock) go to now: they would make partitions without end."""
    now = utcnow()
    then = observation.occurred_at
    months = (then.year - now.year) * 12 + then.month - now.month
    if -_PAST_MONTHS <= months <= _FUTURE_MONTHS:
        return observation
    return dataclasses.replace(observation, occurred_at=now)


def _count(name, amount=1):
    with _stats_lock:
        _stats[name] += amount


def _at_exit():
    """Shell sessions and stopping servers: write what is left, if the database still answers."""
    for dbname, observation in refusals.due(everything=True):
        _append(dbname, observation)
    flush()


atexit.register(_at_exit)

__all__ = [
    "Observation",
    "captured",
    "database_sink",
    "execution",
    "flush",
    "note_failure",
    "record",
    "sink",
    "stats",
    "unclaimed",
    "write_on",
]
