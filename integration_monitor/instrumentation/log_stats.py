"""Counters of this process' log writer."""

import threading
from collections import Counter

_counters = Counter()
_lock = threading.Lock()


def count(name, amount=1):
    """Add to a counter; safe between threads."""
    if amount:
        with _lock:
            _counters[name] += amount


def snapshot():
    """A dict of the counters that are not zero."""
    with _lock:
        return dict(_counters)


def after_fork():
    """Start at zero, with a new lock: another thread of the parent may hold it."""
    global _lock
    _lock = threading.Lock()
    _counters.clear()
