"""Statements of a test on one database, by one connection.

A wait asks many times a second, and opening a connection costs PostgreSQL more than the answer.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import psycopg2

#: How codes of errors begin with which the server ends a connection; lost ones have no code.
ENDED = "57P"


class Statements:
    """Runs statements, each committed at once; the connection is made anew when it was lost."""

    def __init__(self, database: str, **where: str) -> None:
        """Take the name of the database, and what else leads to it."""
        self._where = {"dbname": database, **where}
        self._connection: Any = None

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a statement.

        :raise psycopg2.OperationalError: when the server cannot be reached
        """
        return self._run(statement, values)[0]

    def named(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Return the rows of a statement by the names of their columns."""
        rows, names = self._run(statement, values)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _run(
        self, statement: str, values: tuple[Any, ...]
    ) -> tuple[list[tuple[Any, ...]], list[str]]:
        kept = self._connection is not None
        try:
            return self._ask(statement, values)
        except psycopg2.Error as error:
            self._connection = None
            # Only a server that was restarted since the last statement is asked once more.
            lost = error.pgcode is None or error.pgcode.startswith(ENDED)
            if not (kept and lost):
                raise
        return self._ask(statement, values)

    def _ask(
        self, statement: str, values: tuple[Any, ...]
    ) -> tuple[list[tuple[Any, ...]], list[str]]:
        if self._connection is None:
            self._connection = psycopg2.connect(**self._where)
            self._connection.autocommit = True
        with self._connection.cursor() as cr:
            cr.execute(statement, values)
            if not cr.description:
                return [], []
            return list(cr.fetchall()), [column.name for column in cr.description]


@cache
def on(database: str) -> Statements:
    """Return the statements of a database, for tests that know its name only."""
    return Statements(database)
