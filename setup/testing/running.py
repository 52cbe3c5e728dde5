"""Running a stage's program: its output in a log file, its whole group ended with this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from provision import paths

GRACE_SECONDS = 15


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
    deadline = None if timeout is None else time.monotonic() + timeout
    processes: list[subprocess.Popen[bytes]] = []
    try:
        processes += [_start(command, log, env) for command, log in programs]
        return [_wait(process, deadline) for process in processes]
    finally:
        for process in processes:
            end_group(process)


def _start(
    command: Sequence[str | Path], log: Path, env: Mapping[str, str] | None
) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as handle:
        return subprocess.Popen(
            [str(part) for part in command],
            env=dict(env) if env is not None else None,
            cwd=paths.REPO,
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait(process: subprocess.Popen[bytes], deadline: float | None) -> int:
    try:
        return process.wait(None if deadline is None else max(0.1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        print(f"no end in time: {' '.join(map(str, process.args[:3]))}", file=sys.stderr)
        return -1


def end_group(process: subprocess.Popen[bytes]) -> None:
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


def excerpt(log: Path, lines: int = 30) -> str:
    """Return the end of a log."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
