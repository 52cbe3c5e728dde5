"""One line of progress for each step that takes longer than two seconds."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

QUIET_SECONDS = 2.0
REPEAT_SECONDS = 10.0


def folder_size(folder: Path) -> int:
    """Return the bytes of all files below *folder*; files that vanish meanwhile do not count."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue
    return total


def say(text: str) -> None:
    """Print one line for the person who waits; stdout stays free for results."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(label: str, watch: Path | None = None) -> Iterator[None]:
    """Show *label* with the elapsed seconds once it has taken two seconds, and when it is done.

    :param watch: a folder of downloads; how much it grew is shown in MB
    """
    start = time.monotonic()
    done = threading.Event()
    base = folder_size(watch) if watch and watch.exists() else 0

    def megabytes() -> str:
        grown = folder_size(watch) - base if watch and watch.exists() else 0
        return f", {grown / 1e6:.0f} MB downloaded" if grown > 0 else ""

    reporter = threading.Thread(target=_report, args=(label, start, done, megabytes), daemon=True)
    reporter.start()
    try:
        yield
    finally:
        done.set()
        reporter.join()
    elapsed = time.monotonic() - start
    if elapsed > QUIET_SECONDS:
        _line(f"{label}: {elapsed:.0f} s{megabytes()}", final=True)


def _report(label: str, start: float, done: threading.Event, megabytes: Callable[[], str]) -> None:
    wait = QUIET_SECONDS
    while not done.wait(wait):
        _line(f"{label} … {time.monotonic() - start:.0f} s{megabytes()}", final=False)
        wait = 1.0 if sys.stderr.isatty() else REPEAT_SECONDS


def _line(text: str, *, final: bool) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="\n" if final else "", file=sys.stderr, flush=True)
    else:
        say(text)
