"""Makes Odoo processes by forking one that has imported Odoo and the addons already.

    python fork_server.py SOCKET ADDON…

Importing them is two of the two seconds and a half of processor time that a start of Odoo costs,
and the end-to-end tests start it a hundred times. A connection asks for one process: it brings
three files (input, output, errors) and, as JSON, what to run. It is told the process id, and how
the process ended; when it is closed before, the process and its group are killed. All ends when
standard input does: with whoever started this. See ``forked`` for the other side.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: More than a request takes: mostly the environment.
REQUEST_BYTES = 1 << 17


@dataclass
class Child:
    """A process that was made, and who asked for it."""

    pid: int
    pidfd: int
    channel: socket.socket


class ForkServer:
    """Waits for requests and for the ends of processes, with a single thread."""

    def __init__(self, address: str) -> None:
        """Listen at a path, to whoever runs as the same user."""
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(address)
        os.chmod(address, 0o600)
        self._listener.listen(16)
        self._children: list[Child] = []
        self._selector.register(self._listener, selectors.EVENT_READ, self._fork)
        self._selector.register(sys.stdin, selectors.EVENT_READ, self._end)

    def serve(self) -> dict[str, Any]:
        """Serve for good. Return in each process that is made: what it is to run."""
        while True:
            for key, _events in self._selector.select():
                # One that ended and was given up at once has gone with the first of these events.
                if self._selector.get_map().get(key.fd) is key and (request := key.data()):
                    return request

    def _fork(self) -> dict[str, Any] | None:
        channel, _address = self._listener.accept()
        message, files, _flags, _sender = socket.recv_fds(channel, REQUEST_BYTES, 3)
        pid = os.fork() if len(files) == 3 else -1
        if pid:
            for file in files:
                os.close(file)
            if pid > 0:
                self._attend(Child(pid, os.pidfd_open(pid), channel))
            else:
                channel.close()
            return None
        os.setsid()
        # Python's own objects are closed by their own means: nothing closes these numbers later.
        channel.close()
        for child in self._children:
            child.channel.close()
            os.close(child.pidfd)
        self._listener.close()
        self._selector.close()
        for target, file in enumerate(files):
            os.dup2(file, target)
            os.close(file)
        return json.loads(message)

    def _attend(self, child: Child) -> None:
        self._children.append(child)
        self._selector.register(child.pidfd, selectors.EVENT_READ, lambda: self._ended(child))
        self._selector.register(child.channel, selectors.EVENT_READ, lambda: self._kill(child))
        child.channel.send(json.dumps(child.pid).encode())

    def _ended(self, child: Child) -> None:
        """Tell how a process ended, as ``subprocess`` does: a signal as a negative number."""
        _pid, status = os.waitpid(child.pid, 0)
        with contextlib.suppress(OSError):  # nobody waits for it any more
            child.channel.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())
        self._selector.unregister(child.pidfd)
        self._selector.unregister(child.channel)
        self._children.remove(child)
        os.close(child.pidfd)
        child.channel.close()

    def _kill(self, child: Child) -> None:
        # Just made, it has no group of its own yet.
        for kill in (os.kill, os.killpg):
            with contextlib.suppress(ProcessLookupError):
                kill(child.pid, signal.SIGKILL)
        self._ended(child)

    @staticmethod
    def _end() -> None:
        sys.exit(0)


def load(names: list[str]) -> None:
    """Import addons with all that they bring with them: the modules of a database with them."""
    from odoo.modules.module import Manifest, load_openerp_module
    from odoo.tools import config

    config.parse_config([], setup_logging=False)
    manifests = {each.name: each for each in Manifest.all_addon_manifests()}
    found: dict[str, None] = {}

    def add(name: str) -> None:
        if name in manifests and name not in found:
            for needed in manifests[name]["depends"]:
                add(needed)
            found[name] = None

    for name in [*config["server_wide_modules"], *names]:
        add(name)
    before = 0
    while before < len(found):
        before = len(found)
        for name, manifest in manifests.items():
            triggers = manifest["auto_install"]
            if triggers and manifest["installable"] and found.keys() >= set(triggers):
                add(name)
    for name in found:
        load_openerp_module(name)


def run(address: str, work: Callable[[], Any]) -> None:
    """Serve at a path, and do the work in each process that is made."""
    # What lives for good is not looked at, nor written to, by each of them.
    gc.collect()
    gc.freeze()
    server = ForkServer(address)
    print("ready", flush=True)
    request = server.serve()
    os.chdir(request["cwd"])
    # Odoo sets its time zone when it is imported.
    zone = {name: os.environ[name] for name in ("TZ",) if name in os.environ}
    os.environ.clear()
    os.environ.update(request["env"], **zone)
    sys.argv = request["argv"]
    work()


def main() -> None:
    """Import what is named, then make processes that run Odoo's command line."""
    import odoo.cli.server
    import odoo.cli.shell
    import odoo.service.server  # noqa: F401

    address, *names = sys.argv[1:]
    load(names)
    run(address, odoo.cli.main)


if __name__ == "__main__":
    main()
