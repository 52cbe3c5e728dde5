"""The command line of a simulator process."""

import argparse
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from .app import Simulator
from .config import ConfigError, load_config
from .ledger import Ledger
from .server import Server


def main(kind: type[Simulator], arguments: list[str] | None = None) -> int:
    """Run a simulator until SIGTERM or SIGINT; return the exit status."""
    options = _parser(kind.name).parse_args(arguments)
    logging.basicConfig(
        level=options.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    try:
        config = load_config(options.config)
        app = kind(Ledger(options.ledger), config, options.odoo_url)
        server = Server(options.port, app)
    except (ConfigError, OSError) as error:
        print(f"{kind.name} simulator: {error}", file=sys.stderr)
        return 2
    app.base_url = f"http://127.0.0.1:{server.port}"
    app.start()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    _announce(json.dumps({"port": server.port, "name": kind.name}), options.ready_file)
    _wait(ended, os.getppid() if options.exit_with_parent else None)
    server.shutdown()
    server.server_close()
    app.stop()
    app.ledger.close()
    return 0


def _parser(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"simulators.{name}", description=f"Simulated {name}.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0: a free one")
    parser.add_argument("--ledger", required=True, help="ledger file (SQLite), made if missing")
    parser.add_argument(
        "--odoo-url",
        default="http://127.0.0.1:8069",
        help="base of webhook targets given as a path",
    )
    parser.add_argument("--config", help="settings file (JSON)")
    parser.add_argument("--ready-file", help="file that gets the ready line too")
    parser.add_argument("--log-level", default="WARNING")
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="end when the starting process ends"
    )
    return parser


def _announce(line: str, ready_file: str | None) -> None:
    """Print the ready line; write it to the ready file in one step."""
    print(line, flush=True)
    if ready_file:
        temporary = Path(f"{ready_file}.part")
        temporary.write_text(line + "\n", encoding="utf-8")
        temporary.replace(ready_file)


def _wait(ended: threading.Event, parent: int | None) -> None:
    """Wait for a signal, or for the end of the parent process."""
    while not ended.wait(0.5):
        if parent is not None and os.getppid() != parent:
            return
