"""What to run, from the arguments of ``setup/test.sh``."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from provision import addons, paths
from provision.errors import ProvisionError

STAGES = ("lint", "unit", "odoo", "e2e")
UNIT, E2E = paths.REPO / "tests" / "unit", paths.REPO / "tests" / "e2e"
EPILOG = """\
Without arguments everything runs. Arguments narrow it down: the name of a stage (lint, unit, odoo,
e2e), the name of an addon (its Odoo tests and tests/unit/<addon>), or the path of a test file.
Stages and addons together mean those stages of those addons. Of an addon whose tests ran before,
so many run as are done within a minute and a half, failed and changed ones first; --all runs all.
"""


@dataclass
class Selection:
    """The stages to run and, for each, what of it."""

    stages: set[str] = field(default_factory=set)
    #: Addons to install and test.
    addons: list[str] = field(default_factory=list)
    #: Odoo's test tags; by default every test of the addons.
    tags: list[str] = field(default_factory=list)
    unit_paths: list[Path] = field(default_factory=list)
    e2e_paths: list[Path] = field(default_factory=list)
    expression: str = ""
    #: Single tests were asked for: an addon without one of them is no failure.
    narrowed: bool = False
    #: Addons were asked for, and so many of their tests as are done soon.
    quick: bool = False
    #: Addons of the clone that were left out of a run of everything, for the summary.
    left_out: list[str] = field(default_factory=list)


def parse(arguments: list[str]) -> Selection:
    """Return what the arguments select.

    :raise ProvisionError: for an argument that names nothing
    """
    parser = argparse.ArgumentParser(prog="./setup/test.sh", epilog=EPILOG)
    parser.add_argument("what", nargs="*", metavar="STAGE|ADDON|PATH")
    parser.add_argument("--tags", default="", help="Odoo's --test-tags: only the Odoo tests run")
    parser.add_argument("-k", default="", dest="expression", help="pytest's -k")
    parser.add_argument("--all", action="store_true", help="all tests of an addon, however many")
    parser.add_argument("--no-lint", action="store_true", help="leave the linters out")
    options = parser.parse_args(arguments)
    selection = Selection(expression=options.expression)
    for item in options.what:
        _add(selection, item)
    # Stages that are named restrict what the other arguments stand for.
    named = selection.stages & set(options.what)
    selection.stages = named or selection.stages
    if options.tags:
        selection.stages.add("odoo")
        selection.tags = [options.tags]
        selection.narrowed = True
    selection.quick = bool(selection.addons) and not (selection.narrowed or options.all)
    if not selection.stages:
        selection.stages = set(STAGES)
        if options.expression:
            selection.stages = {"unit", "e2e"}
    if options.no_lint:
        selection.stages.discard("lint")
    _complete(selection)
    return selection


def _add(selection: Selection, item: str) -> None:
    path = Path(item).absolute()
    if item in STAGES:
        selection.stages.add(item)
    elif item.rstrip("/") in addons.suite_names():
        name = item.rstrip("/")
        selection.addons.append(name)
        selection.stages.add("odoo")
        if (UNIT / name).is_dir():
            selection.stages.add("unit")
            selection.unit_paths.append(UNIT / name)
    elif path.exists() and path.is_relative_to(UNIT):
        selection.stages.add("unit")
        selection.unit_paths.append(path)
    elif path.exists() and path.is_relative_to(E2E):
        selection.stages.add("e2e")
        selection.e2e_paths.append(path)
    elif path.is_file() and path.parent.name == "tests" and path.is_relative_to(paths.REPO):
        _add_odoo_file(selection, path.relative_to(paths.REPO))
    else:
        known = ", ".join([*STAGES, *addons.suite_names()])
        raise ProvisionError(f"{item} is no stage, no addon and no test file. Known: {known}.")


def _add_odoo_file(selection: Selection, file: Path) -> None:
    name = file.parts[0] if len(file.parts) == 3 else paths.SUITE
    selection.stages.add("odoo")
    selection.addons.append(name)
    selection.tags.append(f"/{name}/tests/{file.name}")
    selection.narrowed = True


def _complete(selection: Selection) -> None:
    installable = addons.installable_names()
    if not selection.addons:
        selection.addons = installable
        selection.left_out = sorted(set(addons.suite_names()) - set(installable))
    if not selection.tags:
        selection.tags = [f"/{name}" for name in selection.addons]
    selection.unit_paths = selection.unit_paths or [UNIT]
    selection.e2e_paths = selection.e2e_paths or [E2E]
