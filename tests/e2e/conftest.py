"""End-to-end tests: real Odoo servers, real partner processes, a database of their own.

``./setup/test.sh e2e`` prepares what is needed and names it in the environment; what is started
here ends with the test, its logs stay beside those of the run.
"""

from __future__ import annotations

import itertools
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "setup"))

from provision import databases, paths  # noqa: E402
from testing.processes import OdooServer  # noqa: E402

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def suite_template() -> str:
    """Return the name of the template database with the whole suite installed."""
    return os.environ["INTEGRATION_MONITOR_TEMPLATE"]


@pytest.fixture
def log_folder(request: pytest.FixtureRequest) -> Path:
    """Return the folder for the logs of this test."""
    name = re.sub(r"\W+", "_", request.node.name)
    folder = Path(os.environ["INTEGRATION_MONITOR_LOGS"]) / "e2e" / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def database(suite_template: str) -> Iterator[str]:
    """Yield the name of a fresh database with the suite installed; it is dropped afterwards."""
    name = f"im_test_{paths.database_id()}_{next(_numbers)}_{os.getpid()}"
    databases.clone(suite_template, name)
    try:
        yield name
    finally:
        databases.drop(name)


@pytest.fixture
def start_odoo(database: str, log_folder: Path) -> Iterator[Callable[..., OdooServer]]:
    """Yield a function that starts a ready Odoo server of the database; options as OdooServer's."""
    servers: list[OdooServer] = []

    def start(**options: object) -> OdooServer:
        log = log_folder / f"odoo-{len(servers) + 1}.log"
        server = OdooServer(database, log, **options)  # type: ignore[arg-type]
        servers.append(server)
        server.start()
        server.wait_ready()
        return server

    try:
        yield start
    finally:
        for server in reversed(servers):
            server.close()
