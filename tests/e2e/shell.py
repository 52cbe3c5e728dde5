"""Odoo's command line as an administrator uses it: scripts in its shell, installing, upgrading."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demo.stack import KEY_VARIABLE, encryption_key
from provision import config, venv
from testing import forked
from testing.running import end_group

TIMEOUT = 240
MARK = "RESULT "


class OdooShell:
    """Runs Odoo's programs on one database; their output goes to a log."""

    def __init__(self, database: str, log_file: Path, env: Mapping[str, str] | None = None) -> None:
        """Take the database and the log, which is appended to.

        :param env: more environment variables
        """
        self.database = database
        self.log_file = log_file
        self.env = dict(env or {})

    def run(self, script: str) -> Any:
        """Run *script* in the shell; return what it assigned to ``result``, by way of JSON.

        :raise AssertionError: when it fails, with the end of its output
        """
        program = f"result = None\n{script}\nimport json\nprint({MARK!r} + json.dumps(result))\n"
        # The console reads statement by statement; one compiled program stops at its first error.
        source = f"exec(compile({program!r}, 'script', 'exec'), globals())\n"
        output = self._odoo(
            ["shell", "-d", self.database, "--no-http", "--shell-interface=python"],
            self.env,
            source,
        )
        found = [line for line in output.splitlines() if MARK in line]
        assert found, f"The script failed, see {self.log_file}:\n{output[-3000:]}"
        return json.loads(found[-1].partition(MARK)[2])

    def command(self, *options: str) -> str:
        """Run the server's command line until it has initialised; return its output."""
        arguments = ["-d", self.database, "--no-http", "--stop-after-init", *options]
        # It may install or upgrade: nothing is there before Odoo loads it.
        return self._odoo(arguments, {**self.env, forked.VARIABLE: ""})

    def _odoo(self, arguments: list[str], env: Mapping[str, str], source: str = "") -> str:
        command = [str(venv.python()), str(config.program()), *arguments, "--max-cron-threads=0"]
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as printed:
            given.write(source.encode())
            given.seek(0)
            process = forked.start(
                command,
                env={**config.environment(), KEY_VARIABLE: encryption_key(), **env},
                stdin=given,
                stdout=printed,
            )
            try:
                code = process.wait(TIMEOUT)
            finally:
                end_group(process)
            printed.seek(0)
            output = printed.read().decode(errors="replace")
        with self.log_file.open("a", encoding="utf-8") as log:
            log.write(f"\n$ {' '.join(command[2:])}\n{output}")
        assert not code, f"Odoo failed, see {self.log_file}:\n{output[-3000:]}"
        return output
