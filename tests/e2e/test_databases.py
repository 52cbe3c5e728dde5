"""One server, several databases: none of them is loaded before its first call."""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from provision import databases, templates
from testing.processes import OdooServer
from testing.waiting import wait_until

LINES = """
    SELECT operation, outcome, user_id, detail->>'login' FROM integration_log
     WHERE kind = 'rpc_in' ORDER BY id"""


@pytest.mark.parametrize(
    ("password", "line"),
    [
        ("admin", ("res.partner.search_count", "ok", 2, None)),
        ("wrong", ("res.partner.search_count", "refused", None, "user 2")),
    ],
)
def test_the_first_call_of_a_process(
    new_database: Callable[[str], str], log_folder: Path, password: str, line: tuple
) -> None:
    """The first call after each restart is missing, also somebody's wrong password."""
    loaded, other = (new_database(templates.suite_template()) for _number in range(2))
    options = ["--db-filter", f"^({loaded}|{other})$", "--max-cron-threads", "0"]
    log = log_folder / f"odoo-{password}.log"
    with OdooServer(loaded, log, channels="", options=options) as server:
        server.wait_ready()
        models = xmlrpc.client.ServerProxy(f"{server.url}/xmlrpc/2/object")
        call = ("res.partner", "search_count", [[]])
        assert models.execute_kw(loaded, 2, "admin", *call) > 0  # from now on calls are seen
        with nullcontext() if password == "admin" else pytest.raises(xmlrpc.client.Fault):
            models.execute_kw(other, 2, password, *call)
        with databases.cursor(other) as cr:

            def written() -> list[tuple]:
                cr.execute(LINES)
                return list(cr.fetchall())

            assert wait_until(written, 30, "the line of the call") == [line]
