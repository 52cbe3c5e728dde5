"""The table behind ``integration.log``: columns, indexes, the view that the ORM reads.

``integration_log_data`` is partitioned by retention class (LIST), and each class by month (RANGE),
so that keeping refused calls for two weeks and audit entries for a year is a matter of dropping
tables (``log_partitions.py``). The ORM does not know partitioned tables, therefore the model sits
on the auto-updatable view ``integration_log``.
"""

import psycopg2

from odoo.tools import SQL

from ..tools.observation import RETENTION_CLASSES

TABLE = "integration_log_data"
VIEW = "integration_log"
SEQUENCE = "integration_log_data_id_seq"

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
                SQL.identifier(class_table(retention_class)),
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


def class_table(retention_class):
    """:return: the table of a retention class, whose partitions are the months"""
    return f"integration_log_{retention_class}"
