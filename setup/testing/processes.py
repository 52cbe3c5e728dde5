"""Odoo servers as subprocesses: on free ports, with queue_job's runner, killed when need be.

with OdooServer(database, log_file=Path("odoo.log"), channels="root:4") as server:
    server.wait_ready()
    server.rpc().call("res.partner", "search_count", [])
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

import requests

from provision import config, paths, venv

from . import forked
from .rpc import RpcClient
from .waiting import free_port, wait_until

READY_PATH = "/web/health"
READY_SECONDS = 120.0
RUNNER_READY = b"database connections ready"
LISTENS = b"HTTP service (werkzeug) running"
STOP_SECONDS = 30.0


class ServerEnded(RuntimeError):
    """A server ended while somebody waited for it; the message is one line."""

    def __init__(self, last_line: str, log_file: Path) -> None:
        """Take the end of its log."""
        super().__init__(f"Odoo ended while starting: {last_line or '-'} — see {log_file}")


class ManagedProcess:
    """A subprocess in a group of its own, which never outlives this program."""

    def __init__(
        self,
        command: Sequence[str],
        log_file: Path,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Describe the process; ``start`` starts it.

        :param log_file: receives stdout and stderr; appended to, so that a restart keeps what was
        """
        self.command = list(command)
        self.log_file = log_file
        self.env = dict(os.environ if env is None else env)
        self.cwd = cwd
        self.process: subprocess.Popen[bytes] | forked.Forked | None = None
        #: Where the log of the present run begins.
        self.log_start = 0

    @property
    def pid(self) -> int | None:
        """Return the process id while the process runs."""
        return self.process.pid if self.process and self.process.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """Return how the process ended (negative: the signal), None unless it ended by itself."""
        return self.process.poll() if self.process else None

    def start(self) -> None:
        """Start the process; it must not run already."""
        assert self.pid is None, f"{self.command[0]} runs already"
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self.log_start = log.tell()
            self.process = self._launch(log)
        atexit.register(self.kill9)

    def _launch(self, output: IO[bytes]) -> subprocess.Popen[bytes] | forked.Forked:
        """Start the program, in a session of its own."""
        return subprocess.Popen(
            self.command,
            env=self.env,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def stop(self) -> None:
        """Ask the process to end, insist after a while; no error when it ended already."""
        if self.process and self.pid:
            # The parent alone: it ends its children in its own way.
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                print(f"{self.command[:3]} did not end, killed", file=sys.stderr)
        self.kill9()

    def kill9(self) -> None:
        """Kill the process and its children at once, as a power cut would."""
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()
        atexit.unregister(self.kill9)

    def log_tail(self, lines: int = 40) -> str:
        """Return the end of the log, for messages."""
        if not self.log_file.exists():
            return ""
        text = self.log_file.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def __enter__(self) -> ManagedProcess:
        """Start the process."""
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the process."""
        self.stop()


class OdooServer(ManagedProcess):
    """An Odoo server of one database."""

    def __init__(
        self,
        database: str,
        log_file: Path,
        *,
        port: int | None = None,
        workers: int = 0,
        channels: str = "root:4",
        options: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        data_dir: Path | None = None,
    ) -> None:
        """Describe the server.

        :param port: where it listens; by default a free port, kept over restarts
        :param workers: 0 for one process with threads, else the number of prefork workers
        :param channels: queue_job's channels; empty for a server without its runner
        :param options: more arguments of Odoo's command line
        :param env: more environment variables
        """
        self.database = database
        self.port = port or free_port()
        conf = config.write(
            paths.WORK / "conf" / f"{database}-{self.port}.conf",
            channels=channels or "root:1",
            data_dir=data_dir,
        )
        command = [str(venv.python()), str(config.program()), "-d", database]
        command += ["--db-filter", f"^{database}$", "--http-port", str(self.port)]
        if not channels:
            without = [name for name in config.SERVER_WIDE.split(",") if name != "queue_job"]
            command += ["--load", ",".join(without)]
        command += ["--workers", str(workers), *options]
        #: Where the process for long polling listens, if there is one.
        self.gevent_port = free_port() if workers else 0
        if workers:
            command += ["--gevent-port", str(self.gevent_port)]
        # queue_job's runner calls the server at this address.
        runner = {"ODOO_QUEUE_JOB_HOST": "127.0.0.1", "ODOO_QUEUE_JOB_PORT": str(self.port)}
        environment = {**config.environment(conf), **runner, **(env or {})}
        if not channels:  # queue_job starts its runner where it was imported before the server
            environment[forked.VARIABLE] = ""
        super().__init__(command, log_file, env=environment)
        self.conf = conf
        self._clients: dict[tuple[str, str], RpcClient] = {}

    def _launch(self, output: IO[bytes]) -> subprocess.Popen[bytes] | forked.Forked:
        self._clients.clear()
        env = self.env
        if self.log_start:
            # Started again so fast, it would be before queue_job takes the jobs of the one that was
            # killed for dead, ten seconds after their beginning; it looks again a minute later.
            env = {**env, forked.VARIABLE: ""}
        return forked.start(self.command, env=env, cwd=self.cwd, stdout=output)

    @property
    def url(self) -> str:
        """Return the base address."""
        return f"http://127.0.0.1:{self.port}"

    def wait_ready(self, timeout: float = READY_SECONDS, path: str = READY_PATH) -> None:
        """Wait until the server answers *path* with a 200, its registry loaded.

        :raise ServerEnded: when it ends, whoever else answers at its address
        :raise AssertionError: when it does not answer in time
        """

        def answers() -> bool:
            if self.pid is None:
                raise ServerEnded(self.log_tail(1), self.log_file)
            # Without its own word an answer may come from another server on that port.
            if not self._logged(LISTENS):
                return False
            with requests.Session() as session:
                session.trust_env = False
                response = session.get(f"{self.url}{path}", timeout=30)
            return response.status_code == 200 and self.pid is not None

        what = f"Odoo at {self.url}{path}, log {self.log_file}"
        wait_until(answers, timeout, what, interval=0.2, ignore=(requests.RequestException,))

    def wait_runner(self, timeout: float = READY_SECONDS) -> None:
        """Wait until queue_job's runner takes jobs (it begins five seconds after the server)."""
        what = f"queue_job's runner, log {self.log_file}"
        wait_until(lambda: self._logged(RUNNER_READY), timeout, what, interval=0.2)

    def _logged(self, words: bytes) -> bool:
        """Tell whether the log of the present run has these words."""
        with self.log_file.open("rb") as log:
            log.seek(self.log_start)
            return words in log.read()

    def close(self) -> None:
        """Stop the server and remove its configuration file."""
        self.stop()
        self.conf.unlink(missing_ok=True)

    def rpc(self, login: str = "admin", password: str = "admin") -> RpcClient:
        """Return a logged-in client: the same one while the server runs.

        Checking a password takes the server a quarter of a second of processor time.
        """
        person = (login, password)
        if person not in self._clients:
            self._clients[person] = RpcClient(self.url, self.database, login, password)
        return self._clients[person]

    def __enter__(self) -> OdooServer:
        """Start the server."""
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the server and remove its configuration file."""
        self.close()
