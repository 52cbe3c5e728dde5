"""A PostgreSQL of one test, which may be stopped in the middle; others go on with theirs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from provision import databases, postgres


class Cluster:
    """A server with a copy of one database.

    Where the environment names a PostgreSQL that is not ours, the database stays there, and a
    restart ends its connections: all that Odoo sees of one.
    """

    def __init__(self, database: str) -> None:
        """Take the database to copy; nobody is connected to it."""
        self.database = database
        self.own = not postgres.is_external()
        #: What leads to it.
        self.env: dict[str, str] = {}

    def __enter__(self) -> Cluster:
        """Start the server and copy the database."""
        if not self.own:
            return self
        self._folder = Path(tempfile.mkdtemp(prefix="im-pg-", dir="/tmp"))
        postgres.owned_folder(self._folder, 0o755)
        self._data = self._folder / "data"
        postgres.owned_folder(self._data, 0o700)
        postgres.make_cluster(self._data)
        self._control("start")
        self.env = {"PGHOST": str(self._folder)}
        self._copy()
        return self

    def _control(self, action: str, *options: str) -> None:
        sockets = f"-k '{self._folder}' -p {postgres.PORT}"
        postgres.as_owner(
            "pg_ctl", "-w", "-D", str(self._data), "-l", str(self._data / "server.log"),
            "-o", sockets, *options, action,
        )  # fmt: skip

    def _copy(self) -> None:
        folder = postgres.binaries()
        assert folder is not None
        dump = self._folder / "dump"
        here, there = dict(os.environ), {**os.environ, **self.env}
        for command, env in (
            (["pg_dump", "-Fc", "-Z0", "-f", str(dump), self.database], here),
            (["createdb", "-T", "template0", "-E", "UTF8", "-l", "C.UTF-8", self.database], there),
            (["pg_restore", "-j2", "--no-owner", "-d", self.database, str(dump)], there),
        ):
            subprocess.run([str(folder / command[0]), *command[1:]], env=env, check=True)

    def restart(self) -> None:
        """Let the server die as in a crash, and come back: what was not committed is gone."""
        if self.own:
            self._control("restart", "-m", "immediate")
            return
        with databases.cursor() as cr:
            cr.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [self.database],
            )

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the server and remove its files."""
        if self.own:
            self._control("stop", "-m", "immediate")
            shutil.rmtree(self._folder, ignore_errors=True)
