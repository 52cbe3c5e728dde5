"""Databases with their filestores: create, clone, drop.

Runs in the run-time environment (``provision run``), which has psycopg2 and the variables that lead
to the server.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import postgres
from .errors import ProvisionError


@contextmanager
def cursor(database: str = "postgres") -> Iterator[Any]:
    """Yield a cursor on *database* that commits each statement."""
    # Only the run-time environment has it; the rest of the package needs the standard library.
    import psycopg2

    try:
        connection = psycopg2.connect(dbname=database)
    except psycopg2.OperationalError as error:
        words = str(error).strip().splitlines()[0]
        hint = "check PGHOST, PGPORT, PGUSER and PGPASSWORD, or unset them for the embedded server"
        raise ProvisionError(f"PostgreSQL: {words} — {hint}.") from error
    try:
        connection.autocommit = True
        with connection.cursor() as cr:
            yield cr
    finally:
        connection.close()


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def names(prefix: str = "") -> list[str]:
    """Return the databases whose name starts with *prefix*, in order."""
    with cursor() as cr:
        cr.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix])
        return sorted(row[0] for row in cr.fetchall())


def exists(name: str) -> bool:
    """Tell whether the database exists."""
    return name in names(name)


def create(name: str) -> None:
    """Create an empty database as Odoo expects it."""
    with cursor() as cr:
        options = "ENCODING 'unicode' LC_COLLATE 'C' TEMPLATE template0"
        cr.execute(f"CREATE DATABASE {_identifier(name)} {options}")


def filestore(name: str, data_dir: Path | None = None) -> Path:
    """Return the folder of the attachments of the database *name*."""
    return (data_dir or postgres.folder("data")) / "filestore" / name


def clone(template: str, name: str, data_dir: Path | None = None) -> None:
    """Make the database *name* a copy of *template*, with its filestore.

    :param data_dir: Odoo's data directory of the copy; by default that of the clone
    """
    with cursor() as cr:
        cr.execute(f"CREATE DATABASE {_identifier(name)} TEMPLATE {_identifier(template)}")
    with cursor(name) as cr:
        # As with Odoo's own copy: two databases of one identity would share their secrets.
        cr.execute(
            "UPDATE ir_config_parameter SET value = gen_random_uuid()::text "
            "WHERE key IN ('database.uuid', 'database.secret')"
        )
    source = filestore(template)
    if source.is_dir():
        # Attachments are named by their content and never changed: links are copies.
        shutil.copytree(
            source, filestore(name, data_dir), copy_function=_link_or_copy, dirs_exist_ok=True
        )


def _link_or_copy(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def rename(old: str, new: str) -> None:
    """Rename a database and its filestore."""
    with cursor() as cr:
        cr.execute(f"ALTER DATABASE {_identifier(old)} RENAME TO {_identifier(new)}")
    if filestore(old).is_dir():
        shutil.rmtree(filestore(new), ignore_errors=True)
        filestore(old).rename(filestore(new))


def freeze(name: str) -> None:
    """Make a database a template: nobody connects to it, so that it can be copied at any time."""
    with cursor() as cr:
        cr.execute(f"ALTER DATABASE {_identifier(name)} IS_TEMPLATE true ALLOW_CONNECTIONS false")


def drop(name: str, data_dir: Path | None = None) -> None:
    """Drop a database, whoever is connected, and its filestore; absent ones are no error."""
    with cursor() as cr:
        if exists(name):
            cr.execute(f"ALTER DATABASE {_identifier(name)} IS_TEMPLATE false")
        cr.execute(f"DROP DATABASE IF EXISTS {_identifier(name)} WITH (FORCE)")
    shutil.rmtree(filestore(name, data_dir), ignore_errors=True)
