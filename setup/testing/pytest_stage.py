"""The stages run by pytest: unit tests without a database, end-to-end tests over real processes."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from demo.stack import seeded_template
from provision import addons, chromium, config, paths, templates, venv

from .forked import fork_server
from .results import FAILED, PASSED, SKIPPED, Result
from .running import excerpt, run_in_turn
from .selection import E2E, UNIT, Selection

NO_TESTS = 5
TIMEOUT_SECONDS = 25 * 60
#: End-to-end tests wait more than they compute: so many of their files run at once.
E2E_PROCESSES = 5
#: Files that take longest, in this order: begun last, they would go on alone. The others follow.
#: Those that wait and those that compute take turns, so that something computes at any time.
LONGEST = (
    "test_message_storm.py",
    "test_kill.py",
    "test_lifecycle.py",
    "test_health.py",
    "test_workers_log.py",
    "test_exceptions.py",
    "test_order_to_cash.py",
    "test_message_restart.py",
    "test_replay.py",
    "test_refusals.py",
    "test_demo.py",
    "test_log_faults.py",
)


def run_unit(selection: Selection, logs: Path) -> list[Result]:
    """Run the tests of plain Python code; Odoo is not on the path."""
    if not UNIT.is_dir():
        return []
    env = {**config.environment(), "PYTHONPATH": str(venv.EXTRA)}
    return _run("unit", [selection.unit_paths], UNIT, selection.expression, logs, env)


def prepare_e2e() -> str:
    """Make what the end-to-end tests start from; return the template with the suite."""
    chromium.provide()
    template = templates.suite_template()
    seeded_template()
    return template


def run_e2e(selection: Selection, logs: Path) -> list[Result]:
    """Run the tests over real processes, each file in one of its own."""
    if not any(E2E.rglob("test_*.py")):
        return []
    env = config.environment()
    env["INTEGRATION_MONITOR_TEMPLATE"] = prepare_e2e()
    env["INTEGRATION_MONITOR_LOGS"] = str(logs)
    env["PYTHONPATH"] = os.pathsep.join([str(paths.SETUP), str(venv.EXTRA)])
    files = sorted(
        {
            file
            for path in selection.e2e_paths
            for file in (path.rglob("test_*.py") if path.is_dir() else [path])
        },
        key=_begin,
    )
    with fork_server(addons.installable_names(), logs / "fork-server.log") as where:
        env |= where
        return _run("e2e", [[file] for file in files], E2E, selection.expression, logs, env)


def _begin(file: Path) -> tuple[int, str]:
    """Return what sorts the files of the end-to-end tests by when they begin."""
    return (LONGEST.index(file.name) if file.name in LONGEST else len(LONGEST), file.name)


def _run(
    stage: str,
    shares: list[list[Path]],
    root: Path,
    expression: str,
    logs: Path,
    env: dict[str, str],
) -> list[Result]:
    """Run one pytest for each share of paths, some side by side."""
    programs, outputs = [], []
    for wanted in shares:
        name = f"{stage}-{wanted[0].stem}" if len(shares) > 1 else stage
        output, log = logs / f"{name}.xml", logs / f"{name}.log"
        output.unlink(missing_ok=True)
        command = [venv.python(), "-m", "pytest", "-q", "--confcutdir", root, "--junit-xml", output]
        command += ["-p", "no:cacheprovider", *(["-k", expression] if expression else []), *wanted]
        programs.append((command, log))
        outputs.append(output)
    env = {**env, "COLUMNS": "120"}
    env.setdefault("TMPDIR", os.environ.get("TMPDIR", "/tmp"))
    codes = run_in_turn(programs, E2E_PROCESSES, env=env, timeout=TIMEOUT_SECONDS)
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
