"""Processes made by a fork server, as their callers see them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from provision import paths
from testing import forked
from testing.waiting import wait_until

#: Runs the program's first argument as Python.
SERVER = f"""
import sys
sys.path.insert(0, {str(paths.SETUP)!r})
from testing import fork_server
fork_server.run(sys.argv[1], lambda: exec(sys.argv[1]))
"""
WAITS = "import time; print('waits', flush=True); time.sleep(60)"
Start = Callable[..., forked.Forked]


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Yield the address of a fork server."""
    program = [sys.executable, "-c", SERVER]
    with forked.running(program, [], os.environ, tmp_path / "server.log") as address:
        yield address


@pytest.fixture
def start(address: str, tmp_path: Path) -> Start:
    """Return what starts a process that runs a piece of Python; its output is in ``output``."""

    def start(code: str, **env: str) -> forked.Forked:
        command = [sys.executable, "program", code]
        env = {**os.environ, forked.VARIABLE: address, **env}
        with (tmp_path / "output").open("ab") as output:
            process = forked.start(command, env=env, cwd=tmp_path, stdout=output)
        assert isinstance(process, forked.Forked)
        return process

    return start


def _waiting(start: Start, output: Path) -> forked.Forked:
    process = start(WAITS)
    wait_until(lambda: output.exists() and b"waits" in output.read_bytes(), 10, "the process")
    return process


def test_it_runs_as_it_is_told(start: Start, tmp_path: Path) -> None:
    """Arguments, environment, folder, session or output are those of the server."""
    code = "import os; print(os.environ['WORD'], os.getcwd(), os.getpid() == os.getsid(0))"
    process = start(code, WORD="mine")
    assert process.wait(10) == 0
    assert (tmp_path / "output").read_text() == f"mine {tmp_path} True\n"
    assert process.pid != os.getpid()


@pytest.mark.parametrize(
    ("code", "expected"),
    [("raise SystemExit(3)", 3), ("1 / 0", 1), ("import os; os.kill(os.getpid(), 9)", -9)],
)
def test_how_it_ended(start: Start, tmp_path: Path, code: str, expected: int) -> None:
    """A failure or a signal is taken for success."""
    process = start(code)
    assert process.wait(10) == expected
    assert process.poll() == process.returncode == expected
    assert ("ZeroDivisionError" in (tmp_path / "output").read_text()) == (expected == 1)


def test_waiting_and_ending(start: Start, tmp_path: Path) -> None:
    """A process that runs is taken for ended, or goes on when it is asked to end."""
    process = _waiting(start, tmp_path / "output")
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.terminate()
    assert process.wait(10) == -signal.SIGTERM


def test_what_nobody_waits_for_is_killed(start: Start, tmp_path: Path) -> None:
    """Whoever started a process is killed, and the process goes on for good."""
    process = _waiting(start, tmp_path / "output")
    other = start("print('other')")
    process._channel.close()
    wait_until(lambda: not psutil.pid_exists(process.pid), 10, "the end of the process")
    assert other.wait(10) == 0
    # The server lives on.
    assert start("raise SystemExit(4)").wait(10) == 4


def test_many_at_once(start: Start) -> None:
    """The ends of processes are told to the wrong ones."""
    processes = [start(f"raise SystemExit({number})") for number in range(20)]
    assert [process.wait(10) for process in processes] == list(range(20))
