"""Durable timers: what a partner does by itself, some time later."""

import json
import logging
import threading
from collections.abc import Callable
from typing import Any

from .clock import now
from .ledger import Ledger
from .wire import Problem

_logger = logging.getLogger(__name__)
TOPIC = "timers"


class Timers:
    """Runs registered actions when they are due, each once and in one ledger transaction."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._actions: dict[str, Callable[[dict[str, Any]], None]] = {}
        self._wake = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="timers", daemon=True)

    def register(self, kind: str, action: Callable[[dict[str, Any]], None]) -> None:
        """Name the action of a kind of timer; a Problem it raises ends the timer."""
        self._actions[kind] = action

    def add(self, kind: str, delay: float, data: dict[str, Any]) -> None:
        """Set a timer `delay` seconds ahead, in the transaction of the caller."""
        self._ledger.execute(
            "INSERT INTO timers (due, kind, data) VALUES (?,?,?)",
            (now() + delay, kind, json.dumps(data)),
        )
        self._ledger.touch(TOPIC)

    def start(self) -> None:
        """Begin to run timers, those set before a restart included."""
        self._ledger.on_commit(TOPIC, self._wake.set)
        self._thread.start()

    def stop(self) -> None:
        """Run no more timers."""
        self._stopping = True
        self._wake.set()
        self._thread.join(2.0)

    def _run(self) -> None:
        while not self._stopping:
            self._wake.clear()
            row = self._ledger.row("SELECT * FROM timers ORDER BY due, id LIMIT 1")
            if row is None:
                self._wake.wait()
            elif row["due"] > now():
                self._wake.wait(row["due"] - now())
            else:
                self._fire(row["id"], row["kind"], json.loads(row["data"]))

    def _fire(self, number: int, kind: str, data: dict[str, Any]) -> None:
        try:
            with self._ledger.transaction():
                done = self._ledger.execute("DELETE FROM timers WHERE id=?", (number,))
                if done.rowcount:
                    self._actions[kind](data)
            return
        except Problem as problem:
            _logger.info("timer %s ended: %s", kind, problem)
        except Exception:
            _logger.exception("timer %s failed inside the simulator", kind)
        with self._ledger.transaction():
            self._ledger.execute("DELETE FROM timers WHERE id=?", (number,))
