"""A savepoint that costs no way to the server of its own."""

from __future__ import annotations

from typing import Any, Protocol

from psycopg2 import Error
from psycopg2.errorcodes import SYNTAX_ERROR


class Cursor(Protocol):
    """What is needed of a database cursor."""

    def execute(self, query: str, params: Any = None) -> object:
        """Run a statement."""


class LazySavepoint:
    """Opens and ends with statements of its user, as the text in front of or behind them.

    What runs before every commit of every user must survive its own faults, but statements of their
    own for that would be as many as the work has.
    """

    __slots__ = ("_name", "is_open")

    def __init__(self, name: str) -> None:
        """Take the name, a constant of the user."""
        self._name = name
        self.is_open = False

    def execute(self, cr: Cursor, query: str, params: Any = None, *, last: bool = False) -> None:
        """Run a statement within the savepoint, which opens with the first one.

        :param last: the savepoint ends with this one
        :raises psycopg2.Error: as the statement does; a first statement that is no SQL at all opens
            no savepoint
        """
        first = "" if self.is_open else f"SAVEPOINT {self._name}; "
        behind = f"; RELEASE SAVEPOINT {self._name}" if last else ""
        try:
            cr.execute(f"{first}{query}{behind}", params)
        except Error as error:
            # What cannot be parsed is refused as a whole, everything else statement by statement.
            opened = bool(error.pgcode) and error.pgcode != SYNTAX_ERROR
            self.is_open = self.is_open or opened
            raise
        self.is_open = not last

    def release(self, cr: Cursor) -> None:
        """End it, if it is open."""
        if self.is_open:
            cr.execute(f"RELEASE SAVEPOINT {self._name}")
            self.is_open = False

    def rollback(self, cr: Cursor) -> None:
        """Undo what was done since it was opened, and end it."""
        if self.is_open:
            cr.execute(f"ROLLBACK TO SAVEPOINT {self._name}; RELEASE SAVEPOINT {self._name}")
            self.is_open = False
