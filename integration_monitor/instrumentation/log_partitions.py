"""The months of ``integration.log``: made ahead, dropped when their retention is over."""

import itertools
import logging
import re
from datetime import datetime, timedelta

import psycopg2

from odoo.tools import SQL

from ..tools.observation import RETENTION_CLASSES, utcnow
from .log_table import class_table

_logger = logging.getLogger(__name__)

MONTHS_AHEAD = 3
_LEAF = re.compile(r"integration_log_(standard|refused|audit)_y([0-9]{4})m([0-9]{2})(?:_[0-9]+)?")


def ensure_partitions(cr, today=None, months_ahead=MONTHS_AHEAD):
    """Make the partitions of last month, this one and ``months_ahead`` more; returns how many."""
    today = today or utcnow()
    months = [add_months(today, offset) for offset in range(-1, months_ahead + 1)]
    return sum(
        ensure_partition(cr, retention_class, month.year, month.month)
        for retention_class in RETENTION_CLASSES
        for month in months
    )


def ensure_partition(cr, retention_class, year, month):
    """Make the partition of a month; returns whether it was missing.

    The table is made first and attached then: attaching takes a weaker lock on the parent than
    CREATE TABLE … PARTITION OF, so that writers go on.
    """
    start = _month(year, month)
    name = leaf_name(retention_class, start)
    if _free_name(cr, name) is None:
        return False
    parent = SQL.identifier(class_table(retention_class))
    # One maker at a time; taking the lock also makes the other's table known to this session.
    # A writer that must not wait longer tries again later: no error of Odoo's.
    cr.execute(SQL("LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE", parent), log_exceptions=False)
    name = _free_name(cr, name)
    if name is None:
        return False
    cr.execute(
        SQL(
            "CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
            SQL.identifier(name),
            parent,
        )
    )
    cr.execute(
        SQL(
            "ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%s) TO (%s)",
            parent,
            SQL.identifier(name),
            _month_literal(start),
            _month_literal(add_months(start, 1)),
        )
    )
    return True


def partitions(cr):
    """List of (table name, retention class, first day, first day after), oldest first."""
    cr.execute(
        SQL(
            """
            SELECT leaf.relname
              FROM pg_inherits i
              JOIN pg_class leaf ON leaf.oid = i.inhrelid
             WHERE i.inhparent = ANY(%s::regclass[])
             ORDER BY leaf.relname
            """,
            [class_table(name) for name in RETENTION_CLASSES],
        )
    )
    result = []
    for (name,) in cr.fetchall():
        match = _LEAF.fullmatch(name)
        if match:
            start = _month(int(match.group(2)), int(match.group(3)))
            result.append((name, match.group(1), start, add_months(start, 1)))
    return result


def drop_expired(cr, retention_days, now):
    """Drop partitions whose last day is older than their class keeps; returns their names.

    :param retention_days: days per retention class.
    """
    dropped = []
    for name, retention_class, _start, end in partitions(cr):
        if end > now - timedelta(days=retention_days[retention_class]):
            continue
        try:
            with cr.savepoint(flush=False):
                cr.execute(SQL("SET LOCAL lock_timeout = '3s'"))
                parent = SQL.identifier(class_table(retention_class))
                leaf = SQL.identifier(name)
                cr.execute(SQL("ALTER TABLE %s DETACH PARTITION %s", parent, leaf))
                cr.execute(SQL("DROP TABLE %s", leaf))
        except psycopg2.errors.LockNotAvailable:
            _logger.info("Log partition %s is in use; it is dropped on the next run.", name)
            continue
        dropped.append(name)
    return dropped


def _free_name(cr, name):
    """:return: a name for the partition, or None when the month has one

    Somebody may have detached the month's table to keep it. These functions look at the catalogue
    as it is now; a query of it would see what the transaction saw first.
    """
    for free in itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2))):
        cr.execute(
            SQL(
                "SELECT to_regclass(%s) IS NOT NULL,"
                " pg_partition_root(to_regclass(%s)) IS NOT NULL",
                free,
                free,
            )
        )
        exists, attached = cr.fetchone()
        if attached:
            return None
        if not exists:
            return free


def leaf_name(retention_class, start):
    return f"integration_log_{retention_class}_y{start.year:04d}m{start.month:02d}"


def _month(year, month):
    return datetime(year, month, 1)  # noqa: DTZ001 - naive UTC, as the column holds it


def add_months(moment, months):
    index = moment.year * 12 + moment.month - 1 + months
    return _month(index // 12, index % 12 + 1)


def _month_literal(moment):
    return SQL(f"'{moment:%Y-%m-%d} 00:00:00'")
