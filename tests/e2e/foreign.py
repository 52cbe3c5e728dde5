"""Other modules' own code that calls partners, each case in an execution of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from outside import Outside
from shell import OdooShell

from provision import databases, templates

PRELUDE = """
from odoo.addons.integration_monitor.instrumentation import log_writer
result = {}
def case(name, work, *arguments):
    # As a request does it: business, commit or rollback, and then the log.
    with log_writer.execution(correlation_id=name):
        try:
            answer = work(*arguments)
            env.cr.commit()
        except Exception as error:
            env.cr.rollback()
            answer = f"{type(error).__name__}: {error}"
    result[name] = answer if isinstance(answer, (str, int, bool, list, tuple)) else None
def endpoint(code, base_url, **values):
    system = env["integration.system"].create({"name": code, "code": code})
    env["integration.endpoint"].create(
        {"name": code, "code": code, "system_id": system.id, "base_url": base_url, **values})
def settings(**values):
    for name, value in values.items():
        env["ir.config_parameter"].set_param(name.replace("__", "."), value)
"""


class Foreign:
    """A database with modules of Odoo beside the suite, and the log of what they called."""

    def __init__(
        self, shell: OdooShell, outside: Outside, modules: tuple[str, ...], setup: str
    ) -> None:
        """Install the modules, and run what sets them up."""
        self.shell, self.outside = shell, outside
        templates.install(shell.database, modules)
        self.prelude = PRELUDE
        shell.run(f"{PRELUDE}\n{setup}\nenv.cr.commit()")

    def run(self, script: str) -> dict[str, Any]:
        """Run a script's cases in one process; return what each came to."""
        return self.shell.run(self.prelude + script)

    def lines(self, case: str) -> list[dict[str, Any]]:
        """Return the lines of a case in their order, with the code of their endpoint."""
        with databases.cursor(self.shell.database) as cr:
            cr.execute(
                """SELECT l.*, e.code AS endpoint, to_jsonb(l)::text AS whole
                     FROM integration_log l LEFT JOIN integration_endpoint e ON e.id = l.endpoint_id
                    WHERE l.correlation_id = %s ORDER BY l.occurred_at, l.id""",
                [case],
            )
            names = [column.name for column in cr.description]
            return [dict(zip(names, row, strict=True)) for row in cr.fetchall()]

    def told(self, case: str) -> list[tuple[Any, ...]]:
        """Return what the lines of a case say: whom, what, and what came of it."""
        return [
            (
                line["endpoint"],
                f"{line['method']} {line['host']}{line['path_template']}",
                line["status_code"],
                line["error_class"] or line["outcome"],
            )
            for line in self.lines(case)
        ]

    def everything(self) -> str:
        """Return all lines as text, to look for what must not be there."""
        with databases.cursor(self.shell.database) as cr:
            cr.execute("SELECT string_agg(to_jsonb(l)::text, E'\\n') FROM integration_log l")
            return str(cr.fetchone()[0])


def foreign(
    new_database: Callable[[str], str],
    folder: Path,
    outside: Outside,
    modules: tuple[str, ...],
    setup: str,
    env: Mapping[str, str] | None = None,
) -> Foreign:
    """Make a database with modules, whose calls go to *outside*."""
    shell = OdooShell(
        new_database(templates.suite_template()),
        folder / "odoo.log",
        {**outside.environment(), **(env or {})},
    )
    return Foreign(shell, outside, modules, setup)
