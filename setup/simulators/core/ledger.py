"""The durable ledger: one SQLite file (WAL, synchronous=FULL) per simulator.

Everything that one request causes (its effects, the webhooks it queues, the answer kept for its
idempotency key) is written by one transaction and committed before the answer leaves.
"""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .clock import iso
from .wire import Request

SECRET_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
TABLES = (
    "requests",
    "effects",
    "entities",
    "deliveries",
    "attempts",
    "idempotency",
    "timers",
)


class Ledger:
    """Access to the ledger file; safe to use from several threads, one transaction at a time."""

    def __init__(self, path: str | Path) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._topics: set[str] = set()
        self._listeners: dict[str, Callable[[], None]] = {}
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        schema = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
        self._db.executescript(schema)

    def close(self) -> None:
        """Close the file. A later use raises sqlite3.ProgrammingError."""
        with self._lock:
            self._db.close()

    # -- transactions ------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block in a transaction (nested blocks join it); roll back when it raises."""
        with self._lock:
            if self._depth:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._depth = 1
            self._topics.clear()
            try:
                yield
            except BaseException:
                self._depth = 0
                self._db.execute("ROLLBACK")
                raise
            self._depth = 0
            self._db.execute("COMMIT")
            topics = set(self._topics)
        for topic in topics & set(self._listeners):
            self._listeners[topic]()

    def on_commit(self, topic: str, listener: Callable[[], None]) -> None:
        """Have `listener` called after each commit that touched `topic`."""
        self._listeners[topic] = listener

    def touch(self, topic: str) -> None:
        """Say that the running transaction concerns `topic`."""
        self._topics.add(topic)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement in the transaction of the caller."""
        with self._lock:
            return self._db.execute(sql, values)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        """Return the first row of a query, or None."""
        with self._lock:
            return self._db.execute(sql, values).fetchone()

    # -- requests and effects ----------------------------------------------------------------

    def add_request(self, request: Request, fault: str | None) -> None:
        """Record a request as received, once; its answer is not known yet."""
        if request.ledger_id is not None:
            return
        shown = {k: "***" if k in SECRET_HEADERS else v for k, v in request.headers.items()}
        cursor = self.execute(
            "INSERT INTO requests (received_at, method, path, query, idempotency_key,"
            " correlation_id, traceparent, headers, body, body_sha256, fault)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            (
                iso(),
                request.method,
                request.path,
                json.dumps(request.query),
                request.idempotency_key,
                request.correlation_id,
                request.headers.get("traceparent"),
                json.dumps(shown),
                request.body.decode("utf-8", "replace"),
                request.body_sha256,
                fault,
            ),
        )
        request.ledger_id = cursor.lastrowid

    def settle_request(
        self, request: Request, status: int | None, executed: bool, replayed: bool = False
    ) -> None:
        """Record the status that was answered (None: no answer) and whether it had effects."""
        self.execute(
            "UPDATE requests SET status=?, executed=?, replayed=? WHERE id=?",
            (status, executed, replayed, request.ledger_id),
        )

    def add_effect(
        self,
        kind: str,
        key: str,
        data: dict[str, Any],
        request: Request | None = None,
        correlation_id: str | None = None,
    ) -> None:
        """Append a business effect: what happened to the business object `key` of `kind`."""
        self.execute(
            "INSERT INTO effects (created_at, kind, key, request_id, idempotency_key,"
            " correlation_id, data) VALUES (?,?,?,?,?,?,?)",
            (
                iso(),
                kind,
                key,
                request.ledger_id if request else None,
                request.idempotency_key if request else None,
                correlation_id or (request.correlation_id if request else None),
                json.dumps(data),
            ),
        )

    # -- entities: the present state of business objects -------------------------------------

    def get(self, kind: str, key: str) -> dict[str, Any] | None:
        """Return the entity `key` of `kind`, or None."""
        row = self.row("SELECT data FROM entities WHERE kind=? AND key=?", (kind, key))
        return json.loads(row["data"]) if row else None

    def put(self, kind: str, key: str, data: dict[str, Any]) -> None:
        """Create or replace the entity `key` of `kind`."""
        moment = iso()
        self.execute(
            "INSERT INTO entities (kind, key, created_at, updated_at, data) VALUES (?,?,?,?,?)"
            " ON CONFLICT (kind, key) DO UPDATE SET updated_at=excluded.updated_at,"
            " data=excluded.data",
            (kind, key, moment, moment, json.dumps(data)),
        )

    def all(self, kind: str) -> list[dict[str, Any]]:
        """Return every entity of `kind`, oldest first."""
        rows = self.rows("SELECT data FROM entities WHERE kind=? ORDER BY id", (kind,))
        return [json.loads(row["data"]) for row in rows]

    # -- settings ----------------------------------------------------------------------------

    def setting(self, key: str, default: Any = None) -> Any:
        """Return a durable setting, or `default`."""
        row = self.row("SELECT value FROM settings WHERE key=?", (key,))
        return json.loads(row["value"]) if row else default

    def set_setting(self, key: str, value: Any) -> None:
        """Store a durable setting."""
        self.execute(
            "INSERT INTO settings (key, value) VALUES (?,?)"
            " ON CONFLICT (key) DO UPDATE SET value=excluded.value",
            (key, json.dumps(value)),
        )

    def empty(self) -> None:
        """Delete every record; targets, catalogue and behaviour stay, order numbers go on."""
        for table in TABLES:
            self.execute(f"DELETE FROM {table}")  # noqa: S608 - a constant name
