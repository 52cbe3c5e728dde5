"""Where everything lives: downloads in the user's cache, all else in ``.odoo/`` of the clone."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

#: The clone that this package belongs to.
REPO = Path(__file__).resolve().parents[2]
SETUP = REPO / "setup"
#: Everything that provisioning writes, ignored by git; deleting it starts from nothing.
WORK = REPO / ".odoo"
ROOT = WORK / "root"
VENV = WORK / "venv"
LINT = WORK / "lint"
BIN = WORK / "bin"
ADDONS = WORK / "addons"
CONF = WORK / "odoo.conf"
CHROMIUM = WORK / "chromium"
STAMPS = WORK / "stamps"
LOGS = WORK / "logs"

#: The technical name of the repository root, which is an addon itself.
SUITE = "integration_monitor_suite"


def cache() -> Path:
    """Return the folder of kept downloads, shared by every clone of a user."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "integration-monitor"


def clone_id() -> str:
    """Return eight hex digits that differ between the clones of a machine (names of folders)."""
    return hashlib.sha256(str(REPO).encode()).hexdigest()[:8]


def database_id() -> str:
    """Return eight hex digits that differ between clones, also those of other machines.

    They are part of the names of databases: a PostgreSQL server may be shared.
    """
    return hashlib.sha256(f"{socket.gethostname()}:{REPO}".encode()).hexdigest()[:8]
