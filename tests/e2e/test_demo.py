"""The demonstration that newcomers start."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from provision import config, databases, paths, stamps, venv
from testing.waiting import free_port


@pytest.fixture
def own_database() -> Iterator[str]:
    """Yield the name of a database that a refused demonstration must not make."""
    name = f"im_test_{paths.clone_id()}_refused_{os.getpid()}"
    yield name
    databases.drop(name)
    (paths.WORK / f".demo-{name}.lock").unlink(missing_ok=True)


def refused(database: str, port: int) -> str:
    """Start a demonstration that has to end at once, untouched; return what it says."""
    command = [str(venv.python()), str(paths.SETUP / "demo" / "__main__.py"), "--once"]
    command += ["--database", database, "--port", str(port)]
    done = subprocess.run(
        command,
        env=config.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done
    assert not databases.exists(database)
    lines = (done.stdout + done.stderr).strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_a_used_port_is_told_in_one_line(own_database: str) -> None:
    """Somebody else listens there: a traceback, or a system that belongs to somebody else."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        line = refused(own_database, port)
    assert line == f"demo: Port {port} is in use; choose another with --port."


def test_a_second_demonstration_is_refused(own_database: str) -> None:
    """Both would write to one database and to the same ledgers."""
    with stamps.only_one(f"demo-{own_database}", "held by the test itself"):
        line = refused(own_database, free_port())
    assert "runs already" in line and "--database" in line


def test_demonstration_plays_to_its_end(demonstration: Any) -> None:
    """The first thing that a newcomer runs ends with an error, or shows nothing to look at."""
    code, output = demonstration.result()
    assert code == 0, output[-3000:]
    assert "not in time" not in output, output[-3000:]
    assert f"http://127.0.0.1:{demonstration.port}" in output
    assert re.search(r"press Retry on “(?!the carrier)[^”]+”", output), "no exception to look at"
    steps = re.findall(r"^· (.+)$", output, re.MULTILINE)
    assert len(steps) >= 9, steps
    with databases.cursor(demonstration.database) as cr:
        cr.execute(
            "SELECT DISTINCT timeliness FROM integration_transaction WHERE state = 'in_progress'"
        )
        assert {"missed", "warning"} <= {row[0] for row in cr.fetchall()}
        cr.execute(
            "SELECT kind, status_code FROM integration_log "
            "WHERE host = 'localhost' OR operation = 'product.product.search_read'"
        )
        assert {("http_out", 202), ("rpc_in", 200)} <= set(cr.fetchall())
