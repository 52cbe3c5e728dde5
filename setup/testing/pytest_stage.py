"""The stages run by pytest: unit tests without a database, end-to-end tests over real processes."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from demo.stack import seeded_template
from provision import chromium, config, paths, templates, venv

from .results import FAILED, PASSED, SKIPPED, Result
from .running import excerpt, run_together
from .selection import E2E, UNIT, Selection

NO_TESTS = 5
TIMEOUT_SECONDS = 25 * 60
#: End-to-end tests wait more than they compute: so many processes share their files.
E2E_PROCESSES = 2


def run_unit(selection: Selection, logs: Path) -> list[Result]:
    """Run the tests of plain Python code; Odoo is not on the path."""
    if not UNIT.is_dir():
        return []
    env = {**config.environment(), "PYTHONPATH": str(venv.EXTRA)}
    return _run("unit", [selection.unit_paths], UNIT, selection.expression, logs, env)


def run_e2e(selection: Selection, logs: Path) -> list[Result]:
    """Run the tests over real processes; the template database is made first."""
    if not any(E2E.rglob("test_*.py")):
        return []
    chromium.provide()
    env = config.environment()
    env["INTEGRATION_MONITOR_TEMPLATE"] = templates.suite_template()
    env["INTEGRATION_MONITOR_LOGS"] = str(logs)
    env["PYTHONPATH"] = os.pathsep.join([str(paths.SETUP), str(venv.EXTRA)])
    # Made before the processes start, which would make it twice.
    seeded_template()
    files = sorted(
        {
            file
            for path in selection.e2e_paths
            for file in (path.rglob("test_*.py") if path.is_dir() else [path])
        }
    )
    shares = [files[number::E2E_PROCESSES] for number in range(E2E_PROCESSES)]
    return _run("e2e", [share for share in shares if share], E2E, selection.expression, logs, env)


def _run(
    stage: str,
    shares: list[list[Path]],
    root: Path,
    expression: str,
    logs: Path,
    env: dict[str, str],
) -> list[Result]:
    """Run one pytest for each share of paths, side by side."""
    programs, outputs = [], []
    for number, wanted in enumerate(shares):
        name = f"{stage}-{number + 1}" if len(shares) > 1 else stage
        output, log = logs / f"{name}.xml", logs / f"{name}.log"
        output.unlink(missing_ok=True)
        command = [venv.python(), "-m", "pytest", "-q", "--confcutdir", root, "--junit-xml", output]
        command += ["-p", "no:cacheprovider", *(["-k", expression] if expression else []), *wanted]
        programs.append((command, log))
        outputs.append(output)
    env = {**env, "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "120"}
    env.setdefault("TMPDIR", os.environ.get("TMPDIR", "/tmp"))
    codes = run_together(programs, env=env, timeout=TIMEOUT_SECONDS)
    found = []
    for code, output, (_command, log) in zip(codes, outputs, programs, strict=True):
        if code == NO_TESTS and expression:
            continue
        results = _read(stage, output, log)
        if code and not any(result.status == FAILED for result in results):
            results.append(Result(f"{stage} tests", FAILED, 0, excerpt(log), str(log)))
        found += results
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
