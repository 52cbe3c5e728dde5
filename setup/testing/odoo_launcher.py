"""Runs Odoo's command line with its test results written to a file.

    python odoo_launcher.py RESULTS.json -d DATABASE -i ADDON --test-tags … --stop-after-init

Odoo counts tests in its log only, tells skips by log lines, and does not count the tests of a class
whose set-up failed. This hooks the result object instead, so that nobody has to parse a log.
"""

from __future__ import annotations

import atexit
import functools
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Only the package is wanted on the path, not this folder: its modules have common names.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from testing import kept_caches  # noqa: E402
from testing.claims import Claims  # noqa: E402
from testing.history import History, changed_at  # noqa: E402
from testing.log_watch import LogWatch  # noqa: E402
from testing.results import FAILED, PASSED, SKIPPED, Result, save  # noqa: E402

ADDONS_PREFIX = "odoo.addons."
#: Names the folder of claims of processes that share the tests.
CLAIMS_VARIABLE = "INTEGRATION_MONITOR_TEST_CLAIMS"
#: Names the addons whose tests are looked for; by default all that Odoo names.
ADDONS_VARIABLE = "INTEGRATION_MONITOR_TEST_ADDONS"
#: Names the file of what ran before, and when the tests are to have ended, if they are.
HISTORY_VARIABLE = "INTEGRATION_MONITOR_TEST_HISTORY"
UNTIL_VARIABLE = "INTEGRATION_MONITOR_TEST_UNTIL"
#: Set: the bundles of pages are in the database.
PAGES_VARIABLE = "INTEGRATION_MONITOR_TEST_PAGES"
#: Set: tests that Odoo runs while installing run at the end as well, with every addon loaded.
ALL_TESTS_VARIABLE = "INTEGRATION_MONITOR_TEST_ALL"


class Recorder:
    """Notes what was selected and what became of it."""

    def __init__(self) -> None:
        """Start empty."""
        self.selected: list[str] = []
        self.results: dict[str, Result] = {}
        self.class_errors: dict[str, Result] = {}
        self.started: dict[str, float] = {}

    @staticmethod
    def name(test: Any) -> str:
        """Return the name of a test; of a subtest, that of the test around it."""
        while getattr(test, "test_case", None) is not None:
            test = test.test_case
        return str(test.id()).removeprefix(ADDONS_PREFIX)

    def start(self, test: Any) -> None:
        """A test begins."""
        self.started[self.name(test)] = time.monotonic()

    def stop(self, test: Any) -> None:
        """A test has ended, whatever came of it: without a word it passed."""
        name = self.name(test)
        result = self.results.setdefault(name, Result(name, PASSED))
        result.seconds = time.monotonic() - self.started.get(name, time.monotonic())

    def fail(self, test: Any, text: str) -> None:
        """Something failed: a test, a subtest, or the set-up or tear-down of a class."""
        name = self.name(test)
        if name in self.started:
            result = self.results.setdefault(name, Result(name, FAILED))
            result.status = FAILED
            result.detail = f"{result.detail}\n{text}".strip()
        else:
            self.class_errors[name] = Result(name, FAILED, detail=text)

    def skip(self, test: Any, reason: str) -> None:
        """A test, or a whole class, was skipped. A browser test must not be."""
        name = self.name(test)
        status, detail = SKIPPED, reason
        if _is_browser_test(test):
            status, detail = FAILED, f"A browser test was skipped: {reason}"
        kept = self.results if name in self.started else self.class_errors
        kept[name] = Result(name, status, detail=detail)

    def all_results(self) -> list[Result]:
        """Return every selected test, also those that never ran, and the errors of classes."""
        found = dict(self.results)
        for name in self.selected:
            if name not in found:
                found[name] = self._never_ran(name)
        reported = [
            error
            for error in self.class_errors.values()
            # A failed set-up is told by each of its tests already.
            if not error.name.startswith("setUpClass")
        ]
        return [*found.values(), *reported]

    def _never_ran(self, name: str) -> Result:
        cause = self.class_errors.get(f"setUpClass ({ADDONS_PREFIX}{name.rpartition('.')[0]})")
        if cause:
            return Result(name, cause.status, detail=cause.detail)
        return Result(name, FAILED, detail="selected, but never ran")


def _is_browser_test(test: Any) -> bool:
    from odoo.tests.common import HttpCase

    return isinstance(test, HttpCase)


def hook(recorder: Recorder, watch: LogWatch) -> None:
    """Make Odoo's test framework report to *recorder*; its options must be parsed already."""
    from odoo.tests import loader
    from odoo.tests.result import OdooTestResult

    def after(name: str, note: Callable[..., None]) -> None:
        original = getattr(OdooTestResult, name)

        @functools.wraps(original)
        def wrapper(self: Any, test: Any, *args: Any) -> Any:
            note(test, *args)
            return original(self, test, *args)

        setattr(OdooTestResult, name, wrapper)

    after("startTest", recorder.start)
    after("stopTest", recorder.stop)
    after("addSkip", recorder.skip)

    log_error = OdooTestResult.logError

    def log_error_once(self: Any, flavour: str, test: Any, error: Any) -> None:
        if not self._soft_fail:
            recorder.fail(test, self._exc_info_to_string(error, test))
        watch.muted = True
        try:
            log_error(self, flavour, test, error)
        finally:
            watch.muted = False

    OdooTestResult.logError = log_error_once
    if not os.environ.get(ALL_TESTS_VARIABLE):
        # Odoo's own tests run as Odoo runs them.
        kept_caches.keep()

    make_suite = loader.make_suite
    folder = os.environ.get(CLAIMS_VARIABLE)
    claims = Claims(Path(folder) if folder else None)
    addons = [name for name in os.environ.get(ADDONS_VARIABLE, "").split(",") if name]

    def make_noted_suite(names: list[str], *args: Any, **kwargs: Any) -> Any:
        # Looking imports the tests, and with them the addon: never before Odoo has loaded it.
        names = [name for name in names if not addons or name in addons]
        suite = make_suite(names, *args, **kwargs)
        if os.environ.get(ALL_TESTS_VARIABLE):
            tests = [*make_suite(names, "at_install"), *suite]
            suite = type(suite)(sorted(tests, key=lambda test: getattr(test, "test_sequence", 0)))
        return _shared(suite, claims, recorder)

    loader.make_suite = make_noted_suite


def _shared(suite: Any, claims: Claims, recorder: Recorder) -> Any:
    """Return a suite of the same tests; when it runs, each class is taken, or is another's."""

    class SharedSuite(type(suite)):  # type: ignore[misc]
        def run(self, result: Any, debug: bool = False) -> Any:
            taken = type(suite)()
            # Read test by test: a class is claimed when the one before it has ended.
            taken._tests = self._take()
            return taken.run(result, debug)

        def has_http_case(self) -> bool:
            # For those Odoo would make the bundles of all pages, also of those that no test opens.
            return not os.environ.get(PAGES_VARIABLE) and super().has_http_case()

        def _take(self) -> Iterator[Any]:
            classes: dict[str, list[Any]] = {}
            for test in self:
                classes.setdefault(_class_name(test), []).append(test)
            for name in _in_time(classes):
                if claims.take(name):
                    recorder.selected += [recorder.name(test) for test in classes[name]]
                    yield from classes[name]

    return SharedSuite(suite)


def _class_name(test: Any) -> str:
    return f"{type(test).__module__}.{type(test).__qualname__}".removeprefix(ADDONS_PREFIX)


def _in_time(classes: dict[str, list[Any]]) -> Iterator[str]:
    """Yield the classes to run: all in Odoo's order, or those of a quick run in its own."""
    until = os.environ.get(UNTIL_VARIABLE)
    if not until:
        yield from classes
        return
    moments = {
        name: changed_at(Path(sys.modules[type(tests[0]).__module__].__file__ or ""))
        for name, tests in classes.items()
    }
    yield from History(Path(os.environ[HISTORY_VARIABLE])).in_time(float(until), moments)


def main() -> None:
    """Run Odoo and write the results when it ends, however it ends."""
    target = Path(sys.argv.pop(1))
    # Odoo's root is on PYTHONPATH.
    import odoo.cli
    import odoo.cli.server
    import odoo.modules.module

    recorder = Recorder()
    watch = LogWatch(lambda: odoo.modules.module.current_test)
    report_configuration = odoo.cli.server.report_configuration

    def hook_then_report() -> None:
        # Here the options are parsed and logging is set up, and nothing is imported yet.
        hook(recorder, watch)
        logging.getLogger().addHandler(watch)
        report_configuration()

    odoo.cli.server.report_configuration = hook_then_report
    atexit.register(lambda: save([*recorder.all_results(), *watch.results()], target))
    odoo.cli.main()


if __name__ == "__main__":
    main()
