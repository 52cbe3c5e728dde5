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
#: The steps that are going on, the innermost last.
_open_steps: list[threading.Event] = []


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
def step(label: str, watch: Path | None = None, repeat: float = REPEAT_SECONDS) -> Iterator[None]:
    """Show *label* with the elapsed seconds once it has taken two seconds, and when it is done.

    Of steps within each other only the innermost is shown while it lasts.

    :param watch: a folder of downloads; how much it grew is shown in MB
    :param repeat: seconds between two lines when nobody sits at a terminal
    """
    start = time.monotonic()
    done = threading.Event()
    base = folder_size(watch) if watch and watch.exists() else 0
    _open_steps.append(done)

    def text(ellipsis: str) -> str:
        grown = folder_size(watch) - base if watch and watch.exists() else 0
        size = f", {grown / 1e6:.0f} MB downloaded" if grown > 0 else ""
        return f"{label}{ellipsis} {time.monotonic() - start:.0f} s{size}"

    reporter = threading.Thread(target=_report, args=(text, done, repeat), daemon=True)
    reporter.start()
    try:
        yield
    finally:
        done.set()
        reporter.join()
        _open_steps.remove(done)
    if time.monotonic() - start > QUIET_SECONDS:
        _line(text(":"), final=True)


def _report(text: Callable[[str], str], done: threading.Event, repeat: float) -> None:
    wait = QUIET_SECONDS
    while not done.wait(wait):
        if _open_steps[-1] is done:
            _line(text(" …"), final=False)
        wait = 1.0 if sys.stderr.isatty() else repeat


def _line(text: str, *, final: bool) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="\n" if final else "", file=sys.stderr, flush=True)
    else:
        say(text)
