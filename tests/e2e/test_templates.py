"""What the tests stand on: template databases, and statements of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from shell import OdooShell
from statements import Statements

from provision import databases, templates

AGAIN = f"""
def bundles():
    return env["ir.attachment"].search([("url", "=like", "/web/assets/%")]).ids
before = bundles()
{templates.BUNDLES}
result = [len(before), bundles() == before]
"""


def test_bundles_of_pages_are_made_once(
    new_database: Callable[[str], str], log_folder: Path
) -> None:
    """Processes that run tests with pages compile scripts and styles, which they have already."""
    database = new_database(templates.pages_template(templates.suite_template()))
    number, found = OdooShell(database, log_folder / "odoo.log").run(AGAIN)
    assert number > 5
    assert found


def test_a_wait_asks_on_one_connection(new_database: Callable[[str], str]) -> None:
    """Each look makes a connection; or a server that was restarted meanwhile fails the test."""
    database = new_database(templates.base_template())
    statements = Statements(database)
    first, second = (statements.rows("SELECT pg_backend_pid()") for _look in range(2))
    assert first == second
    with databases.cursor() as cr:
        cr.execute("SELECT pg_terminate_backend(%s, 30000)", [first[0][0]])
    assert statements.named("SELECT pg_backend_pid() != %s AS other", first[0][0]) == [
        {"other": True}
    ]
