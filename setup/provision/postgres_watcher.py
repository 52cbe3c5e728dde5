"""Wait until nobody uses the embedded PostgreSQL any more, then stop it by its process id."""

from __future__ import annotations

import fcntl
import os
import signal
import sys

from . import postgres


def main() -> None:
    """Hold the watcher's lock, tell the starter so, wait for the lease to be free, stop."""
    if os.fork():
        # The starter may become Odoo, which complains about child processes it does not know.
        os._exit(0)
    home = postgres.home()
    server = postgres.pid()
    watcher = os.open(home / "watcher", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(watcher, fcntl.LOCK_EX)
    os.close(int(sys.argv[1]))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    lease = os.open(home / "lease", os.O_RDWR)
    fcntl.flock(lease, fcntl.LOCK_EX)
    # A server that was restarted meanwhile has another process id.
    server = postgres.pid() or server
    if server and not (home / "keep").exists():
        postgres.terminate(server)


if __name__ == "__main__":
    main()
