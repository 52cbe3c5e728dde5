"""Runs every test of the project, or those that the arguments name; see ``setup/test.sh``."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from provision import paths, progress  # noqa: E402
from provision.errors import ProvisionError  # noqa: E402
from testing import lint_stage, odoo_stage, pytest_stage, running  # noqa: E402
from testing.results import FAILED, Report, Result  # noqa: E402
from testing.selection import STAGES, Selection, parse  # noqa: E402

RUNNERS: dict[str, Callable[[Selection, Path], list[Result]]] = {
    "lint": lint_stage.run,
    "unit": pytest_stage.run_unit,
    "odoo": odoo_stage.run,
    "e2e": pytest_stage.run_e2e,
}
#: Stages that take no harm from others at the same time.
BESIDE = ("lint", "unit")
#: How often a stage says that it is still going on, in a log of continuous integration.
REPEAT_SECONDS = 60.0
#: Logs of that many runs are kept.
KEEP_RUNS = 10


def main(arguments: list[str]) -> int:
    """Run the stages and print the summary; return 1 when something failed."""
    running.interrupt_when_told()
    report = Report()
    try:
        selection = parse(arguments)
        logs = _logs()
        odoo_stage.sweep()
        _run_stages(selection, logs, report)
        for name in selection.left_out if "odoo" in selection.stages else ():
            text = "not installable here: it is marked so, or an addon that it needs is missing"
            report.add([Result(f"addon {name}", FAILED, detail=text)])
    except ProvisionError as error:
        print(f"setup: {error}", file=sys.stderr)
        report.add([Result("provisioning", FAILED, detail=str(error))])
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    report.print()
    return 0 if report.ok else 1


def _run_stages(selection: Selection, logs: Path, report: Report) -> None:
    """Run linters and unit tests beside the Odoo tests, the end-to-end tests alone.

    The Odoo stage begins with one process that makes the template and ends with one that has the
    last class: what runs beside it, in turn, uses the processors meanwhile. The end-to-end tests
    time things; their database is made before.
    """
    chosen = [stage for stage in STAGES if stage in selection.stages]
    with ThreadPoolExecutor(1) as pool:
        beside = [
            pool.submit(_stage, stage, selection, logs) for stage in chosen if stage in BESIDE
        ]
        try:
            if "odoo" in chosen:
                if "e2e" in chosen:
                    # What is wrong with it is told by the stage itself, which asks for it again.
                    pool.submit(pytest_stage.prepare_e2e)
                report.add(_stage("odoo", selection, logs))
            for future in beside:
                report.add(future.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            running.end_all()
            raise
    if "e2e" in chosen:
        report.add(_stage("e2e", selection, logs))


def _stage(stage: str, selection: Selection, logs: Path) -> list[Result]:
    start = time.monotonic()
    with progress.step(f"Tests: {stage}", repeat=REPEAT_SECONDS):
        found = RUNNERS[stage](selection, logs)
    failed = sum(result.status == FAILED for result in found)
    seconds = time.monotonic() - start
    for file in sorted(logs.glob(f"{stage}-*.report")):
        print(file.read_text(encoding="utf-8"))
    print(f"{stage}: {len(found)} tests, {failed} failed, {seconds:.0f} s", flush=True)
    return found


def _logs() -> Path:
    """Return a new folder for this run's logs, and remove those of old runs."""
    folder = paths.LOGS / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    folder.mkdir(parents=True)
    runs = sorted(path for path in paths.LOGS.iterdir() if path.is_dir())
    for old in runs[:-KEEP_RUNS]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
