"""What one execution has observed and not yet written, bounded in lines and bytes."""

import os
import threading
import weakref
from contextvars import ContextVar
from typing import NamedTuple

from ..tools.observation import Observation

MAX_BUFFER = 1000
MAX_BYTES = 8 * 1024 * 1024
#: From here on a page is written in the middle of an execution. Small enough that other threads
#: hardly notice the few milliseconds of computing that it takes.
PAGE_LINES = 200
PAGE_BYTES = 4 * 1024 * 1024

# Every buffer that somebody still uses: at the end of the process all of them are written.
_open = weakref.WeakSet()
_open_lock = threading.Lock()


class Line(NamedTuple):
    """An observation, its database and its size in bytes, roughly."""

    dbname: str
    observation: Observation
    size: int


class Buffer:
    """Lines of one execution; threads that it starts with its context add to it, too."""

    __slots__ = ("__weakref__", "bytes", "claimed", "lines", "over", "pid")

    def __init__(self, claimed=False):
        self.lines = []
        self.bytes = 0
        self.claimed = claimed  # an execution is open and will flush it
        self.over = False  # its execution is over: what is added now must be written at once
        self.pid = os.getpid()
        with _open_lock:
            _open.add(self)

    def add(self, line):
        """Whether there was room for the line."""
        if len(self.lines) >= MAX_BUFFER or self.bytes + line.size > MAX_BYTES:
            return False
        self.lines.append(line)
        self.bytes += line.size
        return True

    def holds_a_page(self):
        """Whether it is time to write, lest something be dropped later."""
        return len(self.lines) >= PAGE_LINES or self.bytes >= PAGE_BYTES

    def holds(self, observation):
        """Whether this very observation still waits here: it can be corrected."""
        return any(line.observation is observation for line in reversed(self.lines))

    def moved(self):
        """A buffer with the lines of this one, which is empty afterwards."""
        other = Buffer(claimed=True)
        other.lines, other.bytes = self._emptied()
        return other

    def take(self):
        """The lines, by database; the buffer is empty afterwards."""
        lines, _bytes = self._emptied()
        by_database = {}
        for line in lines:
            by_database.setdefault(line.dbname, []).append(line)
        return by_database

    def _emptied(self):
        """:return: the lines and their bytes; what another thread adds meanwhile stays"""
        lines = self.lines[:]
        del self.lines[: len(lines)]
        number, self.bytes = self.bytes, 0
        return lines, number


_current = ContextVar("integration_log_buffer", default=None)


def current():
    """The buffer of this execution."""
    buffer = _current.get()
    if buffer is None or buffer.pid != os.getpid():  # a fork inherits the parent's: not its own
        buffer = Buffer()
        _current.set(buffer)
    return buffer


def start():
    """Begin an empty buffer; give the token to :func:`finish`."""
    return _current.set(Buffer(claimed=True))


def finish(token):
    """Restore the buffer that was current before :func:`start`.

    :return: the one that was current until now, to be flushed. Threads and tasks that carry the
        execution's context may add to it later, and find that nobody else will flush it.
    """
    buffer = _current.get()
    buffer.claimed, buffer.over = False, True
    _current.reset(token)
    return buffer


def gathered():
    """A buffer with the lines of every buffer of this process, which are empty afterwards.

    For the end of the process: threads may still be at work, and will not come to their flush.
    """
    with _open_lock:
        others = list(_open)
    everything = Buffer(claimed=True)
    for other in others:
        if other.pid == everything.pid:
            everything.lines += other._emptied()[0]
    return everything


def after_fork():
    """Leave the parent's buffers to the parent, with a new lock: another thread may hold it."""
    global _open, _open_lock
    _open, _open_lock = weakref.WeakSet(), threading.Lock()
