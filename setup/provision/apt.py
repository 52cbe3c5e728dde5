"""Debian packages without root: an own apt state, own sources, downloads kept in the cache.

Nothing of the machine's package system is changed. The mirror is the machine's own, or the one that
``INTEGRATION_MONITOR_DEBIAN_MIRROR`` names.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from pathlib import Path

from . import paths, progress, shell
from .errors import ProvisionError

MIRROR_VARIABLE = "INTEGRATION_MONITOR_DEBIAN_MIRROR"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
#: Package lists older than this are fetched again when a package must be looked up.
LISTS_MAX_AGE = 24 * 3600


def mirror() -> str:
    """Return the Debian mirror of this machine.

    :raise ProvisionError: when there is none; the message names the variable that sets it
    """
    named = os.environ.get(MIRROR_VARIABLE)
    if named:
        return named.rstrip("/") + "/"
    shell.need("apt-get", "apt")
    listed = shell.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(REPO_URI)|$(COMPONENT)"],
        what="Reading the machine's apt sources",
    )
    rows = [line.split("|") for line in listed.splitlines()]
    for origin, uri, component in rows:
        if origin == "Debian" and component == "main" and "security" not in uri:
            return uri
    for uri in _configured_uris():
        return uri
    raise ProvisionError(
        f"No Debian mirror in the machine's apt sources: set {MIRROR_VARIABLE} to the URI of one."
    )


def _configured_uris() -> Iterable[str]:
    """Yield the URIs in apt's source files, for machines whose package lists were deleted."""
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    for file in files:
        try:
            text = file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found = re.findall(r"^\s*(?:deb\s+(?:\[[^\]]*\]\s+)?|URIs:\s*)(\S+)", text, re.MULTILINE)
        yield from (f"{uri.rstrip('/')}/" for uri in found if re.search(r"/debian/?$", uri))


class Apt:
    """apt with its own state: one set of package lists per Debian suite."""

    def __init__(self, suite: str) -> None:
        """Prepare the state of *suite* (``sid``, ``bookworm``, …) in the cache."""
        self.suite = suite
        self.state = paths.cache() / "apt" / suite
        self.archives = paths.cache() / "debs"

    def update(self) -> None:
        """Fetch the package lists unless they are fresh.

        :raise ProvisionError: without apt, keyring, mirror or network
        """
        stamp = self.state / "updated"
        if stamp.exists() and time.time() - stamp.stat().st_mtime < LISTS_MAX_AGE:
            return
        if not KEYRING.exists():
            raise ProvisionError(
                f"{KEYRING} is missing: install it with `apt install debian-archive-keyring`."
            )
        for folder in ("lists/partial", "cache/archives/partial"):
            (self.state / folder).mkdir(parents=True, exist_ok=True)
        source = f"deb [signed-by={KEYRING}] {mirror()} {self.suite} main\n"
        (self.state / "sources.list").write_text(source, encoding="utf-8")
        # Hooks that images add for the machine's own lists and archives do not concern these.
        (self.state / "apt.conf").write_text(
            "#clear APT::Update::Pre-Invoke;\n#clear APT::Update::Post-Invoke;\n"
            "#clear APT::Update::Post-Invoke-Success;\n#clear DPkg::Post-Invoke;\n",
            encoding="utf-8",
        )
        with progress.step(f"Package lists of Debian {self.suite}", watch=self.state):
            shell.run(
                [*self.command("apt-get"), "-o", "APT::Update::Error-Mode=any", "-q", "update"],
                what=f"Fetching the package lists of Debian {self.suite}",
                hint=f"check the network, or set {MIRROR_VARIABLE} to a reachable Debian mirror.",
            )
        stamp.touch()

    def command(self, program: str) -> list[str]:
        """Return the start of a command line of ``apt-get`` or ``apt-cache`` on the own state."""
        options = {
            "Dir::State::Lists": self.state / "lists",
            "Dir::Cache": self.state / "cache",
            "Dir::Etc::SourceList": self.state / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::Etc::Preferences": "/dev/null",
            "Dir::Etc::PreferencesParts": "/dev/null",
            "Debug::NoLocking": "1",
            # The sandbox user of apt cannot write in a user's cache.
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        parts = [shell.need(program, "apt"), "-c", str(self.state / "apt.conf")]
        for key, value in options.items():
            parts += ["-o", f"{key}={value}"]
        return parts

    def download(self, packages: Iterable[str], label: str) -> list[Path]:
        """Return the package files of *packages*, downloading those that the cache lacks.

        :param packages: names, or ``name=version``
        """
        self.update()
        wanted = list(packages)
        listed = shell.run(
            [*self.command("apt-get"), "-q", "--print-uris", "download", *wanted],
            what=f"Looking up {label}",
            hint=f"Debian {self.suite} on the mirror lacks it; set {MIRROR_VARIABLE} to another.",
        )
        rows = re.findall(r"^'([^']+)' (\S+) (\d+)", listed, re.MULTILINE)
        files = [(self.archives / name, int(size)) for _uri, name, size in rows]
        if all(file.exists() and file.stat().st_size == size for file, size in files):
            return [file for file, _size in files]
        self.archives.mkdir(parents=True, exist_ok=True)
        with progress.step(f"Download of {label}", watch=self.archives):
            shell.run(
                [*self.command("apt-get"), "-q", "download", *wanted],
                what=f"Download of {label}",
                hint="check the network and the free disk space.",
                cwd=self.archives,
            )
        return [file for file, _size in files]


def extract(files: Iterable[Path], target: Path) -> None:
    """Unpack Debian packages below *target*, as any user."""
    dpkg = shell.need("dpkg-deb", "dpkg")
    for file in files:
        shell.run([dpkg, "-x", file, target], what=f"Unpacking {file.name}")
