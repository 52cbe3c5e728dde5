"""Lanes to partners of the test and one from them, and the servers that drain them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import psutil
import psycopg2
from partner import Partner
from shell import OdooShell
from statements import Statements

from demo.stack import KEY_VARIABLE, encryption_key
from testing.processes import OdooServer
from testing.waiting import wait_until

SEED = """
env["integration.retry.policy"].search([]).write({{
    "base_seconds": 1, "cap_seconds": 2, "max_attempts": 30}})
system = env["integration.system"].create(
    {{"name": "Lanes", "code": "lanes", "environment": "test"}})
endpoints = env["integration.endpoint"].create([{{
    "name": f"Partner {{n}}", "code": f"lanes.{{n}}", "system_id": system.id, "base_url": url,
    "allowed_networks": "127.0.0.0/8", "breaker_cool_down": 2, "breaker_cool_down_cap": 2,
    "retry_percent": 100, "read_timeout": 60, "deadline_seconds": 60,
}} for n, url in enumerate({urls!r})])
flows = env["integration.flow"].create([{{
    "name": f"To {{e.name}}", "code": e.code, "system_id": system.id, "endpoint_id": e.id,
    "direction": "outbound", "handler": "integration.handler.noop", "message_type": "lane",
}} for e in endpoints])
inbound = env["integration.flow"].create({{
    "name": "From partners", "code": "lanes.in", "system_id": system.id, "direction": "inbound",
    "handler": "integration.handler.noop", "message_type": "lane"}})
partner = env.ref("base.main_partner")
keys = [{{"res_model": "res.partner", "res_id": partner.id, "payload": "{{}}"}}] * {outbound}
flows._emit(keys)
for n in range({inbound}):
    inbound._receive(b"%d" % n, {{}}, content_type="application/json")
env.cr.commit()
result = {{"outbound": flows.ids, "inbound": inbound.id}}
"""


class Lanes:
    """One database with waiting messages; ``server`` starts who works on them."""

    def __init__(
        self,
        database: str,
        folder: Path,
        partners: list[Partner],
        *,
        outbound: int,
        inbound: int,
        env: dict[str, str] | None = None,
    ) -> None:
        """Let so many messages wait: outbound ones for each partner, inbound ones in one lane.

        :param env: more environment variables, such as those that lead to another PostgreSQL
        """
        self.database = database
        self.folder = folder
        self.partners = partners
        self.env = env or {}
        where = {"host": self.env["PGHOST"]} if "PGHOST" in self.env else {}
        self._statements = Statements(database, **where)
        shell = OdooShell(database, folder / "seed.log", env=self.env)
        urls = [partner.url for partner in partners]
        self.flows: dict[str, Any] = shell.run(
            SEED.format(urls=urls, outbound=outbound, inbound=inbound)
        )

    def server(self, name: str, channels: str, workers: int = 0) -> OdooServer:
        """Return a server of the database, not yet started."""
        return OdooServer(
            self.database,
            self.folder / f"{name}.log",
            channels=channels,
            workers=workers,
            env={
                KEY_VARIABLE: encryption_key(),
                "no_proxy": "127.0.0.1,localhost",
                **self.env,
            },
        )

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement run on a connection of the test."""
        return self._statements.rows(statement, *values)

    def states(self, *flows: int) -> dict[str, int]:
        """Return the number of messages by state, of the flows or of all."""
        rows = self.query(
            """SELECT state, count(*) FROM integration_message
                WHERE %s OR flow_id = ANY(%s) GROUP BY state""",
            not flows,
            list(flows),
        )
        return dict(rows)

    def wait_finished(self, timeout: float, *flows: int, server: OdooServer | None = None) -> None:
        """Wait until no message of the flows, or of all, waits or is in work.

        A PostgreSQL that is about to start counts as "not yet".

        :param server: started again when it ends, as a service manager does
        """

        def finished() -> bool:
            if server is not None and server.pid is None:
                server.kill9()  # what is left of it
                server.start()
            states = self.states(*flows)
            return not any(states.get(state) for state in ("pending", "processing", "retry"))

        wait_until(
            finished, timeout, f"messages of {self.database} settled", interval=0.25,
            ignore=(psycopg2.OperationalError,),
        )  # fmt: skip

    def keys(self, flow: int) -> set[str]:
        """Return the idempotency keys of the messages of a flow: what went in."""
        rows = self.query(
            "SELECT idempotency_key FROM integration_message WHERE flow_id = %s", flow
        )
        return {row[0] for row in rows}

    def caller(self, port: int) -> int:
        """Return the process id of the server that has a connection to a partner's port."""
        return next(
            connection.pid
            for connection in psutil.net_connections("tcp4")
            if connection.raddr and connection.raddr.port == port and connection.pid != os.getpid()
        )

    def settled_twice(self) -> list[tuple[Any, ...]]:
        """Return the messages that the log saw settled more than once."""
        return self.query(
            """SELECT message_id, count(*) FROM integration_log
                WHERE kind = 'message' AND outcome = 'ok'
                GROUP BY message_id HAVING count(*) > 1"""
        )
