"""Plain SQL that writes transactions, their documents and milestones, put together of what is new.

Of PostgreSQL's work most is to understand a statement: one without the columns that did not change,
with values in place of a function that reads them from JSON, takes a third of the time. Many rows
come as one array for each column: thousands of values take longer to understand than to write.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

TRANSACTION_COLUMNS = {
    "name": "varchar", "process_id": "int", "correlation_id": "varchar", "res_model": "varchar",
    "res_id": "int", "state": "varchar", "timeliness": "varchar", "partner_id": "int",
    "company_id": "int", "warehouse_id": "int", "user_id": "int", "amount_total": "numeric",
    "currency_id": "int", "amount_company": "numeric", "started_at": "timestamp",
    "completed_at": "timestamp", "promised_at": "timestamp", "due_at": "timestamp",
    "due_step_id": "int", "tick_at": "timestamp", "waits_for_step_id": "int",
    "waits_since": "timestamp",
    "waits_on": "varchar", "waits_on_kind": "varchar", "waits_on_system_id": "int",
    "waits_on_user_id": "int",
    "cause": "varchar", "cause_category": "varchar", "cause_text": "varchar",
    "retry_at": "timestamp", "evidence": "jsonb",
}  # fmt: skip
#: These never change.
FIXED_COLUMNS = frozenset({"process_id", "correlation_id", "started_at", "res_model", "res_id"})
#: These follow from the order's documents; the others are taken over from the order itself.
PROGRESS_COLUMNS = frozenset({
    "state", "timeliness", "completed_at", "due_at", "due_step_id", "tick_at",
    "waits_for_step_id", "waits_since", "waits_on", "waits_on_kind", "waits_on_system_id",
    "waits_on_user_id", "cause", "cause_category", "cause_text", "retry_at",
})  # fmt: skip
MILESTONE_COLUMNS = {
    "transaction_id": "int", "step_id": "int", "sequence": "int", "state": "varchar",
    "planned_at": "timestamp", "reached_at": "timestamp", "expected_count": "int",
    "reached_count": "int", "res_model": "varchar", "res_id": "int", "message_id": "int",
    "source": "varchar", "evidence": "jsonb", "history": "jsonb",
}  # fmt: skip
MILESTONE_KEY = ("transaction_id", "step_id")
DOCUMENT_COLUMNS = {
    "transaction_id": "int", "res_model": "varchar", "res_id": "int", "document_name": "varchar",
    "role": "varchar",
}  # fmt: skip
DOCUMENT_KEY = ("transaction_id", "res_model", "res_id")
#: From so many rows on arrays are quicker; what one document changes is less.
MANY = 40

# Messages that another worker holds are linked when that worker settles them.
LINK_MESSAGES = """
    UPDATE integration_message message
       SET transaction_id = owner.id
      FROM integration_transaction owner
     WHERE owner.correlation_id = message.correlation_id
       AND message.id IN (SELECT id FROM integration_message
                           WHERE correlation_id = ANY(%s) AND transaction_id IS NULL
                             FOR UPDATE SKIP LOCKED)"""

#: ``{table}`` is that of the root's model.
NAME_ORDERS = """
    UPDATE {table} root
       SET integration_correlation_id = new.name
      FROM unnest(%s::int[], %s::varchar[]) new (id, name)
     WHERE root.id = new.id"""


class Statements:
    """Statements that go to the database together, and their parameters."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.values: list[Any] = []

    def add(self, text: str, *values: Any) -> None:
        """Add a statement with a ``%s`` for each value."""
        self.texts.append(text)
        self.values += values

    def _rows(self, columns: Iterable[str], marks: str, rows: Iterable[dict[str, Any]]) -> str:
        """Take the values of rows; return the places for them."""
        places = []
        for row in rows:
            places.append(marks)
            for column in columns:
                self.values.append(_adapted(row[column]))
        return ", ".join(places)

    def _source(self, columns: dict[str, str], rows: list[dict[str, Any]]) -> str:
        """Take the values of rows; return what an insertion reads them from.

        :param columns: the types by name
        """
        if len(rows) < MANY:
            marks = f"({', '.join(['%s'] * len(columns))})"
            return f"VALUES {self._rows(columns, marks, rows)}"
        places: list[str] = []
        names: list[str] = []
        kinds: list[str] = []
        arrays: list[str] = []
        for name, kind in columns.items():
            values = [row[name] for row in rows]
            if not any(value is not None for value in values):
                # An array is taken apart value by value, also one of nothing.
                places.append(f"NULL::{kind}")
                continue
            places.append(f"new.{name}")
            names.append(name)
            arrays.append(f"{{{','.join(_texts(values))}}}")
            kinds.append(f"%s::{kind}[]")
        self.values += arrays
        return (
            f"SELECT {', '.join(places)} FROM unnest({', '.join(kinds)}) new ({', '.join(names)})"
        )

    def add_transactions(self, rows: list[dict[str, Any]]) -> None:
        """Insert transactions, whose ids are given.

        One that another database transaction made meanwhile is a serialization failure.
        """
        columns = {"id": "int", **TRANSACTION_COLUMNS}
        if any(row.get("adopted_at") for row in rows):
            columns["adopted_at"] = "timestamp"
        self.texts.append(
            f"INSERT INTO integration_transaction ({', '.join(columns)})"
            f" {self._source(columns, rows)}"
            " ON CONFLICT (res_model, res_id) DO UPDATE SET res_id = EXCLUDED.res_id"
        )

    def change_transactions(self, rows: list[dict[str, Any]], changed: Collection[str]) -> None:
        """Update some columns of transactions."""
        columns = [name for name in TRANSACTION_COLUMNS if name in changed]
        if len(rows) == 1:
            # Most often; without a join it is understood faster.
            values = [rows[0][name] for name in columns]
            self.add(
                f"UPDATE integration_transaction SET {', '.join(f'{n} = %s' for n in columns)}"
                " WHERE id = %s",
                *map(_adapted, values),
                rows[0]["id"],
            )
            return
        marks = ", ".join(["%s::int", *(f"%s::{TRANSACTION_COLUMNS[name]}" for name in columns)])
        places = self._rows(("id", *columns), f"({marks})", rows)
        self.texts.append(
            f"UPDATE integration_transaction owner"
            f" SET {', '.join(f'{name} = new.{name}' for name in columns)}"
            f" FROM (VALUES {places}) new (id, {', '.join(columns)}) WHERE owner.id = new.id"
        )

    def put(
        self,
        table: str,
        columns: dict[str, str],
        key: tuple[str, ...],
        rows: list[dict[str, Any]],
        known: bool,
    ) -> None:
        """Insert documents or milestones, or bring those that exist up to date.

        :param columns: the types by name
        :param known: whether some may exist; of a new transaction none does
        """
        text = f"INSERT INTO {table} ({', '.join(columns)}) {self._source(columns, rows)}"
        if known:
            names = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns if name not in key)
            text += f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {names}"
        self.texts.append(text)


def _adapted(value: Any) -> Any:
    """A value as a parameter of a statement."""
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def _texts(values: list[Any]) -> list[str]:
    """Values of one column as PostgreSQL reads them in an array; most columns repeat a few."""
    try:
        known = {value: _element(value) for value in set(values)}
    except TypeError:  # objects of JSON cannot be looked up
        return [_element(value) for value in values]
    return [known[value] for value in values]


def _element(value: Any) -> str:
    """A value in an array: all but numbers in quotes."""
    if value is None:
        return "NULL"
    if isinstance(value, (int, float)):
        return str(value)
    text = str(_adapted(value))
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
