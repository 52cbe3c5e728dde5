"""The linters as a stage of the tests: each counts as one test."""

from __future__ import annotations

from pathlib import Path

from provision import lint_tools

from . import linting
from .results import FAILED, Result
from .selection import Selection


def run(_selection: Selection, logs: Path) -> list[Result]:
    """Run every linter; the whole output of those that failed goes to a log."""
    lint_tools.provide()
    found = linting.run()
    for result in found:
        if result.status == FAILED:
            log = logs / f"{result.name.replace(': ', '-')}.log"
            log.write_text(result.detail, encoding="utf-8")
            result.log = str(log)
    return found
