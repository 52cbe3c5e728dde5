"""The folder on ``addons_path``: one link per addon of the clone, rebuilt on each run.

The suite's own entry is a real directory that links single files of the repository root. A link to
the whole root would drag ``.odoo/`` along, and loop, wherever Odoo walks the path following links.
"""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

from . import paths

#: What the root addon shows to Odoo.
ROOT_ENTRIES = ("__init__.py", "__manifest__.py", "tests", "static", "i18n")


def sources() -> dict[str, Path]:
    """Return the addon folders of the clone by technical name, without the root addon."""
    return {
        manifest.parent.name: manifest.parent
        for manifest in sorted(paths.REPO.glob("*/__manifest__.py"))
        if manifest.with_name("__init__.py").exists()
    }


def suite_names() -> list[str]:
    """Return the technical names of every addon of the clone, the root addon last."""
    names = list(sources())
    return [*names, paths.SUITE] if (paths.REPO / "__manifest__.py").exists() else names


def source_of(name: str) -> Path:
    """Return the folder of the addon *name* in the clone."""
    return paths.REPO if name == paths.SUITE else sources()[name]


def manifest(name: str) -> dict[str, object]:
    """Return the manifest of the addon *name*."""
    text = (source_of(name) / "__manifest__.py").read_text(encoding="utf-8")
    return dict(ast.literal_eval(text))


def installable_names() -> list[str]:
    """Return the addons to install: the root addon only once everything it depends on exists."""
    present = set(sources())
    names = [name for name in suite_names() if manifest(name).get("installable", True)]
    if paths.SUITE in names:
        needs = [str(item) for item in manifest(paths.SUITE).get("depends", [])]  # type: ignore[attr-defined]
        if any(need.startswith("integration_monitor") and need not in present for need in needs):
            names.remove(paths.SUITE)
    return names


def link() -> None:
    """Bring the links below ``.odoo/addons`` in line with the clone."""
    wanted = {paths.ADDONS / name: source for name, source in sources().items()}
    if (paths.REPO / "__manifest__.py").exists():
        suite = paths.ADDONS / paths.SUITE
        suite.mkdir(parents=True, exist_ok=True)
        wanted |= {
            suite / entry: paths.REPO / entry
            for entry in ROOT_ENTRIES
            if (paths.REPO / entry).exists()
        }
    paths.ADDONS.mkdir(parents=True, exist_ok=True)
    for folder in (paths.ADDONS, paths.ADDONS / paths.SUITE):
        for entry in folder.iterdir() if folder.is_dir() else ():
            if entry.is_symlink() and wanted.get(entry) != entry.readlink():
                entry.unlink()
            elif not entry.is_symlink() and entry.name in (*ROOT_ENTRIES, "__pycache__"):
                shutil.rmtree(entry, ignore_errors=True)
    for place, source in wanted.items():
        if not place.is_symlink():
            place.symlink_to(source)
