"""Odoo 19.0 Community: an installation that the environment names, or the Debian package.

The Debian package runs from ``PYTHONPATH``; many of its static files are links into other Debian
packages, which are unpacked into the same root.
"""

from __future__ import annotations

import os
import re
import shutil
from functools import cache
from pathlib import Path

from . import apt, paths, progress, stamps
from .errors import ProvisionError

SERIES = "19.0"
ODOO = ("odoo-19",)
#: Packages that Odoo's static files link into, in the versions of the named Debian suite: later
#: versions of the last two fonts lack the linked file names.
STATIC = {
    "sid": (
        "fonts-montserrat",
        "fonts-ocr-b",
        "fonts-roboto-unhinted",
        "libjs-jquery",
        "libjs-jquery-form",
        "libjs-underscore",
    ),
    "bookworm": ("fonts-font-awesome", "fonts-inconsolata"),
}
PACKAGES = Path("usr/lib/python3/dist-packages")
#: Debian leaves this file out; an empty one silences the error of the asset bundle.
PLACEHOLDER = Path("odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js")
STEP = "odoo"


def home() -> Path:
    """Return the folder that holds the ``odoo`` package (what goes on ``PYTHONPATH``)."""
    named = os.environ.get("ODOO_PATH")
    return Path(named).expanduser().resolve() if named else paths.ROOT / PACKAGES


def addons_paths() -> list[Path]:
    """Return the folders of Odoo's own addons: one in the package, one beside it in a checkout."""
    folders = [home() / "odoo" / "addons"]
    # The Debian package has a second folder `addons` with the Python files alone: useless here.
    if (home() / "addons" / "web" / "static").is_dir():
        folders.append(home() / "addons")
    return folders


@cache
def version() -> str:
    """Return the version of the Odoo in use, for example ``19.0``.

    :raise ProvisionError: when it is not 19.0
    """
    release = home() / "odoo" / "release.py"
    try:
        text = release.read_text(encoding="utf-8")
    except OSError as error:
        raise ProvisionError(
            f"No Odoo in {home()}: ODOO_PATH must name the folder that holds the `odoo` package."
        ) from error
    found = re.search(r"^version_info = \((\d+), (\d+), (\d+)", text, re.MULTILINE)
    series = f"{found[1]}.{found[2]}" if found else "unknown"
    if series != SERIES:
        raise ProvisionError(f"The Odoo in {home()} is {series}: this suite needs {SERIES}.")
    return series


def build() -> str:
    """Return a text that changes whenever the Odoo in use does."""
    status = (home() / "odoo" / "release.py").stat()
    manifest = (home() / "odoo" / "addons" / "base" / "__manifest__.py").read_text("utf-8")
    return stamps.digest(version(), int(status.st_mtime), manifest)


def provide() -> None:
    """Make Odoo available below ``.odoo/root``, unless ``ODOO_PATH`` names an installation."""
    if os.environ.get("ODOO_PATH"):
        version()
        return
    key = stamps.digest(ODOO, STATIC, str(PLACEHOLDER))
    if stamps.is_done(STEP, key) and (home() / "odoo" / "release.py").exists():
        return
    stamps.forget(STEP)
    files = apt.Apt("sid").download(ODOO, "Odoo 19 (Debian package odoo-19)")
    for suite, packages in STATIC.items():
        files += apt.Apt(suite).download(packages, f"fonts and scripts of Odoo ({suite})")
    shutil.rmtree(paths.ROOT, ignore_errors=True)
    paths.ROOT.mkdir(parents=True)
    with progress.step("Unpacking Odoo 19"):
        apt.extract(files, paths.ROOT)
    placeholder = home() / PLACEHOLDER
    if not placeholder.exists():
        placeholder.parent.mkdir(parents=True, exist_ok=True)
        placeholder.write_text("/* not part of the Debian package */\n", encoding="utf-8")
    dangling = dangling_links(paths.ROOT)
    if dangling:
        names = ", ".join(str(link.relative_to(paths.ROOT)) for link in dangling[:3])
        raise ProvisionError(
            f"{len(dangling)} links of the Odoo package lead nowhere ({names} …): "
            "the Debian package of the files they point to must be added to odoo_package.STATIC."
        )
    version()
    stamps.mark(STEP, key)


def dangling_links(root: Path) -> list[Path]:
    """Return the links below *root* whose target does not exist."""
    found = []
    for folder, folders, files in os.walk(root / PACKAGES):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink() and not path.exists():
                found.append(path)
    return sorted(found)
