"""Odoo processes, made by a fork server where one runs; see ``fork_server``.

Where ``INTEGRATION_MONITOR_FORK_SERVER`` names none, each is a Python of its own. Both are the same
program with the same arguments; the fork server has only imported it before.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from provision import config, paths, venv

PROGRAM = Path(__file__).with_name("fork_server.py")
VARIABLE = "INTEGRATION_MONITOR_FORK_SERVER"
MESSAGE_BYTES = 64


@contextmanager
def fork_server(addons: Sequence[str], log: Path) -> Iterator[dict[str, str]]:
    """Run a fork server of Odoo with addons; yield the environment variables that lead to it.

    :raise RuntimeError: when it does not start; the message names its log
    """
    with running([str(venv.python()), str(PROGRAM)], addons, config.environment(), log) as address:
        yield {VARIABLE: address}


@contextmanager
def running(
    program: Sequence[str], arguments: Sequence[str], env: Mapping[str, str], log: Path
) -> Iterator[str]:
    """Run a fork server: a program that takes a path and arguments; yield the path."""
    # Not in the clone: a socket's path may have some hundred characters only.
    with (
        tempfile.TemporaryDirectory(prefix="im-fork-", dir="/tmp") as folder,
        log.open("wb") as errors,
    ):
        address = str(Path(folder) / "socket")
        process = subprocess.Popen(
            [*program, address, *arguments],
            env=dict(env),
            cwd=paths.REPO,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        with process:  # closing its input ends it
            assert process.stdout is not None
            if not process.stdout.readline():
                raise RuntimeError(f"The fork server did not start — see {log}")
            yield address


def start(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path | None = None,
    stdin: int | IO[bytes] = subprocess.DEVNULL,
    stdout: IO[bytes],
) -> subprocess.Popen[bytes] | Forked:
    """Start Odoo's command line in a session of its own, its errors where its output goes.

    :param command: Python, the program and its arguments
    """
    if address := env.get(VARIABLE):
        return Forked(address, command[1:], env, cwd or Path.cwd(), stdin, stdout)
    return subprocess.Popen(
        command, env=env, cwd=cwd, stdin=stdin, stdout=stdout,
        stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


class Forked:
    """A process that a fork server made: what is used of ``subprocess.Popen`` here."""

    def __init__(
        self,
        address: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        cwd: Path,
        stdin: int | IO[bytes],
        stdout: IO[bytes],
    ) -> None:
        """Ask for the process."""
        self.args = list(argv)
        self.returncode: int | None = None
        self._channel = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel.connect(address)
        request = {"argv": self.args, "env": dict(env), "cwd": str(cwd)}
        with open(os.devnull, "rb") as nothing:
            source = nothing if isinstance(stdin, int) else stdin
            files = [source.fileno(), stdout.fileno(), stdout.fileno()]
            socket.send_fds(self._channel, [json.dumps(request).encode()], files)
        self.pid: int = json.loads(self._channel.recv(MESSAGE_BYTES))

    def poll(self) -> int | None:
        """Return how it ended (negative: the signal), None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return it as ``poll`` does.

        :raise subprocess.TimeoutExpired: when it has not ended after so many seconds
        """
        if self.returncode is None:
            if not select.select([self._channel], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            told = self._channel.recv(MESSAGE_BYTES)
            # A fork server that is gone has left its processes to themselves.
            self.returncode = json.loads(told) if told else -signal.SIGKILL
            self._channel.close()
        return self.returncode

    def terminate(self) -> None:
        """Ask it to end."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)
