"""Unit tests of plain code: the addons as bare packages, without Odoo and without a database.

``from integration_monitor.tools import backoff`` works although the addon's ``__init__`` needs
Odoo: the package is registered with nothing but its path.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

REPO = Path(__file__).resolve().parents[2]


def _register(name: str, folder: Path) -> None:
    package = ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package


for _manifest in sorted(REPO.glob("*/__manifest__.py")):
    _register(_manifest.parent.name, _manifest.parent)
# Partner simulators, the demonstration and the test runner are plain packages.
sys.path.insert(0, str(REPO / "setup"))
