"""Python keeps what it compiled: else each Odoo server of a run compiles all of Odoo anew."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SETUP = Path(__file__).resolve().parents[3] / "setup"
PROGRAM = """
. ./setup/lib.sh
"$(find_python)" -c '
import importlib.util, sys
sys.path.insert(0, "sources")
import some_module
print(importlib.util.cache_from_source(some_module.__file__))'
"""


def test_bytecode_is_kept_whatever_the_environment_says(tmp_path: Path) -> None:
    """Images of continuous integration forbid bytecode: every start compiles everything."""
    for name in ("setup", "sources"):
        (tmp_path / name).mkdir()
    shutil.copy(SETUP / "lib.sh", tmp_path / "setup")
    (tmp_path / "sources" / "some_module.py").write_text("value = 1\n")
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    env["INTEGRATION_MONITOR_PYTHON"] = sys.executable
    output = subprocess.run(
        ["bash", "-c", PROGRAM], cwd=tmp_path, env=env, check=True, stdout=subprocess.PIPE
    )
    kept = Path(output.stdout.decode().strip())
    assert kept.is_file()
    assert kept.is_relative_to(tmp_path / ".odoo")
    # Nothing is left beside the sources.
    assert [path.name for path in (tmp_path / "sources").iterdir()] == ["some_module.py"]
