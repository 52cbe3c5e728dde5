"""Sends the webhooks of the outbox until each is accepted."""

import logging
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin, urlsplit

from .clock import now
from .config import Config
from .faults import Faults, OutboundPlan
from .outbox import TOPIC, Attempt, Outbox
from .sending import post

_logger = logging.getLogger(__name__)
LONGEST_HOLD = 30.0


class Deliverer:
    """A scheduler thread and up to `config.workers` sending threads.

    A delivery is retried after the delays of `config.retry_schedule` (or a longer Retry-After)
    until it is answered by 2xx; 410 ends it. What was not delivered when the process died is
    sent after its restart, under the same webhook-id.
    """

    def __init__(self, outbox: Outbox, faults: Faults, config: Config, base_url: str) -> None:
        self._outbox = outbox
        self._faults = faults
        self._config = config
        self._base_url = base_url
        self._wake = threading.Event()
        self._stopping = False
        self._lock = threading.Lock()
        self._busy: set[int] = set()
        self._thread = threading.Thread(target=self._run, name="deliverer", daemon=True)

    def start(self, ledger: Any) -> None:
        """Begin to send; new deliveries wake the scheduler."""
        ledger.on_commit(TOPIC, self._wake.set)
        self._thread.start()

    def stop(self, patience: float = 2.0) -> None:
        """Send nothing new; give running exchanges `patience` seconds."""
        self._stopping = True
        self._wake.set()
        self._thread.join(patience)
        end = time.monotonic() + patience
        while self._busy and time.monotonic() < end:
            time.sleep(0.02)

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            with self._lock:
                busy = set(self._busy)
            free = self._config.workers - len(busy)
            if free > 0:
                for row in self._outbox.due(busy, free):
                    with self._lock:
                        self._busy.add(row["id"])
                    threading.Thread(target=self._deliver, args=(row,), daemon=True).start()
                    busy.add(row["id"])
            full = len(busy) >= self._config.workers
            due = None if full else self._outbox.next_due(busy)
            self._wake.wait(None if due is None else max(0.0, due - now()))

    def _deliver(self, row: sqlite3.Row) -> None:
        try:
            self._attempt(row)
        except sqlite3.ProgrammingError:
            if not self._stopping:
                raise
        except Exception:
            _logger.exception("delivery %s failed inside the simulator", row["id"])
            self._outbox.settle(row["id"], [Attempt("", 0, "", None, "internal", None)], 5.0)
        finally:
            with self._lock:
                self._busy.discard(row["id"])
            self._wake.set()

    def _attempt(self, row: sqlite3.Row) -> None:
        targets = self._outbox.targets()
        target = targets.get(row["target"]) or targets.get(row["event"])
        if target is None:
            self._outbox.park(row)
            return
        url = urljoin(self._base_url, target["url"])
        first = row["attempt_count"] == 0 and row["hold_until"] is None
        plan = self._faults.plan_out(row["event"], urlsplit(url).path, first)
        if plan.hold:
            seconds = LONGEST_HOLD if plan.hold.seconds is None else plan.hold.seconds
            self._outbox.hold(row["id"], plan.hold.after, seconds)
            return
        if plan.latency:
            time.sleep(plan.latency)
        attempts = self._exchange(row, target, url, plan)
        self._outbox.settle(row["id"], attempts, self._wait(row, attempts))

    def _exchange(
        self, row: sqlite3.Row, target: dict[str, Any], url: str, plan: OutboundPlan
    ) -> list[Attempt]:
        def send(_copy: int) -> Attempt:
            return post(
                row,
                target,
                url,
                self._config.timeout,
                plan.name,
                forged=plan.wrong_signature,
                deaf=plan.lost_answer,
            )

        if plan.duplicate is None:
            return [send(0)]
        copies = range(max(2, plan.duplicate.copies))
        if plan.duplicate.concurrent:
            with ThreadPoolExecutor(len(copies)) as pool:
                return list(pool.map(send, copies))
        return [send(copy) for copy in copies]

    def _wait(self, row: sqlite3.Row, attempts: list[Attempt]) -> float:
        """Return the seconds until the next attempt, should there be one."""
        schedule = self._config.retry_schedule
        planned = schedule[min(row["attempt_count"], len(schedule) - 1)]
        asked = min(attempts[-1].retry_after or 0.0, self._config.retry_after_cap)
        return max(planned, asked)
