"""The Odoo tests of the addons, by processes side by side, each on a copy of one template."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path

from provision import addons, chromium, config, databases, paths, templates, venv
from provision.errors import ProvisionError

from . import results
from .history import History
from .results import FAILED, Result
from .running import excerpt, run_together
from .selection import Selection
from .waiting import free_port

#: When this program began.
STARTED_AT = time.time()
TIMEOUT_SECONDS = 30 * 60
LAUNCHER = Path(__file__).with_name("odoo_launcher.py")
PREFIX = "im_test_"
SHARES = 2
CLAIMS_VARIABLE = "INTEGRATION_MONITOR_TEST_CLAIMS"
ADDONS_VARIABLE = "INTEGRATION_MONITOR_TEST_ADDONS"
LOGS_VARIABLE = "INTEGRATION_MONITOR_LOGS"
HISTORY_VARIABLE = "INTEGRATION_MONITOR_TEST_HISTORY"
UNTIL_VARIABLE = "INTEGRATION_MONITOR_TEST_UNTIL"
PAGES_VARIABLE = "INTEGRATION_MONITOR_TEST_PAGES"
#: What ran before in this clone; see ``history.py``.
HISTORY = paths.WORK / "test-history.json"
#: Tests of a quick run end that long after it began; unit tests beside them, a little later. What
#: had to be installed anew does not take all of the time.
QUICK_SECONDS, LEAST_SECONDS = 72, 30
#: Tells tests that the database is dropped afterwards; see ``tests/common_company.py``.
COPY_VARIABLE = "INTEGRATION_MONITOR_TEST_COPY"
BROWSER = re.compile(r"\b(start_tour|browser_js|HttpCase\.browser)\b")


def run(selection: Selection, logs: Path) -> list[Result]:
    """Install the selected addons, run their tests, return every result."""
    if _has_browser_tests(selection.addons):
        chromium.provide()
    try:
        template = templates.suite_template(selection.addons)
        made = [template]
        # A few tests are sooner done by one process: each loads the addons for itself.
        shares = 1 if selection.narrowed else SHARES
        if shares > 1:
            template = templates.pages_template(template)
            made.append(template)
    except ProvisionError as error:
        # The other stages can tell something all the same.
        return [Result("installation of the addons", FAILED, 0, str(error))]
    installed = [
        result for name in made for result in results.load(templates.install_results(name))
    ]
    claims = logs / "odoo-claims"
    claims.mkdir()
    history = History(HISTORY)
    until = None
    if selection.quick and history.knows(filter(_has_tests, selection.addons)):
        until = max(STARTED_AT + QUICK_SECONDS, time.time() + LEAST_SECONDS)
    runs = [_Run(selection, logs, place, shares, claims, until) for place in range(shares)]
    try:
        for each in runs:
            databases.clone(template, each.database)
        codes = run_together(
            [each.program for each in runs], env=config.environment(), timeout=TIMEOUT_SECONDS
        )
    finally:
        for each in runs:
            databases.drop(each.database)
    tested = [result for each in runs for result in each.results()]
    if not selection.narrowed:
        history.note(tested)
    if until:
        _tell_left_out(history, selection, tested, logs)
    found = [*installed, *tested]
    failed = next((each for each, code in zip(runs, codes, strict=True) if code), runs[0])
    return [*found, *_checks(selection, found, max(codes, key=abs), failed.log)]


class _Run:
    """One Odoo process with its share of the test classes, on a database of its own."""

    def __init__(
        self,
        selection: Selection,
        logs: Path,
        place: int,
        shares: int,
        claims: Path,
        until: float | None,
    ) -> None:
        self.database = f"{PREFIX}{paths.database_id()}_{place}_{os.getpid()}"
        suffix = f"-{place + 1}" if shares > 1 else ""
        self.output, self.log = logs / f"odoo{suffix}.json", logs / f"odoo{suffix}.log"
        self.output.unlink(missing_ok=True)
        command = ["env", f"{CLAIMS_VARIABLE}={claims}", f"{LOGS_VARIABLE}={logs}"]
        command += [f"{ADDONS_VARIABLE}={','.join(selection.addons)}", f"{COPY_VARIABLE}=1"]
        if shares > 1:
            command += [f"{PAGES_VARIABLE}=1"]
        if until:
            command += [f"{HISTORY_VARIABLE}={HISTORY}", f"{UNTIL_VARIABLE}={until}"]
        command += [venv.python(), LAUNCHER]
        command += [self.output, "-d", self.database]
        command += ["--test-tags", ",".join(selection.tags), "--stop-after-init"]
        command += ["--max-cron-threads=0", "--http-port", str(free_port())]
        self.program = (command, self.log)

    def results(self) -> list[Result]:
        """Return the results, the failed ones with the log to read."""
        found = results.load(self.output)
        for result in found:
            if result.status == FAILED:
                result.log = str(self.log)
        return found


def _tell_left_out(
    history: History, selection: Selection, tested: list[Result], logs: Path
) -> None:
    """Tell, with the results of the stage, how much a quick run has left out."""
    ran = {result.name.rpartition(".")[0] for result in tested}
    known = [name for name in history.classes if name.partition(".")[0] in selection.addons]
    left = [name for name in known if name not in ran]
    if left:
        text = (
            f"A quick run: {len(known) - len(left)} of {len(known)} classes of tests, those that "
            "failed or were changed first; the others come first next time. All of them: "
            f"./setup/test.sh --all {' '.join(selection.addons)}"
        )
        (logs / "odoo-quick.report").write_text(text, encoding="utf-8")


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
