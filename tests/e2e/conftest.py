"""End-to-end tests: real Odoo servers, real partner processes, databases of their own.

``./setup/test.sh e2e`` prepares what is needed and names it in the environment. A module starts its
stack once and keeps its orders apart by their keys; what is started ends with the module, its logs
stay beside those of the run.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER), str(FOLDER.parents[1] / "setup")]

from world import World  # noqa: E402

from demo.stack import Stack, seeded_template  # noqa: E402
from provision import config, databases, paths, venv  # noqa: E402
from testing import forked  # noqa: E402
from testing.processes import ManagedProcess  # noqa: E402
from testing.running import interrupt_when_told  # noqa: E402
from testing.waiting import free_port  # noqa: E402

_numbers = itertools.count(1)

interrupt_when_told()


def _log_folder(name: str) -> Path:
    folder = Path(os.environ["INTEGRATION_MONITOR_LOGS"]) / "e2e" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def log_folder(request: pytest.FixtureRequest) -> Path:
    """Return the folder for the logs and ledgers of this module."""
    return _log_folder(request.module.__name__.rpartition(".")[2])


@pytest.fixture(scope="session")
def seeded() -> tuple[str, dict[str, Any]]:
    """Return the seeded template database and what seeding told (secrets, SKUs)."""
    return seeded_template()


@pytest.fixture(scope="module")
def new_database() -> Iterator[Callable[[str], str]]:
    """Yield a function that clones a template; the clones are dropped after the module."""
    made: list[str] = []

    def clone(template: str) -> str:
        name = f"im_test_{paths.clone_id()}_{next(_numbers)}_{os.getpid()}"
        made.append(name)
        databases.clone(template, name)
        return name

    try:
        yield clone
    finally:
        for name in made:
            databases.drop(name)


@pytest.fixture(scope="module")
def world_options() -> dict[str, Any]:
    """Return options of the module's stack; modules override this fixture."""
    return {}


@pytest.fixture(scope="module")
def world(
    seeded: tuple[str, dict[str, Any]],
    new_database: Callable[[str], str],
    log_folder: Path,
    world_options: dict[str, Any],
) -> Iterator[World]:
    """Yield the running system: Odoo with its job runner, and the partners."""
    template, seed = seeded
    with Stack(new_database(template), seed, log_folder, **world_options) as stack:
        yield World(stack)
        # Its database is dropped: nothing is worth an orderly end.
        stack.odoo.kill9()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the demonstration's tests last: it plays while the other tests run."""
    items.sort(key=_about_demonstration)


def _about_demonstration(item: pytest.Item) -> bool:
    return "demonstration" in getattr(item, "fixturenames", ())


class Demonstration(ManagedProcess):
    """The demonstration, playing its scenario once on a database of its own."""

    def __init__(self, log_file: Path) -> None:
        """Choose a database and a port."""
        self.port = free_port()
        self.database = f"im_test_{paths.clone_id()}_demo_{os.getpid()}"
        arguments = ["--once", "--port", str(self.port), "--database", self.database]
        program = paths.SETUP / "demo" / "__main__.py"
        # As a newcomer starts it: nothing is loaded yet.
        env = {**config.environment(), forked.VARIABLE: ""}
        super().__init__([str(venv.python()), str(program), *arguments], log_file, env=env)

    def result(self, timeout: float = 300) -> tuple[int, str]:
        """Wait for its end; return (exit code, what it printed)."""
        assert self.process
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            code = -1
        return code, self.log_file.read_text("utf-8")

    def discard(self) -> None:
        """End it with its children, and drop its database and files."""
        self.stop()
        databases.drop(self.database)
        shutil.rmtree(paths.WORK / "demo" / self.database, ignore_errors=True)
        (paths.WORK / f".demo-{self.database}.lock").unlink(missing_ok=True)


@pytest.fixture(scope="session", autouse=True)
def _demonstration(
    request: pytest.FixtureRequest, seeded: tuple[str, dict[str, Any]]
) -> Iterator[Demonstration | None]:
    """Start the demonstration with the first test, when a test is about it."""
    if not any(_about_demonstration(item) for item in request.session.items):
        yield None
        return
    process = Demonstration(_log_folder("test_demo") / "demo.log")
    try:
        process.start()
        yield process
    finally:
        process.discard()


@pytest.fixture
def demonstration(_demonstration: Demonstration) -> Demonstration:
    """Return the running demonstration."""
    return _demonstration
