"""The stages run by pytest: unit tests without a database, end-to-end tests over real processes."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from provision import chromium, config, paths, templates, venv

from .results import FAILED, PASSED, SKIPPED, Result
from .running import excerpt, run_logged
from .selection import E2E, UNIT, Selection

NO_TESTS = 5
TIMEOUT_SECONDS = 25 * 60


def run_unit(selection: Selection, logs: Path) -> list[Result]:
    """Run the tests of plain Python code; Odoo is not on the path."""
    if not UNIT.is_dir():
        return []
    env = {**config.environment(), "PYTHONPATH": str(venv.EXTRA)}
    return _run("unit", selection.unit_paths, UNIT, selection.expression, logs, env)


def run_e2e(selection: Selection, logs: Path) -> list[Result]:
    """Run the tests over real processes; the template database is made first."""
    if not any(E2E.rglob("test_*.py")):
        return []
    chromium.provide()
    env = config.environment()
    env["INTEGRATION_MONITOR_TEMPLATE"] = templates.suite_template()
    env["INTEGRATION_MONITOR_LOGS"] = str(logs)
    env["PYTHONPATH"] = os.pathsep.join([str(paths.SETUP), str(venv.EXTRA)])
    return _run("e2e", selection.e2e_paths, E2E, selection.expression, logs, env)


def _run(
    stage: str, wanted: list[Path], root: Path, expression: str, logs: Path, env: dict[str, str]
) -> list[Result]:
    output, log = logs / f"{stage}.xml", logs / f"{stage}.log"
    output.unlink(missing_ok=True)
    command = [venv.python(), "-m", "pytest", "-q", "--confcutdir", root, "--junit-xml", output]
    command += ["-p", "no:cacheprovider", *(["-k", expression] if expression else []), *wanted]
    env = {**env, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "120"}
    env.setdefault("TMPDIR", os.environ.get("TMPDIR", "/tmp"))
    code = run_logged(command, log, env=env, timeout=TIMEOUT_SECONDS)
    found = _read(stage, output, log)
    if code == NO_TESTS and expression:
        return []
    if code and not any(result.status == FAILED for result in found):
        found.append(Result(f"{stage} tests", FAILED, 0, excerpt(log), str(log)))
    return found


def _read(stage: str, output: Path, log: Path) -> list[Result]:
    """Return the results that pytest wrote, a browser test that was skipped as failed."""
    if not output.exists():
        return []
    found = []
    for case in ElementTree.parse(output).getroot().iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        result = Result(name, PASSED, float(case.get("time", 0)))
        for child in case:
            text = f"{child.get('message') or ''}\n{child.text or ''}".strip()
            if child.tag in ("failure", "error"):
                result = Result(name, FAILED, result.seconds, text, str(log))
            elif child.tag == "skipped":
                result = Result(name, SKIPPED, result.seconds, child.get("message") or "")
        if result.status == SKIPPED and stage == "e2e":
            result.status, result.log = FAILED, str(log)
            result.detail = f"An end-to-end test was skipped: {result.detail}"
        found.append(result)
    return found
