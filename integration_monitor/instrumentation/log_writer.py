"""The one log writer: buffers what happened, writes it when the business is over.

``record`` puts an observation into the buffer of the current execution (a request, a cron run, a
job). ``flush`` writes the buffer in one INSERT on a cursor of its own, after the business cursor
was closed: so a rollback of the business does not take the evidence along, and no second
connection is held meanwhile.

An execution that observes more than a page (200 lines) writes pages before it is over: there are
no foreign keys, so the business transaction is not waited for. Only one thread of a process does
so at a time, which bounds the connections to one more; the others go on buffering.

Nothing here ever raises. What the database refuses waits for one more try (``log_backlog``); what
is lost is counted, and told by a line of its own with the next write.
"""

import atexit
import contextlib
import functools
import logging
import os
import threading

import odoo
from odoo.modules.registry import Registry

from ..tools import context
from ..tools.observation import Observation
from . import log_buffer, log_connection, log_stats
from .log_backlog import Backlog, confession
from .log_buffer import MAX_BUFFER, Line
from .log_stats import count, snapshot
from .log_store import PAGE, database_sink, write_in_test, write_on
from .log_trim import complete, trim
from .refusals import Coalescer, is_repeatable

_logger = logging.getLogger(__name__)

# How long the end of a process waits for the database.
EXIT_SECONDS = 10.0

_page_lock = threading.Lock()
_backlogs = {}  # by database
_sink = None  # tests: callable(dbname, observations) in place of the database
refusals = Coalescer()


def record(env_or_dbname, observation):
    """Buffer one observation; what is not given comes from the execution context.

    :param env_or_dbname: an environment, or a database name; the observation is handed over
    :return: the observation when it was buffered (``log_buffer.Buffer.holds`` tells), or None
    """
    dbname = None
    try:
        dbname = env_or_dbname if isinstance(env_or_dbname, str) else env_or_dbname.cr.dbname
        complete(observation)
        size = trim(observation)
        if is_repeatable(observation) and not refusals.offer(dbname, observation):
            count("coalesced")
            return None
        _append(log_buffer.current(), Line(dbname, observation, size))
        return observation
    except Exception:  # observing must never break what it observes
        note_failure("An observation could not be recorded.", dbname)
        return None


def flush():
    """Write what this execution has buffered. Call it when no business cursor is open."""
    _flush(log_buffer.current())


def postponed():
    """Take over what this execution has buffered.

    :return: a function without arguments that writes it, in this or another thread; None when
        there is nothing to write
    """
    buffer = log_buffer.current()
    return functools.partial(_flush, buffer.moved()) if buffer.lines else None


def _flush(buffer, last=False):
    """``last``: also refusals that are held back to be counted together, and without a pause."""
    try:
        for dbname, observation in refusals.due(last):
            _append(buffer, Line(dbname, observation, trim(observation)))
        by_database = buffer.take()
        for dbname, backlog in list(_backlogs.items()):
            if backlog.owes():
                by_database.setdefault(dbname, [])
        for dbname, lines in by_database.items():
            _write(dbname, lines, last)
    except Exception:  # the same promise as record()
        note_failure("The integration log could not be flushed.")


def unclaimed():
    """:return: lines buffered outside of an execution, and whether theirs is over"""
    buffer = log_buffer.current()
    return (0 if buffer.claimed else len(buffer.lines)), buffer.over


def note_failure(what, dbname=None):
    """Count and log the exception at hand; ``dbname``: the database whose log lacks a line."""
    count("failed")
    if dbname:
        _lose(dbname)
    _logger.warning(what, exc_info=True)  # noqa: LOG014 - handlers call it


@contextlib.contextmanager
def execution(**values):
    """One execution: its own context and buffer, flushed at the end whatever happened.

    :param values: fields of the execution context.
    """
    token = context.start(**values)
    buffer_token = log_buffer.start()
    try:
        yield
    finally:
        _flush(log_buffer.finish(buffer_token))
        context.finish(token)


@contextlib.contextmanager
def sink(target):
    """For tests: give flushed observations to ``target(dbname, observations)`` for a block.

    What the target refuses waits within the block, and is forgotten with it; refusals that others
    have held back stay theirs.
    """
    global _sink, _backlogs, refusals
    previous = _sink, _backlogs, refusals
    _sink, _backlogs, refusals = target, {}, Coalescer()
    try:
        yield target
    finally:
        _sink, _backlogs, refusals = previous


@contextlib.contextmanager
def captured():
    """For tests: a list that receives every observation flushed in the block, and the rest."""
    seen = []
    flush()  # what came before is not of the block
    with sink(lambda _dbname, observations: seen.extend(observations)):
        yield seen
        flush()


def stats():
    """Counters of this process: recorded, written, dropped, coalesced, failed; and ``waiting``.

    ``failed`` counts refused attempts, also of lines that were written later; ``dropped`` is lost.
    """
    counters = snapshot()
    counters["waiting"] = sum(map(len, list(_backlogs.values())))
    return counters


def _append(buffer, line):
    if not buffer.add(line):
        _lose(line.dbname)
        return
    count("recorded")
    # Without waiting: who finds another thread at it goes on buffering, and tries with the next.
    if buffer.holds_a_page() and _page_lock.acquire(blocking=False):
        try:
            for dbname, lines in buffer.take().items():
                _write(dbname, lines)
        finally:
            _page_lock.release()


def _write(dbname, lines, last=False):
    """Write lines and what waits for the same database; keep what is refused.

    ``last``: even if the database refused a moment ago, for there is no later.
    """
    backlog = _backlog(dbname)
    pairs = [(line, 0) for line in lines]
    registry = Registry.registries.get(dbname)  # never loads one
    loading = registry is not None and not registry.ready
    if _sink is None and not loading and (registry is None or "integration.log" not in registry):
        # Of no use to anybody there: neither the lines nor the word that they are missing.
        count("dropped", len(lines) + len(backlog))
        _backlogs.pop(dbname, None)
        return
    if (_sink is None and loading) or not (backlog.begin() or last):
        count("dropped", backlog.keep(pairs))
        return
    waiting, lost = backlog.take()
    pairs = waiting + pairs
    if lost:
        pairs.append((Line(dbname, confession(lost), 0), 0))
    while pairs:
        page, pairs = pairs[:PAGE], pairs[PAGE:]
        try:
            again = any(tries for _line, tries in page)
            unfit = _deliver(dbname, [line.observation for line, _tries in page], again) or 0
        except Exception as error:  # a database has many ways to refuse; none may reach the user
            backlog.failed()
            count("failed", len(page))
            _keep(backlog, page, pairs, lost)
            _logger.warning(
                "%d lines of the integration log of %s could not be written: %s",
                len(page),
                dbname,
                type(error).__name__,
            )
            return
        backlog.succeeded()
        count("written", len(page) - unfit)
        if unfit:
            count("failed", unfit)
            _lose(dbname, unfit)


def _keep(backlog, page, untried, lost):
    """Let refused lines, and those behind them, wait for their next try."""
    if lost:
        # The last line tells of the lost ones; their number counts on instead.
        backlog.lose(lost)
        (untried or page).pop()
    tried = [(line, tries + 1) for line, tries in page]
    count("dropped", backlog.keep(tried + untried))


def _deliver(dbname, observations, again):
    if _sink is None and odoo.modules.module.current_test:
        return write_in_test(dbname, observations)
    if _sink in (None, database_sink):
        return database_sink(dbname, observations, doubtful=again)
    return _sink(dbname, observations)


def _backlog(dbname):
    backlog = _backlogs.get(dbname)
    return backlog if backlog is not None else _backlogs.setdefault(dbname, Backlog())


def _lose(dbname, number=1):
    count("dropped", number)
    _backlog(dbname).lose(number)


def _at_exit():
    """Shell sessions, stopping servers, workers that reach a limit: write what is left.

    Not on this thread: a database that hangs must not keep the process from ending.
    """
    writer = threading.Thread(target=_write_the_rest, daemon=True)
    try:
        writer.start()
    except RuntimeError:  # some versions of Python start no thread that late
        _write_the_rest()
    else:
        writer.join(EXIT_SECONDS)


def _write_the_rest():
    _flush(log_buffer.gathered(), last=True)
    log_connection.close()
    for dbname, backlog in _backlogs.items():
        if backlog.owes():  # nobody is left who could tell it in the log
            _logger.warning("%d lines of the log of %s are lost.", backlog.debt(), dbname)


def _after_fork():
    """A forked worker starts clean: its parent writes what is the parent's, locks may be held."""
    global _page_lock
    _page_lock = threading.Lock()
    log_stats.after_fork()
    _backlogs.clear()
    refusals.reset()
    log_buffer.after_fork()
    log_connection.after_fork()


atexit.register(_at_exit)
os.register_at_fork(after_in_child=_after_fork)

__all__ = [
    "MAX_BUFFER",
    "Observation",
    "captured",
    "database_sink",
    "execution",
    "flush",
    "note_failure",
    "postponed",
    "record",
    "sink",
    "stats",
    "unclaimed",
    "write_on",
]
