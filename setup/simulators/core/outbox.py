"""The durable queue of webhooks to send. States: `pending`, `unrouted` (no target is configured
for its event), `held` (an out-of-order fault), `delivered`, `gone` (the receiver answered 410).
"""

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from .clock import iso, now
from .ledger import Ledger
from .wire import Problem

TOPIC = "outbox"


@dataclass(frozen=True)
class Attempt:
    """One HTTP exchange: start, duration in seconds, status or error, fault in play."""

    started_at: str
    seconds: float
    url: str
    status: int | None
    error: str | None
    fault: str | None
    retry_after: float | None = None


class Outbox:
    """Reads and writes the tables `deliveries` and `attempts`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    # -- targets -----------------------------------------------------------------------------

    def targets(self) -> dict[str, dict[str, Any]]:
        """Return the targets by event type."""
        return self._ledger.setting("targets", {})

    def set_targets(self, targets: dict[str, Any], merge: bool = False) -> dict[str, Any]:
        """Store targets and release what waited for one. Raises Problem 422."""
        for event, target in targets.items():
            valid = isinstance(target, dict) and set(target) <= {"url", "secret", "headers"}
            if not valid or not all(isinstance(target.get(k), str) for k in ("url", "secret")):
                raise Problem(
                    422, "Invalid target", f"{event!r} needs url, secret and at most headers."
                )
        if merge:
            targets = {**self.targets(), **targets}
        self._ledger.set_setting("targets", targets)
        self._ledger.execute(
            "UPDATE deliveries SET state='pending', next_at=? WHERE state='unrouted'", (now(),)
        )
        self._ledger.touch(TOPIC)
        return targets

    # -- queue -------------------------------------------------------------------------------

    def enqueue(
        self,
        event: str,
        body: Any,
        webhook_id: str,
        *,
        target: str | None = None,
        subject: str | None = None,
        correlation_id: str | None = None,
    ) -> int:
        """Queue a webhook in the transaction of the caller and return its number.

        `body` is JSON data. `target` names the target to use if it is configured, else that of
        `event` is used. `subject` is the business object, for the ledger.
        """
        cursor = self._ledger.execute(
            "INSERT INTO deliveries (webhook_id, event, target, subject, correlation_id,"
            " created_at, body, next_at) VALUES (?,?,?,?,?,?,?,?)",
            (
                webhook_id,
                event,
                target or event,
                subject,
                correlation_id,
                iso(),
                json.dumps(body, ensure_ascii=False),
                now(),
            ),
        )
        self._ledger.touch(TOPIC)
        return int(cursor.lastrowid or 0)

    def due(self, busy: set[int], limit: int) -> list[sqlite3.Row]:
        """Return deliveries to attempt now, oldest due first, except those in `busy`."""
        moment = now()
        with self._ledger.transaction():
            self._ledger.execute(
                "UPDATE deliveries SET state='pending', next_at=? WHERE state='held'"
                " AND (hold_count <= 0 OR hold_until <= ?)",
                (moment, moment),
            )
            rows = self._ledger.rows(
                "SELECT * FROM deliveries WHERE state='pending' AND next_at <= ?"
                " ORDER BY next_at, id LIMIT ?",
                (moment, limit + len(busy)),
            )
        return [row for row in rows if row["id"] not in busy][:limit]

    def next_due(self, busy: set[int]) -> float | None:
        """Return when the next delivery is due (seconds since the epoch), None if there is none."""
        rows = self._ledger.rows(
            "SELECT id, CASE state WHEN 'held' THEN hold_until ELSE next_at END AS due"
            " FROM deliveries WHERE state IN ('pending', 'held') ORDER BY due LIMIT ?",
            (len(busy) + 1,),
        )
        times = [row["due"] for row in rows if row["id"] not in busy]
        return min(times) if times else None

    def hold(self, number: int, count: int, seconds: float) -> None:
        """Hold a delivery until `count` later ones went out, `seconds` at most."""
        with self._ledger.transaction():
            self._ledger.execute(
                "UPDATE deliveries SET state='held', hold_count=?, hold_until=? WHERE id=?",
                (count, now() + seconds, number),
            )

    def park(self, row: sqlite3.Row) -> None:
        """Mark a delivery whose event has no target, unless it has just got one."""
        with self._ledger.transaction():
            if not {row["target"], row["event"]} & set(self.targets()):
                self._ledger.execute(
                    "UPDATE deliveries SET state='unrouted' WHERE id=?", (row["id"],)
                )

    def settle(self, number: int, attempts: list[Attempt], wait: float) -> None:
        """Record one round of attempts: delivered on 2xx, gone on 410, else due in `wait` s."""
        with self._ledger.transaction():
            if self._ledger.row("SELECT 1 FROM deliveries WHERE id=?", (number,)) is None:
                return
            for item in attempts:
                self._ledger.execute(
                    "INSERT INTO attempts (delivery_id, started_at, seconds, url, status, error,"
                    " fault) VALUES (?,?,?,?,?,?,?)",
                    (
                        number,
                        item.started_at,
                        round(item.seconds, 4),
                        item.url,
                        item.status,
                        item.error,
                        item.fault,
                    ),
                )
            last = attempts[-1]
            good = any(a.error is None and a.status and 200 <= a.status < 300 for a in attempts)
            gone = any(a.status == 410 for a in attempts)
            state = "delivered" if good else "gone" if gone else "pending"
            self._ledger.execute(
                "UPDATE deliveries SET state=?, attempt_count=attempt_count+?, next_at=?,"
                " last_status=?, last_error=?, delivered_at=? WHERE id=?",
                (
                    state,
                    len(attempts),
                    now() + wait,
                    last.status,
                    last.error,
                    iso() if good else None,
                    number,
                ),
            )
            if good:
                self._ledger.execute(
                    "UPDATE deliveries SET hold_count=hold_count-1 WHERE state='held' AND id<?",
                    (number,),
                )
            self._ledger.touch(TOPIC)
