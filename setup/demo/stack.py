"""The whole system of processes: partner simulators and Odoo, wired to each other.

Used by the demonstration and by the end-to-end tests; both run the same software.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from provision import config, databases, paths, postgres, progress, stamps, templates, venv
from provision.errors import ProvisionError
from simulators.launcher import Simulator
from testing.processes import OdooServer
from testing.waiting import free_port, port_refusal

from .seed.finance import LEDGER
from .seed.integrations import TOKEN
from .seed.subscribers import EVENTS

# Simulator process -> kind of simulator.
PARTNERS = {
    "shop-us": "shop",
    "shop-eu": "shop",
    "wms-main": "wms",
    "wms-3pl": "wms",
    "carrier": "carrier",
    LEDGER: "finance",
}
# Simulator process -> {name of its webhook target: flow that receives it}.
TARGETS = {
    "shop-us": {
        "order.created": "shop-us.orders",
        "order.cancelled": "shop-us.orders",
        "east": "shop-us.orders-east",
    },
    "shop-eu": {"order.created": "shop-eu.orders", "order.cancelled": "shop-eu.orders"},
    "wms-main": {"shipment.confirmed": "wms-main.shipment"},
    "wms-3pl": {"shipment.confirmed": "wms-3pl.shipment"},
    "carrier": {"tracker.updated": "carrier.tracking"},
    LEDGER: {"credit.checked": f"{LEDGER}.credit"},
}
CHANNELS = "root:6,root.integration:4"
# Below, ports belong to the system; so does the seeded placeholder.
FIRST_USER_PORT = 1024
KEY_VARIABLE = "INTEGRATION_MONITOR_KEY"
# A fixed key of the demonstration: its databases hold nothing but the simulators' secrets.
DEMONSTRATION_KEY = "aW50ZWdyYXRpb24tbW9uaXRvci1kZW1vLWtleS0wMDE="


def seeded_template() -> tuple[str, dict[str, Any]]:
    """Return (database name, seed output) of a seeded template, made once per version of the suite.

    :raises ProvisionError: when seeding fails; the message names the log
    """
    suite = templates.suite_template()
    prefix = f"im_demo_{paths.clone_id()}_"
    name = f"{prefix}{stamps.digest(suite, *_seed_files())[:10]}"
    output = postgres.folder("demo") / f"{name}.json"
    with stamps.lock("demo"):
        if not databases.exists(name) or not output.exists():
            for outdated in databases.names(prefix):
                databases.drop(outdated)
            with progress.step("Companies, products and flows of the demonstration"):
                build = f"{prefix}build"
                databases.clone(suite, build)
                seed_database(build, output)
                databases.rename(build, name)
    return name, json.loads(output.read_text(encoding="utf-8"))


def _seed_files() -> list[str]:
    """Return the texts of the files that a seeded database depends on."""
    folder = Path(__file__).parent / "seed"
    return [file.read_text("utf-8") for file in sorted(folder.glob("*.py"))]


def seed_database(database: str, output: Path) -> None:
    """Seed a database that has the suite installed, in a process of its own."""
    output.parent.mkdir(parents=True, exist_ok=True)
    log = paths.LOGS / f"seed-{database}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    script = (
        "import sys; from pathlib import Path; "
        f"sys.path.insert(0, {str(paths.SETUP)!r}); "
        "from demo.seed.main import seed; "
        f"seed(env, Path({str(output)!r}))\n"
    )
    command = [str(venv.python()), str(config.program()), "shell", "-d", database]
    command += ["--no-http", "--max-cron-threads=0", "--shell-interface=python"]
    with log.open("w", encoding="utf-8") as handle:
        subprocess.run(
            command,
            input=script,
            text=True,
            env={**config.environment(), KEY_VARIABLE: encryption_key()},
            stdout=handle,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if not output.exists():
        words = [line for line in log.read_text("utf-8").splitlines() if "Error" in line] or ["-"]
        raise ProvisionError(f"Filling the database failed: {words[-1][:300]} — see {log}")


def encryption_key() -> str:
    """Return the key that encrypts the secrets of the demonstration's databases."""
    return os.environ.get(KEY_VARIABLE) or DEMONSTRATION_KEY


class StackEnded(RuntimeError):
    """One of the processes ended while the others need it; the message is one line."""

    def __init__(self, what: str, exit_code: int, log_file: Path) -> None:
        """Name the process, how it ended and where it says more."""
        how = f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
        super().__init__(f"{what} ended ({how}) — see {log_file}")


class Stack:
    """Partner simulators and one Odoo server on one seeded database."""

    def __init__(
        self,
        database: str,
        seed: Mapping[str, Any],
        folder: Path,
        *,
        port: int | None = None,
        workers: int = 0,
        partner_config: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Describe the stack; ``start`` starts it.

        :param database: a clone of the seeded template
        :param seed: the output of seeding (secrets, skus)
        :param folder: holds the simulators' ledgers and the logs
        :param port: Odoo's port; by default a free one
        :param workers: prefork workers of Odoo; 0 for threads
        :param partner_config: simulator process -> settings that differ from the defaults
        """
        self.database = database
        self.seed = seed
        self.folder = folder
        self.odoo = OdooServer(
            database,
            folder / "odoo.log",
            port=port or free_port(),
            workers=workers,
            channels=CHANNELS,
            # Calls stay on this machine, whatever proxy the environment names.
            env={KEY_VARIABLE: encryption_key(), "no_proxy": "127.0.0.1,localhost"},
        )
        self.partners = {
            name: Simulator(
                kind,
                ledger=folder / f"{name}.sqlite",
                config={"token": TOKEN, **(partner_config or {}).get(name, {})},
                odoo_url=self.odoo.url,
            )
            for name, kind in PARTNERS.items()
        }

    def start(self) -> Stack:
        """Start the partners, point the database at them, start Odoo and wait until it serves."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._keep_ports()
        for name, partner in self.partners.items():
            partner.start()
            self._connect(name, partner)
        self._point_endpoints()
        self.odoo.start()
        self.odoo.wait_ready()
        return self

    def _keep_ports(self) -> None:
        """Let the partners listen where they did at the last start, if nobody else does now."""
        with databases.cursor(self.database) as cr:
            cr.execute("SELECT code, base_url FROM integration_endpoint")
            addresses = dict(cr.fetchall())
        for name, partner in self.partners.items():
            port = urlsplit(addresses.get(name) or "").port or 0
            if port >= FIRST_USER_PORT and not port_refusal(port):
                partner.port = port

    def _connect(self, name: str, partner: Simulator) -> None:
        """Hand the partner its webhook addresses and secrets, and the catalogue."""
        partner.control(
            "PUT",
            "targets",
            {
                event: {
                    "url": f"{self.odoo.url}/integration/webhook/{flow}",
                    "secret": self.seed["secrets"][flow],
                }
                for event, flow in TARGETS[name].items()
            },
        )
        partner.control("PUT", "catalogue", {"skus": list(self.seed["skus"])})

    def _point_endpoints(self) -> None:
        """Write the partners' addresses before Odoo runs."""
        with databases.cursor(self.database) as cr:
            for name, partner in self.partners.items():
                cr.execute(
                    "UPDATE integration_endpoint"
                    " SET base_url = %(url)s || CASE code WHEN %(name)s THEN '' ELSE %(path)s END"
                    " WHERE code IN (%(name)s, %(events)s)",
                    {
                        "name": name,
                        "url": partner.url,
                        "events": f"{name}.{EVENTS}",
                        "path": f"/{EVENTS}",
                    },
                )

    def check(self) -> None:
        """Look whether everything that was started still runs.

        :raises StackEnded: names the first process that does not
        """
        if (code := self.odoo.exit_code) is not None:
            raise StackEnded("Odoo", code, self.odoo.log_file)
        for name, partner in self.partners.items():
            if (code := partner.exit_code) is not None:
                raise StackEnded(f"The partner system {name}", code, partner.log_path)

    def stop(self) -> None:
        """Stop Odoo first, so that no partner sees a call to nobody, then the partners."""
        self.odoo.stop()
        self.odoo.conf.unlink(missing_ok=True)
        for partner in self.partners.values():
            partner.stop()

    def __enter__(self) -> Stack:
        """Start everything; stop what started when the rest does not."""
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Stop everything."""
        self.stop()
