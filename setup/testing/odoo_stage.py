"""The Odoo tests of the addons: installed and tested in one process, on a copy of the template."""

from __future__ import annotations

import os
import re
from pathlib import Path

from provision import addons, chromium, config, databases, paths, templates, venv

from . import results
from .results import FAILED, Result
from .running import excerpt, run_logged
from .selection import Selection
from .waiting import free_port

TIMEOUT_SECONDS = 30 * 60
LAUNCHER = Path(__file__).with_name("odoo_launcher.py")
PREFIX = "im_test_"
BROWSER = re.compile(r"\b(start_tour|browser_js|HttpCase\.browser)\b")


def run(selection: Selection, logs: Path) -> list[Result]:
    """Install the selected addons, run their tests, return every result."""
    if _has_browser_tests(selection.addons):
        chromium.provide()
    template = templates.base_template()
    database = f"{PREFIX}{paths.database_id()}_{os.getpid()}"
    output, log = logs / "odoo.json", logs / "odoo.log"
    output.unlink(missing_ok=True)
    try:
        databases.clone(template, database)
        command = [venv.python(), LAUNCHER, output, "-d", database]
        command += ["-i", ",".join(selection.addons), "--test-tags", ",".join(selection.tags)]
        command += ["--stop-after-init", "--max-cron-threads=0", "--http-port", str(free_port())]
        code = run_logged(command, log, env=config.environment(), timeout=TIMEOUT_SECONDS)
    finally:
        databases.drop(database)
    found = results.load(output)
    for result in found:
        if result.status == FAILED:
            result.log = str(log)
    return [*found, *_checks(selection, found, code, log)]


def sweep() -> None:
    """Drop the test databases of runs of this clone that were killed."""
    for name in databases.names(f"{PREFIX}{paths.database_id()}_"):
        owner = name.rpartition("_")[2]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            databases.drop(name)


def _checks(selection: Selection, found: list[Result], code: int, log: Path) -> list[Result]:
    """Return the failures that no test reports: a broken installation, tests that did not run."""
    checks = []
    tests = [result for result in found if not result.name.startswith("log: ")]
    if code and not any(result.status == FAILED for result in found):
        text = f"Odoo ended with code {code}\n{excerpt(log)}"
        checks.append(Result("installation and tests of the addons", FAILED, 0, text, str(log)))
    if selection.narrowed:
        if not tests:
            wanted = ", ".join(selection.tags)
            checks.append(Result("odoo tests", FAILED, 0, f"no test matches {wanted}", str(log)))
        return checks
    for name in selection.addons:
        if _has_tests(name) and not any(test.name.startswith(f"{name}.") for test in tests):
            text = "The addon has tests, but none ran: are they imported in tests/__init__.py?"
            checks.append(Result(f"tests of {name}", FAILED, 0, text, str(log)))
    return checks


def _test_files(name: str) -> list[Path]:
    return sorted((addons.source_of(name) / "tests").glob("test_*.py"))


def _has_tests(name: str) -> bool:
    return any("def test_" in file.read_text(encoding="utf-8") for file in _test_files(name))


def _has_browser_tests(names: list[str]) -> bool:
    return any(
        BROWSER.search(file.read_text(encoding="utf-8"))
        for name in names
        for file in _test_files(name)
    )
