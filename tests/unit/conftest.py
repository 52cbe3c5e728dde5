"""Unit tests of plain code: the addons as bare packages, without Odoo and without a database.

``from integration_monitor.tools import backoff`` works although the addon's ``__init__`` needs
Odoo: the package is registered with nothing but its path.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

from hypothesis import HealthCheck, settings

REPO = Path(__file__).resolve().parents[2]


def _register(name: str, folder: Path) -> None:
    package = ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package


# Plain code of one addon imports that of another as Odoo has it.
_register("odoo", REPO / "no-such-folder")
_register("odoo.addons", REPO)
for _manifest in sorted(REPO.glob("*/__manifest__.py")):
    _register(_manifest.parent.name, _manifest.parent)
    _register(f"odoo.addons.{_manifest.parent.name}", _manifest.parent)
# Partner simulators, the demonstration and the test runner are plain packages.
sys.path.insert(0, str(REPO / "setup"))
# A busy machine must not fail a test for being slow; tests of speed measure it themselves.
settings.register_profile("unit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unit")
