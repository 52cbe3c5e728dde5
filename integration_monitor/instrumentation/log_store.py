"""From observations to rows of the log, on a connection of its own or on a given one."""

import contextlib
import dataclasses
import logging
from functools import lru_cache
from operator import itemgetter

import psycopg2
import psycopg2.extras

from odoo.modules.registry import Registry
from odoo.sql_db import Cursor
from odoo.tools import SQL

from ..tools.observation import CLOCK_SKEW, COLUMNS, utcnow
from ..tools.redaction_names import ContentRules
from . import log_connection, log_content, log_partitions, log_table
from .log_rows import row

_logger = logging.getLogger(__name__)

PAGE = 500
_PAST_MONTHS = 13
# What tells two lines apart; their contents are the same if these are.
_MARKS = ("occurred_at", "kind", "outcome", "duration_ms", "trace_id", "span_id", "status_code")


def write_on(cr, observations):
    """Insert on a given cursor, in its transaction; missing partitions are made.

    :return: how many lines are lost for good, because no row can be made of them
    :raises psycopg2.Error: the database refuses all of them, at least for now
    """
    observations, rows = _rows(cr, observations)
    lost = len(observations) - len(rows)
    with contextlib.suppress(psycopg2.errors.CheckViolation):
        return lost + _store(cr, rows)
    # No partition for a month: the daily job did not run, or an old time was reported.
    months = {
        (item.retention_class, item.occurred_at.year, item.occurred_at.month)
        for item in observations
    }
    for retention_class, year, month in sorted(months):  # in one order: no deadlock
        log_partitions.ensure_partition(cr, retention_class, year, month)
    return lost + _store(cr, rows)


def database_sink(dbname, observations, doubtful=False):
    """Write on a connection of its own, committed at once; the default outside of tests.

    :param doubtful: an earlier try failed; some may have been written, and its answer lost
    :return: how many lines are lost for good
    :raises psycopg2.Error: the database refuses all of them, at least for now
    """
    if not doubtful:
        with log_connection.lent(dbname) as cr:
            lost = _write_at_once(cr, observations) if cr is not None else None
            doubtful = cr is not None and cr.closed
        if lost is not None:
            return lost
    with contextlib.closing(log_connection.living_cursor(dbname)) as cr:
        cr.execute(log_connection.settings("LOCAL"))
        if doubtful:
            observations = _not_yet_written(cr, observations)
        lost = write_on(cr, observations)
        cr.commit()  # pylint: disable=invalid-commit # our own connection, nobody else's work
    return lost


def write_in_test(dbname, observations):
    """Write on the test's transaction when cursors are shared, else leave the database clean."""
    cr = Registry.registries[dbname].cursor()
    with contextlib.closing(cr):
        if not isinstance(cr, Cursor):
            write_on(cr, observations)
            cr.commit()  # pylint: disable=invalid-commit # a test's cursor: releases a savepoint


def _write_at_once(cr, observations):
    """The usual case: one statement, which is one transaction.

    :return: how many lines are lost for good; None: nothing was written, it needs more care
    """
    observations, rows = _rows(cr, observations)
    try:
        if rows:
            _insert(cr, rows)
    except (psycopg2.errors.CheckViolation, psycopg2.DataError):
        return None
    except (psycopg2.DatabaseError, psycopg2.InterfaceError):
        # The server was restarted since, or crashed (which is no OperationalError): another
        # connection may do. Or it was at this moment, and nobody knows whether it was before the
        # commit or after.
        if cr.closed:
            return None
        raise
    return len(observations) - len(rows)


def _not_yet_written(cr, observations):
    """The observations that the log does not have: told by their moment and what happened then."""
    mine = []
    for observation in observations:
        # No contents are compared, so whose flow hides what makes no difference.
        made = _row(_bounded(observation), ContentRules())
        mine.append(made and tuple(made[COLUMNS.index(name)] for name in _MARKS))
    cr.execute(
        SQL(
            "SELECT %s FROM integration_log_data WHERE occurred_at = ANY(%s)",
            SQL(", ").join(map(SQL.identifier, _MARKS)),
            [mark[0] for mark in mine if mark],
        )
    )
    there = set(cr.fetchall())
    return [item for item, mark in zip(observations, mine, strict=True) if mark not in there]


def _rows(cr, observations):
    """The observations at times that a partition may have, and the rows that can be made."""
    observations = [_bounded(observation) for observation in observations]
    rules = log_content.rules_of(cr, observations)
    return observations, [made for made in map(_row, observations, rules) if made]


def _row(observation, content):
    try:
        return row(observation, content)
    except Exception:  # one strange value must not cost the lines beside it
        _logger.warning("A line of the integration log cannot be made.", exc_info=True)
        return None


def _store(cr, rows):
    """Insert together; one by one when PostgreSQL cannot take a value of one of them."""
    if not rows:
        return 0
    try:
        with cr.savepoint(flush=False):
            _insert(cr, rows)
        return 0
    except psycopg2.DataError:
        if len(rows) == 1:
            _logger.warning("PostgreSQL cannot hold a line of the integration log.", exc_info=True)
            return 1
    return sum(_store(cr, [single]) for single in rows)


def _insert(cr, rows):
    # The driver's cursor: Odoo's would log a missing partition as an error. Tests wrap theirs.
    driver = getattr(cr, "_cursor", cr)._obj
    # Most columns are empty in most lines: leaving them out halves the work of both sides.
    used = tuple(
        place
        for place, values in enumerate(zip(*rows, strict=True))
        if any(value is not None for value in values)
    )
    rows = map(itemgetter(*used), rows)
    psycopg2.extras.execute_values(driver, _statement(used), rows, page_size=PAGE)


@lru_cache(maxsize=256)
def _statement(used):
    columns = ", ".join(f'"{COLUMNS[place]}"' for place in used)
    return f"INSERT INTO {log_table.TABLE} ({columns}) VALUES %s"


def _bounded(observation):
    """Times that a broken clock told go to now.

    Those long ago would make partitions without end; those ahead would stay on top of every list,
    and count as signs of life until they have come.
    """
    now = utcnow()
    then = observation.occurred_at
    months = (now.year - then.year) * 12 + now.month - then.month
    if months <= _PAST_MONTHS and then <= now + CLOCK_SKEW:
        return observation
    return dataclasses.replace(observation, occurred_at=now)
