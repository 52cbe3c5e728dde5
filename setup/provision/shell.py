"""Running other programs: quiet when they succeed, their last words in one line when they fail."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import ProvisionError


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    hint: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    """Run *command* and return its standard output.

    :param what: what the command does, for the message when it fails
    :param hint: how to help it, for the same message
    :raise ProvisionError: when it cannot be started or ends with an error
    """
    merged = {**os.environ, "LC_ALL": "C.UTF-8", **(env or {})}
    try:
        result = subprocess.run(
            [str(part) for part in command],
            env=merged,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise ProvisionError(_message(what, str(error), hint)) from error
    if result.returncode:
        raise ProvisionError(_message(what, last_words(result.stderr or result.stdout), hint))
    return result.stdout


def last_words(output: str) -> str:
    """Return the line of a program's output that most likely names the trouble."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("e:", "error", "fatal"))]
    return (errors[0] if errors else (lines or ["no output"])[-1])[:300]


def need(program: str, package: str) -> str:
    """Return the path of *program*, or say which package brings it."""
    found = shutil.which(program)
    if not found:
        raise ProvisionError(f"{program} is missing: install it with `apt install {package}`.")
    return found


def _message(what: str, words: str, hint: str) -> str:
    return f"{what} failed: {words}" + (f" — {hint}" if hint else "")
