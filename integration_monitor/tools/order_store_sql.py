"""Plain SQL: the database function that writes transactions, their documents and milestones.

A function, because its text neither travels nor is put together each time.
"""

from __future__ import annotations

from collections.abc import Iterable

TRANSACTION_COLUMNS = {
    "name": "varchar", "process_id": "int", "correlation_id": "varchar", "res_model": "varchar",
    "res_id": "int", "state": "varchar", "timeliness": "varchar", "partner_id": "int",
    "company_id": "int", "warehouse_id": "int", "user_id": "int", "amount_total": "numeric",
    "currency_id": "int", "amount_company": "numeric", "started_at": "timestamp",
    "completed_at": "timestamp", "promised_at": "timestamp", "due_at": "timestamp",
    "tick_at": "timestamp", "waits_for_step_id": "int", "waits_since": "timestamp",
    "waits_on": "varchar", "waits_on_system_id": "int", "cause": "varchar",
    "cause_category": "varchar", "cause_text": "varchar", "retry_at": "timestamp",
    "evidence": "jsonb",
}  # fmt: skip
MILESTONE_COLUMNS = {
    "step_id": "int", "sequence": "int", "state": "varchar", "planned_at": "timestamp",
    "reached_at": "timestamp", "expected_count": "int", "reached_count": "int",
    "res_model": "varchar", "res_id": "int", "message_id": "int", "source": "varchar",
    "evidence": "jsonb", "history": "jsonb",
}  # fmt: skip
DOCUMENT_COLUMNS = {
    "res_model": "varchar", "res_id": "int", "document_name": "varchar", "role": "varchar",
}  # fmt: skip
#: What tells one row from another; the first three of a transaction never change either.
TRANSACTION_KEY = ("res_model", "res_id")
FIXED_COLUMNS = ("process_id", "correlation_id", "started_at", *TRANSACTION_KEY)
DOCUMENT_KEY = ("transaction_id", "res_model", "res_id")
MILESTONE_KEY = ("transaction_id", "step_id")


def _names(columns: Iterable[str], of: str = "") -> str:
    return ", ".join(f'{of}"{column}"' for column in columns)


def _typed(columns: dict[str, str]) -> str:
    return ", ".join(f'"{name}" {kind}' for name, kind in columns.items())


def _excluded(columns: Iterable[str], but: Iterable[str]) -> str:
    return ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in columns if name not in but)


def _children(table: str, rows: str, columns: dict[str, str], key: tuple[str, ...]) -> str:
    """The upsert of documents or milestones, those of new transactions included."""
    typed = _typed({**columns, "root_id": "int", "transaction_id": "int"})
    return f"""
        INSERT INTO {table} (transaction_id, {_names(columns)})
        SELECT COALESCE(new.transaction_id, (owners -> new.root_id::text)::int),
               {_names(columns, of="new.")}
          FROM jsonb_to_recordset({rows}) AS new({typed})
        ON CONFLICT ({_names(key)}) DO UPDATE SET {_excluded(columns, key)}"""


TRANSACTIONS = f"""
    INSERT INTO integration_transaction
           ({_names(TRANSACTION_COLUMNS)}, create_uid, write_uid, create_date, write_date)
    SELECT {_names(TRANSACTION_COLUMNS, of="new.")}, author_id, author_id,
           now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
      FROM jsonb_to_recordset(transactions) AS new({_typed(TRANSACTION_COLUMNS)})
    ON CONFLICT ({_names(TRANSACTION_KEY)}) DO UPDATE
       SET {_excluded(TRANSACTION_COLUMNS, FIXED_COLUMNS)},
           write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
    RETURNING id, res_id"""

# Messages that another worker holds are linked when that worker settles them.
LINK_MESSAGES = """
    UPDATE integration_message message
       SET transaction_id = owner.id
      FROM integration_transaction owner
     WHERE owner.correlation_id = message.correlation_id
       AND message.id IN (SELECT id FROM integration_message
                           WHERE correlation_id = ANY(link_messages) AND transaction_id IS NULL
                             FOR UPDATE SKIP LOCKED)"""

NAME_ORDERS = """
    UPDATE sale_order
       SET integration_correlation_id = owner.correlation_id
      FROM integration_transaction owner
     WHERE owner.res_model = 'sale.order' AND owner.res_id = sale_order.id
       AND sale_order.id = ANY(name_orders)"""

_DOCUMENTS = _children(
    "integration_transaction_document", "documents", DOCUMENT_COLUMNS, DOCUMENT_KEY
)
_MILESTONES = _children("integration_milestone", "milestones", MILESTONE_COLUMNS, MILESTONE_KEY)

#: The ids of new and changed transactions by root are left in a setting of the database
#: transaction: the statement that calls the function ends with the release of a savepoint.
OWNERS = "integration_monitor.owners"
BODY = f"""
    #variable_conflict use_variable
    DECLARE
        owners jsonb := '{{}}';
    BEGIN
        -- What is empty costs nothing.
        IF transactions IS NOT NULL THEN
            WITH owner AS ({TRANSACTIONS})
            SELECT jsonb_object_agg(owner.res_id, owner.id) INTO owners FROM owner;
        END IF;
        IF documents IS NOT NULL THEN {_DOCUMENTS}; END IF;
        IF milestones IS NOT NULL THEN {_MILESTONES}; END IF;
        IF link_messages IS NOT NULL THEN {LINK_MESSAGES}; END IF;
        IF name_orders IS NOT NULL THEN {NAME_ORDERS}; END IF;
        PERFORM set_config('{OWNERS}', owners::text, true);
    END"""
