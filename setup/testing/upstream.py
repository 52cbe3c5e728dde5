"""Odoo's own tests with the suite installed, beside the same tests without it.

Every test runs once all addons are loaded, also those that Odoo runs half-way through an
installation: there the suite would not be loaded yet, and nothing would be proven.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from provision import chromium, config, databases, paths, progress, templates, venv  # noqa: E402
from testing import results  # noqa: E402
from testing.odoo_launcher import ALL_TESTS_VARIABLE  # noqa: E402
from testing.results import FAILED, PASSED, SKIPPED, Result  # noqa: E402
from testing.running import run_logged  # noqa: E402
from testing.waiting import free_port  # noqa: E402

MODULES = ("sale_stock", "stock_delivery", "purchase_stock", "payment", "queue_job")
TIMEOUT_SECONDS = 90 * 60
ONLY_WITH = "fails, or is skipped, with the suite only"
ALSO_WITHOUT = "fails without the suite, too"
SKIPPED_ANYHOW = "skipped by its authors, with the suite and without"
PASSES = "passes with the suite"
LAUNCHER = Path(__file__).with_name("odoo_launcher.py")


def run(template: str, part: str, modules: list[str]) -> dict[str, Result]:
    """Run the tests of *modules* on a copy of *template*; return the results by name.

    :raise SystemExit: when Odoo ended without any result
    """
    logs = paths.LOGS / "upstream"
    logs.mkdir(parents=True, exist_ok=True)
    output, log = logs / f"{part}.json", logs / f"{part}.log"
    output.unlink(missing_ok=True)
    database = f"im_upstream_{os.getpid()}_{part}"
    command = [venv.python(), LAUNCHER, output, "-d", database, "--db-filter", f"^{database}$"]
    command += ["--test-tags", ",".join(f"/{name}" for name in modules), "--stop-after-init"]
    command += ["--max-cron-threads=0", "--http-port", str(free_port())]
    # Without the suite it must not even be on the addons path: its hooks are process-wide.
    conf = config.write(paths.WORK / "conf" / f"{database}.conf", with_suite=part == "with")
    try:
        databases.clone(template, database)
        env = {**config.environment(conf), ALL_TESTS_VARIABLE: "1"}
        begun = time.monotonic()
        with progress.step(f"Upstream tests {part} the suite", repeat=60.0):
            run_logged(command, log, env=env, timeout=TIMEOUT_SECONDS)
        print(f"{part} the suite: {time.monotonic() - begun:.0f} s, log {log}", flush=True)
    finally:
        conf.unlink(missing_ok=True)
        databases.drop(database)
    found = {result.name: result for result in results.load(output)}
    found = {name: result for name, result in found.items() if not name.startswith("log: ")}
    if not found:
        raise SystemExit(f"No test ran {part} the suite; see {log}")
    return found


def main() -> int:
    """Compare; return 1 when a test fails, is skipped or did not run with the suite only."""
    parser = argparse.ArgumentParser(prog="setup/upstream_tests.sh", description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(MODULES))
    parser.add_argument("--json", type=Path, help="where the comparison is written, too")
    arguments = parser.parse_args()
    chromium.provide()
    without = run(templates.base_template(), "without", arguments.modules)
    with_suite = run(templates.suite_template(), "with", arguments.modules)
    report = compare(without, with_suite)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    for name in arguments.modules:
        counted = sum(test.startswith(f"{name}.") for test in with_suite)
        print(f"{name}: {counted} tests" + ("" if counted else " — the package carries none"))
    for title, tests in report.items():
        print(f"\n{title}: {len(tests)}")
        for test in tests if title != PASSES else ():
            print(f"  {test}")
    return 1 if report[ONLY_WITH] else 0


def compare(without: dict[str, Result], with_suite: dict[str, Result]) -> dict[str, list[str]]:
    """Return the names of tests by how the two runs differ."""

    def status(found: dict[str, Result], name: str) -> str:
        return found[name].status if name in found else FAILED

    names = sorted(without.keys() | with_suite.keys())
    report: dict[str, list[str]] = {ONLY_WITH: [], ALSO_WITHOUT: [], SKIPPED_ANYHOW: [], PASSES: []}
    for name in names:
        old, new = status(without, name), status(with_suite, name)
        if new == PASSED:
            report[PASSES].append(name)
        elif old == PASSED:
            report[ONLY_WITH].append(name)
        elif SKIPPED in (old, new) and new == old:
            report[SKIPPED_ANYHOW].append(name)
        else:
            report[ALSO_WITHOUT].append(name)
    return report


if __name__ == "__main__":
    sys.exit(main())
