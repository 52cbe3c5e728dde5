"""Calls that other modules make with ``requests``, in Odoo's shell and in scheduled actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from outside import Answer, outside
from shell import OdooShell

from provision import databases, templates

# Odoo's own webhook action: a foreign module's call, after the commit.
ACTION = """
partner = env["res.partner"].create({{"name": "Called"}})
action = env["ir.actions.server"].create({{
    "name": "Call", "state": "webhook", "webhook_url": {url!r},
    "model_id": env["ir.model"]._get_id("res.partner")}})
"""
IN_SHELL = """
import threading
import requests
url = {url!r}
env["res.partner"].create({{"name": "Rolled back"}})
requests.get(url + "/orders/1", timeout=5)
env.cr.rollback()
def work(dbname):
    threading.current_thread().dbname = dbname
    requests.get(url + "/threads/2", timeout=5)
thread = threading.Thread(target=work, args=(env.cr.dbname,))
thread.start()
thread.join()
"""
IN_CRON = (
    ACTION
    + """
code = f"env['ir.actions.server'].browse({{action.id}}).with_context("\\
    f"active_model='res.partner', active_id={{partner.id}}).run()"
env["ir.cron"].search([]).write({{"nextcall": "2099-01-01 00:00:00"}})
cron = env["ir.cron"].create({{
    "name": "Caller", "model_id": action.model_id.id, "state": "code", "code": code,
    "nextcall": "2020-01-01 00:00:00"}})
env.cr.commit()
env["ir.cron"]._process_jobs(env.cr.dbname)
env["integration.metric"]._roll_up()
"""
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Yield the address of a partner of this machine, who tells a quota."""
    with outside() as world:
        world.says("", "/", Answer(b"ok", headers={"X-RateLimit-Remaining": "5"}))
        yield world.url


@pytest.fixture(scope="module")
def shell(new_database: Callable[[str], str], log_folder: Path) -> OdooShell:
    """Return the command line of a database with the suite."""
    return OdooShell(new_database(templates.suite_template()), log_folder / "odoo.log")


def lines(shell: OdooShell) -> list[tuple[Any, ...]]:
    """Return path, status, what is left of the quota and number of the logged calls."""
    with databases.cursor(shell.database) as cr:
        cr.execute(
            """SELECT path_template, status_code, quota_remaining, count(*)
                 FROM integration_log WHERE kind = 'http_out' GROUP BY 1, 2, 3 ORDER BY 1"""
        )
        return list(cr.fetchall())


def test_in_the_shell(shell: OdooShell, url: str) -> None:
    """A script's calls are lost at its end, with its rollback, or in its threads."""
    shell.run(IN_SHELL.format(url=url))
    assert lines(shell) == [("/orders/{id}", 200, 5, 1), ("/threads/{id}", 200, 5, 1)]


def test_in_a_scheduled_action(shell: OdooShell, url: str) -> None:
    """The nightly synchronisation of a module is not seen, nor its partner discovered."""
    before = sum(line[-1] for line in lines(shell))
    shell.run(IN_CRON.format(url=f"{url}/hooks"))
    assert lines(shell)[0] == ("/hooks", 200, 5, 1)
    port = int(url.rpartition(":")[2])
    with databases.cursor(shell.database) as cr:
        cr.execute(
            """SELECT host, scheme, port, state, call_count, failure_count
                 FROM integration_discovery"""
        )
        assert cr.fetchall() == [("127.0.0.1", "http", port, "new", before + 1, 0)]
        # The call is found from the action, and below it.
        cr.execute(
            """SELECT count(*) FROM integration_log a JOIN integration_log c
                   ON c.trace_id = a.trace_id AND c.parent_span_id = a.span_id
                WHERE a.operation = 'Caller' AND c.path_template = '/hooks'"""
        )
        assert cr.fetchone() == (1,)
