"""Stamps: a step runs again only when the hash of its inputs has changed."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import paths
from .errors import ProvisionError


def digest(*inputs: Any) -> str:
    """Return a short hash of JSON-able values; a ``Path`` counts by its content."""
    texts = [
        item.read_text(encoding="utf-8") if isinstance(item, Path) else item for item in inputs
    ]
    return hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()[:16]


def is_done(name: str, key: str) -> bool:
    """Tell whether the step *name* was finished with the same inputs."""
    try:
        return (paths.STAMPS / name).read_text(encoding="utf-8") == key
    except FileNotFoundError:
        return False


def mark(name: str, key: str) -> None:
    """Record that the step *name* is finished with these inputs."""
    paths.STAMPS.mkdir(parents=True, exist_ok=True)
    (paths.STAMPS / name).write_text(key, encoding="utf-8")


def forget(name: str) -> None:
    """Make the step *name* run again, because it is about to be redone."""
    (paths.STAMPS / name).unlink(missing_ok=True)


@contextmanager
def lock(name: str, folder: Path | None = None) -> Iterator[None]:
    """Let one process at a time do something; the lock ends with the process, however it ends."""
    folder = folder or paths.WORK
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def only_one(name: str, refusal: str) -> Iterator[None]:
    """Refuse what another process does at present, instead of waiting for it.

    :param refusal: what to say then, with what to do
    :raises ProvisionError: when another process is in such a block
    """
    paths.WORK.mkdir(parents=True, exist_ok=True)
    with (paths.WORK / f".{name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ProvisionError(refusal) from error
        yield
