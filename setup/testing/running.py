"""Running a stage's program: its output in a log file, its whole group ended with this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from types import FrameType

from provision import paths

from .forked import Forked

#: A file of the end-to-end tests stops several servers and drops their databases in this time.
GRACE_SECONDS = 30
#: What runs at present, in whichever thread.
_running: list[subprocess.Popen[bytes]] = []


def run_logged(
    command: Sequence[str | Path],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> int:
    """Run a program in the clone and return its exit code; -1 after *timeout* seconds.

    When this program is interrupted, the other and its children are ended first.
    """
    return run_together([(command, log)], env=env, timeout=timeout)[0]


def run_together(
    programs: Sequence[tuple[Sequence[str | Path], Path]],
    *,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> list[int]:
    """Run programs side by side, each with a log of its own; as ``run_logged``.

    :return: the exit codes, in order; -1 for a program that did not end within *timeout* seconds
    """
    return run_in_turn(programs, len(programs), env=env, timeout=timeout)


def run_in_turn(
    programs: Sequence[tuple[Sequence[str | Path], Path]],
    at_once: int,
    *,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> list[int]:
    """Run programs, *at_once* of them side by side: where one ends, the next one starts.

    :return: the exit codes, in order; -1 for a program that did not end within *timeout* seconds
        of the beginning
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    processes: list[subprocess.Popen[bytes]] = []
    codes: dict[int, int] = {}
    ended: SimpleQueue[int] = SimpleQueue()
    try:
        while len(codes) < len(programs):
            while len(processes) < min(len(programs), len(codes) + at_once):
                place, (command, log) = len(processes), programs[len(processes)]
                processes.append(_start(command, log, env))
                Thread(target=_attend, args=(processes[place], place, ended), daemon=True).start()
            try:
                left = None if deadline is None else max(0.1, deadline - time.monotonic())
                place = ended.get(timeout=left)
            except Empty:
                break
            codes[place] = processes[place].returncode
            # Its place is taken by another: nothing of it goes on beside that.
            end_group(processes[place])
    finally:
        for place, process in enumerate(processes):
            # Of what has ended, the number may be that of another program by now.
            if place not in codes:
                end_group(process)
    for place, (command, _log) in enumerate(programs):
        if place not in codes:
            print(f"no end in time: {' '.join(map(str, command[-3:]))}", file=sys.stderr)
    return [codes.get(place, -1) for place in range(len(programs))]


def _attend(process: subprocess.Popen[bytes], place: int, ended: SimpleQueue[int]) -> None:
    """Tell when a process has ended."""
    process.wait()
    ended.put(place)


def _start(
    command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None
) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as handle:
        process = subprocess.Popen(
            [str(part) for part in command],
            env=dict(env) if env is not None else None,
            cwd=paths.REPO,
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _running.append(process)
    return process


def interrupt_when_told() -> None:
    """Let every request to end interrupt this program, so that it puts away what it started."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


def end_all() -> None:
    """End what other threads run: this program was interrupted."""
    for process in list(_running):
        end_group(process)


def end_group(process: subprocess.Popen[bytes] | Forked) -> None:
    """End a process and all of its group: politely, then by force."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            pass
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    if isinstance(process, subprocess.Popen) and process in _running:
        _running.remove(process)


def excerpt(log: Path, lines: int = 30) -> str:
    """Return the end of a log."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
