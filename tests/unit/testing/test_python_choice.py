"""Which Python runs everything: of those that fit, one that was built with optimisations."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[3] / "setup"
BASH = shutil.which("bash") or "bash"
TOOLS = [Path("/usr/bin"), Path("/bin")]
#: Lets a Python tell another origin: what the choice asks is its own answer.
TOLD = """
import sys, sysconfig
sys.base_prefix = {prefix!r}
sysconfig.get_config_vars()["CONFIG_ARGS"] = {arguments!r}
"""
SELF_MADE, OPTIMISED, DISTRIBUTION = (
    ("/opt/own", "--prefix=/opt/own"),
    ("/opt/own", "--enable-optimizations"),
    ("/usr", "--enable-shared"),
)


def _install(folder: Path, origin: tuple[str, str]) -> Path:
    """Make a Python of that origin; return the folder of its programs."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    [site] = (folder / "lib").glob("python3.*/site-packages")
    prefix, arguments = origin
    (site / "told.pth").write_text("import told\n")
    (site / "told.py").write_text(TOLD.format(prefix=prefix, arguments=arguments))
    return folder / "bin"


def _found(tmp_path: Path, programs: list[Path], **more: str) -> Path:
    """Let the scripts look for a Python; return the folder of its programs."""
    (tmp_path / "clone" / "setup").mkdir(parents=True)
    shutil.copy(SETUP / "lib.sh", tmp_path / "clone" / "setup")
    path = os.pathsep.join(map(str, programs))
    env = {key: value for key, value in os.environ.items() if not key.startswith("INTEGRATION_")}
    output = subprocess.run(
        [BASH, "-c", ". ./setup/lib.sh; find_python"],
        cwd=tmp_path / "clone",
        env={**env, **more, "PATH": path},
        check=True,
        stdout=subprocess.PIPE,
    )
    return Path(output.stdout.decode().strip()).parent


@pytest.mark.parametrize("better", [OPTIMISED, DISTRIBUTION])
def test_self_made_one_comes_last(tmp_path: Path, better: tuple[str, str]) -> None:
    """Without optimisations, as pyenv compiles it, Python takes a quarter longer for all."""
    slow = _install(tmp_path / "slow", SELF_MADE)
    fast = _install(tmp_path / "fast", better)
    assert _found(tmp_path, [slow, fast, *TOOLS]) == fast


def test_the_only_one_is_taken(tmp_path: Path) -> None:
    """A machine whose only Python was compiled by somebody is told to install one."""
    slow = _install(tmp_path / "slow", SELF_MADE)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "dirname", "mkdir"):
        (tools / name).symlink_to(shutil.which(name) or name)
    assert _found(tmp_path, [slow, tools]) == slow


def test_named_one_is_taken(tmp_path: Path) -> None:
    """Somebody names a Python, and another one runs."""
    slow = _install(tmp_path / "slow", SELF_MADE)
    fast = _install(tmp_path / "fast", OPTIMISED)
    named = str(slow / "python3")
    assert _found(tmp_path, [fast, slow, *TOOLS], INTEGRATION_MONITOR_PYTHON=named) == slow
