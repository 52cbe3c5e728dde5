"""The linters of the project: each is one check, passed or failed as a whole.

Standard library only: ``setup/lint.sh`` runs it without Odoo's environment.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from provision import addons, lint_tools, paths
from provision.errors import ProvisionError

from .results import FAILED, PASSED, Result

MAX_LINES = 300
PRETTIER_SUFFIXES = (".js", ".json", ".md", ".mjs", ".scss", ".xml", ".yaml", ".yml")
PARALLEL = 2


@cache
def files(*suffixes: str) -> list[str]:
    """Return the project's files with one of these suffixes: tracked, or new and not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=paths.REPO, capture_output=True, text=True, check=False)
    names = listed.stdout.splitlines()
    if listed.returncode:  # not a git checkout
        names = [
            str(path.relative_to(paths.REPO))
            for path in paths.REPO.rglob("*")
            if not path.is_relative_to(paths.WORK)
        ]
    found = sorted(set(names))
    return [name for name in found if name.endswith(suffixes) and (paths.REPO / name).is_file()]


def addon_names() -> list[str]:
    """Return the addon folders of the clone."""
    return list(addons.sources())


@dataclass(frozen=True)
class Check:
    """One linter: the command that checks, the arguments that make it repair, its files."""

    name: str
    command: Sequence[str]
    targets: Callable[[], list[str]]
    fix: Sequence[str] | None = None

    def chosen(self, within: Sequence[str]) -> list[str]:
        """Return the targets that lie within the given paths, or all."""
        targets = self.targets()
        if not within:
            return targets
        folders = [Path(path) for path in within]
        return [
            target
            for target in targets
            if any(
                # A file within a folder, or an addon around one.
                Path(target).is_relative_to(folder) or folder.is_relative_to(target)
                for folder in folders
            )
        ]

    def run(self, fix: bool, within: Sequence[str]) -> Result:
        """Run the linter, repairing when asked to and able to."""
        start = time.monotonic()
        targets = self.chosen(within)
        if not targets:
            return Result(f"lint: {self.name}", PASSED)
        program, *arguments = self.fix if fix and self.fix else self.command
        result = subprocess.run(
            [str(lint_tools.tool(program)), *arguments, *targets],
            cwd=paths.REPO,
            env=lint_tools.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        status = FAILED if result.returncode else PASSED
        seconds = time.monotonic() - start
        return Result(f"lint: {self.name}", status, seconds, result.stdout + result.stderr)


class FileLength(Check):
    """A Python file has at most 300 lines: one room with one purpose."""

    def run(self, fix: bool, within: Sequence[str]) -> Result:
        """Count lines; nothing can be repaired."""
        lengths = {
            name: len((paths.REPO / name).read_text(encoding="utf-8").splitlines())
            for name in self.chosen(within)
        }
        long = [f"{name}: {count} lines" for name, count in lengths.items() if count > MAX_LINES]
        return Result(f"lint: {self.name}", FAILED if long else PASSED, detail="\n".join(long))


def _prettier_files() -> list[str]:
    return files(*PRETTIER_SUFFIXES)


CHECKS = (
    Check("ruff", ["ruff", "check", "--quiet", "--output-format=concise"], lambda: files(".py"),
          ["ruff", "check", "--quiet", "--fix", "--output-format=concise"]),
    Check("ruff-format", ["ruff", "format", "--quiet", "--check", "--diff"], lambda: files(".py"),
          ["ruff", "format", "--quiet"]),
    Check("pylint-odoo", ["pylint", "--rcfile=.pylintrc"], addon_names),
    Check("oca-checks-odoo-module", ["oca-checks-odoo-module"], addon_names,
          ["oca-checks-odoo-module", "--fix"]),
    Check("oca-checks-po", ["oca-checks-po"], lambda: files(".po", ".pot"),
          ["oca-checks-po", "--fix"]),
    Check("prettier", ["prettier", "--log-level=warn", "--check"], _prettier_files,
          ["prettier", "--log-level=warn", "--write"]),
    Check("eslint", ["eslint", "--no-warn-ignored"], lambda: files(".js", ".mjs"),
          ["eslint", "--no-warn-ignored", "--fix"]),
    Check("shellcheck", ["shellcheck", "--external-sources", "--source-path=SCRIPTDIR/.."],
          lambda: files(".sh") + [".ci/run"]),
    FileLength("file-length", [], lambda: files(".py")),
)  # fmt: skip


def run(
    names: Sequence[str] = (), *, fix: bool = False, within: Sequence[str] = ()
) -> list[Result]:
    """Run the named checks, or all, two at a time (one after the other when they repair)."""
    chosen = [check for check in CHECKS if not names or check.name in names]
    with ThreadPoolExecutor(1 if fix else PARALLEL) as pool:
        return list(pool.map(lambda check: check.run(fix, within), chosen))


def main(arguments: list[str]) -> int:
    """Run checks for a person at a terminal; return 1 when one failed."""
    parser = argparse.ArgumentParser(prog="./setup/lint.sh")
    parser.add_argument("--fix", action="store_true", help="repair what can be repaired")
    known = [check.name for check in CHECKS]
    parser.add_argument(
        "what", nargs="*", metavar="CHECK|PATH", help=f"a path, or one of {', '.join(known)}"
    )
    options = parser.parse_args(arguments)
    checks = [item for item in options.what if item in known]
    within = [item for item in options.what if item not in known]
    try:
        inside = [str(Path(item).resolve().relative_to(paths.REPO)) for item in within]
        lint_tools.provide()
    except ValueError:
        parser.error(f"neither a check nor a path of the project: {' '.join(within)}")
    except ProvisionError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    found = run(checks, fix=options.fix, within=inside)
    for result in found:
        if result.status == FAILED:
            print(result.detail.rstrip())
        print(f"{result.status}: {result.name} ({result.seconds:.1f} s)", flush=True)
    return int(any(result.status == FAILED for result in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
