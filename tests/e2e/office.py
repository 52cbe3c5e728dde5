"""An Odoo with prefork workers, a service account, and actions that call a partner outside.

What calls the partner is Odoo's own webhook action, a module that knows nothing of the suite.
"""

from __future__ import annotations

import re
import xmlrpc.client
from pathlib import Path
from typing import Any

import psutil
import requests
from outside import Outside
from shell import OdooShell
from statements import Statements

from demo.stack import KEY_VARIABLE, encryption_key
from provision import databases
from testing.processes import OdooServer
from testing.waiting import wait_until

PATIENCE = 120.0
ANSWERED = r" (\d+) INFO \S+ werkzeug: "
SEED = """
from datetime import timedelta
from odoo.fields import Command, Datetime
called = env["res.partner"].create({{"name": "Called"}})
def action(path, **values):
    return env["ir.actions.server"].create({{
        "name": path, "model_id": env["ir.model"]._get_id("res.partner"), **values}})
def calling(path):
    hook = action(path, state="webhook", webhook_url={url!r} + path)
    return (f"env['ir.actions.server'].browse({{hook.id}}).with_context("
            f"active_model='res.partner', active_id={{called.id}}).run()")
direct = action("direct", state="code", code=calling("/direct"))
job = action("job", state="code", code=calling("/job"))
writing = action(
    "writing", state="code",
    code=f"env['res.partner'].browse({{called.id}}).write({{{{'comment': 'job'}}}})")
delayed = action(
    "delayed", state="code",
    code="env['ir.actions.server'].browse(env.context['job_id']).with_delay().run()")
env["ir.cron"].search([]).write({{"nextcall": "2099-01-01 00:00:00"}})
cron = env["ir.cron"].create({{
    "name": "Caller", "model_id": direct.model_id.id, "state": "code", "code": calling("/cron"),
    "nextcall": "2099-01-01 00:00:00"}})
system = env["integration.system"].create({{"name": "Partner", "code": "outside"}})
endpoint = env["integration.endpoint"].create({{
    "name": "Partner", "code": "outside", "system_id": system.id, "base_url": {url!r},
    "inject_trace": True}})
groups = ("base.group_user", "base.group_partner_manager")
account = env["res.users"].create({{
    "name": "Caller", "login": "caller", "password": "caller-secret",
    "group_ids": [Command.set([env.ref(group).id for group in groups])]}})
key = env["res.users.apikeys"].with_user(account)._generate(
    "rpc", "test", Datetime.now() + timedelta(days=1))
env.cr.commit()
result = dict(called=called.id, direct=direct.id, job=job.id, writing=writing.id, cron=cron.id,
              delayed=delayed.id, key=key, account=account.id)
"""


class Office:
    """The server, and what a caller from outside does with it."""

    def __init__(self, database: str, folder: Path, outside: Outside, *options: str) -> None:
        """Fill the database and describe the server; ``server.start`` starts it.

        :param database: a copy of the suite's template
        :param options: more arguments of Odoo's command line
        """
        self.database = database
        self._statements = Statements(database)
        shell = OdooShell(database, folder / f"{database}-seed.log")
        self.seed: dict[str, Any] = shell.run(SEED.format(url=outside.url))
        self.server = OdooServer(
            database,
            folder / f"{database}.log",
            workers=2,
            channels="root:2",
            options=options,
            # Calls stay on this machine, whatever proxy the environment names.
            env={KEY_VARIABLE: encryption_key(), "no_proxy": "127.0.0.1,localhost"},
        )

    @property
    def evented_url(self) -> str:
        """Return the address of the process for long polling."""
        command = self.server.command
        return f"http://127.0.0.1:{command[command.index('--gevent-port') + 1]}"

    def json2(
        self, path: str, correlation: str = "", *, key: str = "", url: str = "", **body: Any
    ) -> requests.Response:
        """Call JSON-2 as the service account."""
        headers = {"Authorization": f"bearer {key or self.seed['key']}"}
        if correlation:
            headers["X-Correlation-ID"] = correlation
        with requests.Session() as session:
            session.trust_env = False
            return session.post(
                f"{url or self.server.url}/json/2/{path}", json=body, headers=headers, timeout=60
            )

    def run_action(self, name: str, correlation: str, url: str = "", **context: Any) -> None:
        """Run a seeded action by JSON-2."""
        answer = self.json2(
            "ir.actions.server/run", correlation, url=url, ids=[self.seed[name]], context=context
        )
        answer.raise_for_status()

    def enqueue(self, name: str, correlation: str) -> None:
        """Let a job run a seeded action."""
        self.run_action("delayed", correlation, job_id=self.seed[name])

    def xmlrpc(
        self, model: str, method: str, *args: Any, correlation: str = "", password: str = "",
        url: str = "",
    ) -> Any:  # fmt: skip
        """Call XML-RPC as the service account.

        :raise xmlrpc.client.Fault: when Odoo refuses
        """
        headers = [("X-Correlation-ID", correlation)] if correlation else []
        address = f"{url or self.server.url}/xmlrpc/2/object"
        with xmlrpc.client.ServerProxy(address, headers=headers, allow_none=True) as proxy:
            return proxy.execute_kw(
                self.database, self.seed["account"], password or self.seed["key"],
                model, method, args,
            )  # fmt: skip

    def wake_scheduler(self) -> None:
        """Trigger the seeded scheduled action, as Odoo does: by a row and a notification."""
        # Whole seconds: of others Odoo would believe, once more, that they are still to come.
        self.query(
            """INSERT INTO ir_cron_trigger (cron_id, call_at)
               VALUES (%s, date_trunc('second', now() AT TIME ZONE 'UTC'))""",
            self.seed["cron"],
        )
        with databases.cursor() as cr:
            cr.execute(f"NOTIFY cron_trigger, '{self.database}'")

    def query(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Return the rows of a statement, by the names of their columns."""
        return self._statements.named(statement, *values)

    def lines(self, condition: str, *values: Any) -> list[dict[str, Any]]:
        """Return the lines of the log that meet a condition, in their order."""
        return self.query(f"SELECT * FROM integration_log WHERE {condition} ORDER BY id", *values)

    def wait_lines(self, number: int, condition: str, *values: Any) -> list[dict[str, Any]]:
        """Wait for so many lines; return them, and more if there are more."""
        return wait_until(
            lambda: len(found := self.lines(condition, *values)) >= number and found,
            PATIENCE,
            f"{number} lines with {condition} {values}, log {self.server.log_file}",
        )

    def logged(self, pattern: str) -> list[str]:
        """Return what the server has logged that matches; the group, if the pattern has one."""
        return re.findall(pattern, self.server.log_file.read_text("utf-8", "replace"))

    def working(self) -> set[int]:
        """Return the process ids of the workers that answered a request until now."""
        return {int(pid) for pid in self.logged(ANSWERED)}

    def last_worker(self) -> int:
        """Return the process id of the worker that answered the last request."""
        return int(self.logged(ANSWERED)[-1])

    def wait_blocked(self, table: str) -> None:
        """Wait until a statement about a table waits for a lock."""
        statement = """SELECT 1 FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'
               AND position(%s in query) > 0"""
        wait_until(lambda: self.query(statement, table), PATIENCE, f"one that waits for {table}")

    def waiting_worker(self, table: str) -> int:
        """Wait until a worker waits for a lock of a table; return its process id."""
        self.wait_blocked(table)
        # The others are idle: the one at work has a caller, even if that has given up.
        [pid] = [
            worker.pid
            for worker in psutil.Process(self.server.pid).children()
            if any(
                connection.laddr.port == self.server.port and connection.status != "LISTEN"
                for connection in worker.net_connections("tcp4")
            )
        ]
        return int(pid)
