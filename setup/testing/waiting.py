"""Waiting for conditions instead of sleeping; free ports and used ones."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class NotInTime(AssertionError):
    """A condition did not become true in time."""


def wait_until(
    condition: Callable[[], T],
    timeout: float,
    what: str,
    *,
    interval: float = 0.05,
    ignore: tuple[type[Exception], ...] = (),
) -> T:
    """Poll *condition* until it returns something true, and return that.

    :param timeout: seconds
    :param what: what is waited for, for the message
    :param interval: seconds between two looks
    :param ignore: exceptions that count as "not yet"; the last one is named in the message
    :raise NotInTime: after *timeout*, with the last value or exception
    """
    deadline = time.monotonic() + timeout
    last: object = None
    while True:
        try:
            value = condition()
            if value:
                return value
            last = value
        except ignore as error:
            last = error
        if time.monotonic() >= deadline:
            raise NotInTime(f"Not within {timeout:g} s: {what} (last: {last!r})")
        time.sleep(interval)


def free_port() -> int:
    """Return a TCP port that is free on the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_refusal(port: int) -> str | None:
    """Return why no server could listen on this port of the loopback interface, or None."""
    with socket.socket() as probe:
        # As servers do: connections that have just ended are not in the way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return "is in use" if error.errno == errno.EADDRINUSE else f"is refused ({error})"
        except OverflowError:
            return "does not exist"
    return None
