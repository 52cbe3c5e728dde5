"""The table behind ``integration.log``: partitions, indexes, the view that the ORM reads.

``integration_log_data`` is partitioned by retention class (LIST), and each class by month (RANGE),
so that keeping refused calls for two weeks and audit entries for a year is a matter of dropping
tables. The ORM does not know partitioned tables, therefore the model sits on the auto-updatable
view ``integration_log``.
"""

import logging
import re
from datetime import datetime, timedelta

import psycopg2

from odoo.tools import SQL

from ..tools.observation import RETENTION_CLASSES, utcnow

_logger = logging.getLogger(__name__)

TABLE = "integration_log_data"
VIEW = "integration_log"
SEQUENCE = "integration_log_data_id_seq"
MONTHS_AHEAD = 3

# Column and type, in the order of the first release; append new ones at the end.
COLUMNS = {
    "id": f"bigint NOT NULL DEFAULT nextval('{SEQUENCE}')",
    "occurred_at": "timestamp NOT NULL",
    "retention_class": "varchar NOT NULL DEFAULT 'standard'",
    "kind": "varchar NOT NULL",
    "direction": "varchar",
    "system_id": "integer",
    "endpoint_id": "integer",
    "flow_id": "integer",
    "message_id": "integer",
    "message_uid": "varchar",
    "correlation_id": "varchar",
    "trace_id": "varchar",
    "span_id": "varchar",
    "parent_span_id": "varchar",
    "method": "varchar",
    "host": "varchar",
    "path_template": "varchar",
    "status_code": "integer",
    "outcome": "varchar NOT NULL DEFAULT 'ok'",
    "error_class": "varchar",
    "error_message": "text",
    "fingerprint": "varchar",
    "attempt": "integer",
    "duration_ms": "double precision",
    "request_bytes": "bigint",
    "response_bytes": "bigint",
    "company_id": "integer",
    "region": "varchar",
    "user_id": "integer",
    "res_model": "varchar",
    "res_id": "integer",
    "retry_after": "double precision",
    "request_headers": "jsonb",
    "response_excerpt": "text",
    "count": "integer NOT NULL DEFAULT 1",
    "recorded_at": "timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')",
    "txid": "xid8 NOT NULL DEFAULT pg_current_xact_id()",
    "operation": "varchar",
    "lag_ms": "double precision",
    "quota_limit": "integer",
    "quota_remaining": "integer",
    "quota_reset": "double precision",
    "records_announced": "integer",
    "records_received": "integer",
    "records_applied": "integer",
    "detail": "jsonb",
}
_NOT_IN_VIEW = {"txid"}  # the ORM has no type for it; the roll-up reads the table

INDEXES = {
    "integration_log_data_occurred_idx": "occurred_at, id",
    "integration_log_data_correlation_idx": "correlation_id",
    "integration_log_data_endpoint_idx": "endpoint_id, occurred_at",
    "integration_log_data_flow_idx": "flow_id, occurred_at",
    "integration_log_data_error_idx": "error_class, occurred_at",
    "integration_log_data_message_idx": "message_id",
    "integration_log_data_fingerprint_idx": "fingerprint, occurred_at",
    "integration_log_data_txid_idx": "txid",
    "integration_log_data_quota_idx": "endpoint_id, occurred_at",
    "integration_log_data_failed_idx": "occurred_at, id",
}
_PARTIAL = {
    "integration_log_data_correlation_idx": "correlation_id IS NOT NULL",
    "integration_log_data_endpoint_idx": "endpoint_id IS NOT NULL",
    "integration_log_data_flow_idx": "flow_id IS NOT NULL",
    "integration_log_data_error_idx": "error_class IS NOT NULL",
    "integration_log_data_message_idx": "message_id IS NOT NULL",
    "integration_log_data_quota_idx": "quota_remaining IS NOT NULL",
    "integration_log_data_fingerprint_idx": "fingerprint IS NOT NULL",
    "integration_log_data_failed_idx": "outcome = 'error'",
}
_LEAF = re.compile(r"integration_log_(standard|refused|audit)_y([0-9]{4})m([0-9]{2})")


def ensure_schema(cr):
    """Create or upgrade table, indexes and view; run again, it changes nothing."""
    cr.execute(SQL("CREATE SEQUENCE IF NOT EXISTS %s", SQL.identifier(SEQUENCE)))
    columns = SQL(", ").join(_column(name) for name in COLUMNS)
    cr.execute(
        SQL(
            "CREATE TABLE IF NOT EXISTS %s (%s, PRIMARY KEY (id, retention_class, occurred_at))"
            " PARTITION BY LIST (retention_class)",
            SQL.identifier(TABLE),
            columns,
        )
    )
    cr.execute(
        SQL("ALTER SEQUENCE %s OWNED BY %s.id", SQL.identifier(SEQUENCE), SQL.identifier(TABLE))
    )
    existing = _column_names(cr, TABLE)
    for name in COLUMNS:
        if name not in existing:
            cr.execute(SQL("ALTER TABLE %s ADD COLUMN %s", SQL.identifier(TABLE), _column(name)))
    for retention_class in RETENTION_CLASSES:
        cr.execute(
            SQL(
                "CREATE TABLE IF NOT EXISTS %s PARTITION OF %s FOR VALUES IN (%s)"
                " PARTITION BY RANGE (occurred_at)",
                SQL.identifier(_class_table(retention_class)),
                SQL.identifier(TABLE),
                SQL(f"'{retention_class}'"),  # DDL takes literals only; a constant of ours
            )
        )
    for name, expression in INDEXES.items():
        where = SQL(" WHERE " + _PARTIAL[name]) if name in _PARTIAL else SQL()
        cr.execute(
            SQL(
                "CREATE INDEX IF NOT EXISTS %s ON %s (%s)%s",
                SQL.identifier(name),
                SQL.identifier(TABLE),
                SQL(expression),
                where,
            )
        )
    _ensure_view(cr)


def ensure_partitions(cr, today=None, months_ahead=MONTHS_AHEAD):
    """Make the partitions of last month, this one and ``months_ahead`` more; returns how many."""
    today = today or utcnow()
    months = [_add_months(today, offset) for offset in range(-1, months_ahead + 1)]
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
    name = _leaf_name(retention_class, start)
    if _exists(cr, name):
        return False
    parent = SQL.identifier(_class_table(retention_class))
    # One maker at a time; taking the lock also makes the other's table known to this session.
    # A writer that must not wait longer tries again later: no error of Odoo's.
    cr.execute(SQL("LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE", parent), log_exceptions=False)
    if _exists(cr, name):
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
            _month_literal(_add_months(start, 1)),
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
            [_class_table(name) for name in RETENTION_CLASSES],
        )
    )
    result = []
    for (name,) in cr.fetchall():
        match = _LEAF.fullmatch(name)
        if match:
            start = _month(int(match.group(2)), int(match.group(3)))
            result.append((name, match.group(1), start, _add_months(start, 1)))
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
                parent = SQL.identifier(_class_table(retention_class))
                leaf = SQL.identifier(name)
                cr.execute(SQL("ALTER TABLE %s DETACH PARTITION %s", parent, leaf))
                cr.execute(SQL("DROP TABLE %s", leaf))
        except psycopg2.errors.LockNotAvailable:
            _logger.info("Log partition %s is in use; it is dropped on the next run.", name)
            continue
        dropped.append(name)
    return dropped


def drop_all(cr):
    """Remove view, table with its partitions, and sequence (uninstallation)."""
    cr.execute(SQL("DROP VIEW IF EXISTS %s", SQL.identifier(VIEW)))
    cr.execute(SQL("DROP TABLE IF EXISTS %s CASCADE", SQL.identifier(TABLE)))
    cr.execute(SQL("DROP SEQUENCE IF EXISTS %s", SQL.identifier(SEQUENCE)))


def _ensure_view(cr):
    # The table's own order: CREATE OR REPLACE only appends, and so does ADD COLUMN.
    names = [name for name in _column_names(cr, TABLE) if name not in _NOT_IN_VIEW]
    definition = SQL(
        "VIEW %s AS SELECT %s FROM %s",
        SQL.identifier(VIEW),
        SQL(", ").join(SQL.identifier(name) for name in names),
        SQL.identifier(TABLE),
    )
    try:
        with cr.savepoint(flush=False):
            cr.execute(SQL("CREATE OR REPLACE %s", definition), log_exceptions=False)
    except psycopg2.errors.InvalidTableDefinition:
        cr.execute(SQL("DROP VIEW %s", SQL.identifier(VIEW)))
        cr.execute(SQL("CREATE %s", definition))


def _column(name):
    return SQL("%s %s", SQL.identifier(name), SQL(COLUMNS[name]))


def _column_names(cr, table):
    cr.execute(
        SQL(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            table,
        )
    )
    return [name for (name,) in cr.fetchall()]


def _exists(cr, name):
    cr.execute(SQL("SELECT to_regclass(%s) IS NOT NULL", name))
    return cr.fetchone()[0]


def _class_table(retention_class):
    return f"integration_log_{retention_class}"


def _leaf_name(retention_class, start):
    return f"integration_log_{retention_class}_y{start.year:04d}m{start.month:02d}"


def _month(year, month):
    return datetime(year, month, 1)  # noqa: DTZ001 - naive UTC, as the column holds it


def _add_months(moment, months):
    index = moment.year * 12 + moment.month - 1 + months
    return _month(index // 12, index % 12 + 1)


def _month_literal(moment):
    return SQL(f"'{moment:%Y-%m-%d} 00:00:00'")
