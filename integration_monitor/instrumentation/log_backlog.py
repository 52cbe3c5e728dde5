"""What a process still owes the log: lines that were refused once, and the number of lost ones.

A database may refuse the log for a while: a locked table, a full disk, a fail-over. Lines wait
here for one more try, within bounds, and nobody waits for them meanwhile: after a failure no
execution tries for a few seconds, then a single one does.
"""

import os
import threading
import time
from collections import deque

from ..tools.observation import Observation

MAX_LINES = 5000
MAX_BYTES = 16 * 1024 * 1024
MAX_TRIES = 2
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 60.0
#: Longer than one try may last (see the timeouts of the writer).
PROBE_SECONDS = 30.0


class Backlog:
    """The debts to one database; ``clock`` is monotonic and injectable. Safe between threads."""

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting = deque()  # (line, tries so far)
        self._bytes = 0
        self._lost = 0
        self._pause = 0.0
        self._not_before = 0.0
        self._probing = False

    def __len__(self):
        """How many lines wait."""
        return len(self._waiting)

    def begin(self):
        """Whether the caller may write now. After a failure one does at a time, after a pause."""
        with self._lock:
            if not self._pause:
                return True
            now = self._clock()
            if now < self._not_before:
                return False
            self._not_before = now + PROBE_SECONDS
            self._probing = True
            return True

    def owes(self):
        """Whether there is something to write, new lines apart."""
        return self.debt() > 0

    def debt(self):
        """How many lines wait or are lost."""
        return len(self._waiting) + self._lost

    def take(self):
        """All waiting lines, as pairs of line and tries, and the number of lost ones."""
        with self._lock:
            waiting, self._waiting = list(self._waiting), deque()
            lost, self._lost, self._bytes = self._lost, 0, 0
            return waiting, lost

    def keep(self, pairs):
        """Let lines wait. :return: how many are lost: tried too often, or no room."""
        lost = 0
        with self._lock:
            for line, tries in pairs:
                size = line.size
                if (
                    tries >= MAX_TRIES
                    or len(self._waiting) >= MAX_LINES
                    or self._bytes + size > MAX_BYTES
                ):
                    lost += 1
                    continue
                self._waiting.append((line, tries))
                self._bytes += size
            self._lost += lost
        return lost

    def lose(self, number):
        """Count lines that are lost, to tell so with the next write."""
        with self._lock:
            self._lost += number

    def succeeded(self):
        """The database takes lines again."""
        if self._pause:
            with self._lock:
                self._pause = 0.0

    def failed(self):
        """The database refused: pause, longer each time.

        Threads that fail together met one outage: only the one that tries after a pause doubles it.
        """
        with self._lock:
            if self._pause and not self._probing:
                return
            self._probing = False
            self._pause = min(self._pause * 2 or FIRST_PAUSE, LONGEST_PAUSE)
            self._not_before = self._clock() + self._pause


def confession(lost):
    """The line that tells how many are missing, so that nobody trusts the log too much."""
    return Observation(
        "monitor",
        outcome="error",
        operation="log.dropped",
        error_class="unknown",
        error_message=f"{lost} lines of this log were lost: more happened than could be kept, or"
        " the database refused to write them. The business itself was not affected.",
        count=lost,
        detail={"process": os.getpid()},
    )
