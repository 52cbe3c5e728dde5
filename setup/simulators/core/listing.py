"""The ledger as JSON lists, filtered by the query string."""

import json
import re
from typing import Any

from .ledger import Ledger
from .wire import Problem

COLUMNS = {
    "requests": {
        "id", "method", "path", "idempotency_key", "correlation_id", "traceparent",
        "body_sha256", "status", "fault", "executed", "replayed",
    },
    "effects": {"id", "kind", "key", "request_id", "idempotency_key", "correlation_id"},
    "deliveries": {
        "id", "webhook_id", "event", "target", "subject", "correlation_id", "state",
        "attempt_count", "last_status",
    },
    "entities": {"id", "kind", "key"},
}  # fmt: skip
_JSON_COLUMNS = {
    "requests": ("query", "headers"),
    "effects": ("data",),
    "deliveries": (),
    "entities": ("data",),
}
_DATA_PATH = re.compile(r"data(\.\w+)+")


def list_table(ledger: Ledger, table: str, filters: dict[str, str]) -> dict[str, Any]:
    """Return `{"count": all that match, "items": [...]}`, oldest first.

    `filters` are column = value (an empty value means null), `data.member` = value on effects
    and entities, `since_id`, `limit` (default 1000) and `offset`. Raises Problem 422.
    """
    filters = dict(filters)
    limit = _integer(filters.pop("limit", "1000"), "limit")
    offset = _integer(filters.pop("offset", "0"), "offset")
    clauses, values = ["id > ?"], [_integer(filters.pop("since_id", "0"), "since_id")]
    for name, value in filters.items():
        expression = _expression(table, name)
        if value == "":
            clauses.append(f"{expression} IS NULL")
        else:
            clauses.append(f"CAST({expression} AS TEXT) = ?")
            values.append(value)
    where = " AND ".join(clauses)
    # S608: table and columns come from the constants above, values are bound
    total = ledger.row(f"SELECT count(*) AS n FROM {table} WHERE {where}", values)  # noqa: S608
    rows = ledger.rows(
        f"SELECT * FROM {table} WHERE {where} ORDER BY id LIMIT ? OFFSET ?",  # noqa: S608
        [*values, limit, offset],
    )
    items = [dict(row) for row in rows]
    for item in items:
        for column in _JSON_COLUMNS[table]:
            item[column] = json.loads(item[column])
    if table == "deliveries":
        _add_attempts(ledger, items)
    return {"count": total["n"] if total else 0, "items": items}


def list_entities(ledger: Ledger, kind: str, filters: dict[str, str]) -> dict[str, Any]:
    """Return the entities of `kind` themselves, filtered by `key` or by their own members."""
    columns = COLUMNS["entities"] | {"limit", "offset", "since_id"}
    inner = {name if name in columns else f"data.{name}": value for name, value in filters.items()}
    found = list_table(ledger, "entities", {**inner, "kind": kind})
    found["items"] = [item["data"] for item in found["items"]]
    return found


def _expression(table: str, name: str) -> str:
    if name in COLUMNS[table]:
        return name
    if "data" in _JSON_COLUMNS[table] and _DATA_PATH.fullmatch(name):
        return f"json_extract(data, '$.{name[5:]}')"
    known = sorted(COLUMNS[table])
    raise Problem(422, "Unknown filter", f"{name!r} is no filter here; known are {known}.")


def _add_attempts(ledger: Ledger, items: list[dict[str, Any]]) -> None:
    by_id = {item["id"]: item for item in items}
    for item in items:
        item["attempts"] = []
    if by_id:
        rows = ledger.rows(
            "SELECT * FROM attempts WHERE delivery_id BETWEEN ? AND ? ORDER BY id",
            (min(by_id), max(by_id)),
        )
        for row in rows:
            if row["delivery_id"] in by_id:
                by_id[row["delivery_id"]]["attempts"].append(dict(row))


def _integer(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise Problem(422, "Invalid filter", f"{name} must be a whole number, not {text!r}.")
    return int(text)
