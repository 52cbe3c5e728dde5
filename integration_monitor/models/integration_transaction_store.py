"""One statement that writes transactions, their documents and their milestones."""

import json

from psycopg2 import Error

from odoo import models
from odoo.tools import SQL

TRANSACTION_COLUMNS = {
    "name": "varchar", "process_id": "int", "correlation_id": "varchar", "res_model": "varchar",
    "res_id": "int", "state": "varchar", "timeliness": "varchar", "partner_id": "int",
    "company_id": "int", "warehouse_id": "int", "user_id": "int", "amount_total": "numeric",
    "currency_id": "int", "amount_company": "numeric", "started_at": "timestamp",
    "completed_at": "timestamp", "promised_at": "timestamp", "due_at": "timestamp",
    "tick_at": "timestamp", "waits_for_step_id": "int", "waits_since": "timestamp",
    "waits_on": "varchar", "waits_on_system_id": "int", "cause": "varchar",
    "cause_category": "varchar", "cause_text": "varchar", "retry_at": "timestamp",
}  # fmt: skip
FIXED_COLUMNS = ("process_id", "correlation_id", "res_model", "res_id", "started_at")
MILESTONE_COLUMNS = {
    "step_id": "int", "sequence": "int", "state": "varchar", "planned_at": "timestamp",
    "reached_at": "timestamp", "expected_count": "int", "reached_count": "int",
    "res_model": "varchar", "res_id": "int", "message_id": "int", "source": "varchar",
    "evidence": "jsonb", "history": "jsonb",
}  # fmt: skip
DOCUMENT_COLUMNS = {
    "res_model": "varchar", "res_id": "int", "document_name": "varchar", "role": "varchar",
    "state": "varchar",
}  # fmt: skip


def _names(columns):
    return SQL(", ").join(SQL.identifier(column) for column in columns)


def _recordset(rows, columns, **more):
    """A FROM item made of rows given as dicts."""
    typed = SQL(", ").join(
        SQL("%s %s", SQL.identifier(name), SQL(kind)) for name, kind in {**columns, **more}.items()
    )
    return SQL("jsonb_to_recordset(%s::jsonb) AS new(%s)", json.dumps(rows, default=str), typed)


def _excluded(columns):
    return SQL(", ").join(
        SQL("%s = EXCLUDED.%s", SQL.identifier(column), SQL.identifier(column))
        for column in columns
    )


class IntegrationTransactionStore(models.Model):
    _inherit = "integration.transaction"

    def _store(self, transactions, documents, milestones, link_messages=(), name_orders=()):
        """Write what the recorder found, in one statement; the caches of the ORM stay true.

        :param list transactions: values of ``TRANSACTION_COLUMNS``; new or changed
        :param list documents: values of ``DOCUMENT_COLUMNS`` with ``root_id`` and, once known,
            ``transaction_id``
        :param list milestones: values of ``MILESTONE_COLUMNS`` with the same two
        :param link_messages: correlation ids of new transactions whose messages came before them
        :param name_orders: ids of orders from before the installation, which carry no correlation
            id yet
        :return: transaction id by id of the root document, of new and changed transactions
        :raises psycopg2.Error: nothing was written; the database transaction is still usable
        """
        parts = [SQL("owner AS (%s)", self._store_transactions_sql(transactions))]
        for table, rows, columns, key in (
            ("integration_transaction_document", documents, DOCUMENT_COLUMNS, DOCUMENT_KEY),
            ("integration_milestone", milestones, MILESTONE_COLUMNS, MILESTONE_KEY),
        ):
            if rows:
                insert = _children_sql(table, rows, columns, key)
                parts.append(SQL("%s AS (%s)", SQL.identifier(f"new_{table}"), insert))
        if link_messages:
            parts.append(SQL("linked AS (%s)", SQL(LINK_MESSAGES, list(link_messages))))
        if name_orders:
            parts.append(SQL("named AS (%s)", SQL(NAME_ORDERS, list(name_orders))))
        # One way there and back for the savepoint too: this runs before each commit.
        try:
            rows = self.env.execute_query(
                SQL(
                    """SAVEPOINT integration_store;
                       WITH %s SELECT set_config('integration_monitor.owners',
                              COALESCE(jsonb_object_agg(res_id, id), '{}')::text, true) FROM owner;
                       RELEASE SAVEPOINT integration_store;
                       SELECT current_setting('integration_monitor.owners')""",
                    SQL(", ").join(parts),
                )
            )
        except Error as error:
            if error.pgcode:
                self.env.cr.execute("ROLLBACK TO SAVEPOINT integration_store")
            raise
        # The recorder runs after a flush: nothing of these models waits to be written.
        self.invalidate_model(flush=False)
        self.env["integration.milestone"].invalidate_model(flush=False)
        self.env["integration.transaction.document"].invalidate_model(flush=False)
        if link_messages:
            self.env["integration.message"].invalidate_model(["transaction_id"], flush=False)
        if name_orders:
            self.env["sale.order"].invalidate_model(["integration_correlation_id"], flush=False)
        return {int(res_id): owner_id for res_id, owner_id in json.loads(rows[0][0]).items()}

    def _store_transactions_sql(self, transactions):
        """The upsert of transactions, returning their ids; an empty table when there are none."""
        if not transactions:
            return SQL(
                "SELECT NULL::int AS id, NULL::int AS res_id, NULL AS correlation_id WHERE false"
            )
        changing = [column for column in TRANSACTION_COLUMNS if column not in FIXED_COLUMNS]
        return SQL(
            """
            INSERT INTO integration_transaction
                   (%(names)s, create_uid, write_uid, create_date, write_date)
            SELECT %(names)s, %(uid)s, %(uid)s, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
              FROM %(rows)s
            ON CONFLICT (res_model, res_id) DO UPDATE
               SET %(changes)s, write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
            RETURNING id, res_id, correlation_id
            """,
            names=_names(TRANSACTION_COLUMNS),
            uid=self.env.uid,
            rows=_recordset(transactions, TRANSACTION_COLUMNS),
            changes=_excluded(changing),
        )


DOCUMENT_KEY = ("transaction_id", "res_model", "res_id")
MILESTONE_KEY = ("transaction_id", "step_id")
# Messages that another worker holds are linked when that worker settles them.
LINK_MESSAGES = """
    UPDATE integration_message message
       SET transaction_id = owner.id
      FROM owner
     WHERE message.correlation_id = owner.correlation_id
       AND message.id IN (SELECT id FROM integration_message
                           WHERE correlation_id = ANY(%s) AND transaction_id IS NULL
                             FOR UPDATE SKIP LOCKED)"""

NAME_ORDERS = """
    UPDATE sale_order
       SET integration_correlation_id = owner.correlation_id
      FROM owner
     WHERE sale_order.id = owner.res_id AND sale_order.id = ANY(%s)"""


def _children_sql(table, rows, columns, key):
    """The upsert of documents or milestones of transactions, new ones included."""
    rows = [{**row, "position": position} for position, row in enumerate(rows)]
    return SQL(
        """
        INSERT INTO %(table)s AS old (transaction_id, %(names)s)
        SELECT COALESCE(new.transaction_id, owner.id), %(values)s
          FROM %(rows)s
          LEFT JOIN owner ON owner.res_id = new.root_id
         ORDER BY new.position
        ON CONFLICT (%(key)s) DO UPDATE SET %(changes)s
        """,
        table=SQL.identifier(table),
        names=_names(columns),
        values=SQL(", ").join(SQL.identifier("new", column) for column in columns),
        rows=_recordset(rows, columns, root_id="int", transaction_id="int", position="int"),
        key=_names(key),
        changes=_excluded(column for column in columns if column not in key),
    )
