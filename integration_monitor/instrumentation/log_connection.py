"""The connection that a process keeps for its log: what the pool lends is reset each time.

Resetting (``DISCARD ALL``), setting up a transaction and ending it cost more than the insert of
a few lines. So the writer keeps one cursor of Odoo's pool, in autocommit mode, for the database it
wrote to last: one connection more for each process. Odoo closes it with the others of the pool.
"""

import contextlib
import threading

import psycopg2

from odoo.sql_db import db_connect

# Connections that a crash of the server left in the pool, which tells of them one by one.
MAX_DEAD = 64

# A crash may lose the last fraction of a second of log, never a business fact; and nobody waits
# long for a table that an upgrade has locked.
_SETTINGS = ("synchronous_commit = off", "lock_timeout = '2s'", "statement_timeout = '10s'")
_lock = threading.Lock()
_kept = None
_of_the_parent = []  # never touched again: the parent speaks over these


@contextlib.contextmanager
def lent(dbname):
    """Yield the cursor for a block: each statement is a transaction of its own.

    Yields None while another thread has it.

    :raises PoolError, psycopg2.Error: no connection can be had now
    """
    if not _lock.acquire(blocking=False):
        yield None
        return
    try:
        yield _cursor(dbname)
    finally:
        if _kept is not None:
            # Records and caches of one use must not be seen by the next.
            _kept.transaction = None
            _kept.cache.clear()
        _lock.release()


def settings(scope):
    """:return: the statements that bound what is waited for; scope is SESSION or LOCAL"""
    return "; ".join(f"SET {scope} {setting}" for setting in _SETTINGS)


def living_cursor(dbname):
    """:return: a cursor of the pool, whatever a crash of the server left in there

    :raises PoolError, psycopg2.Error: no connection can be had now
    """
    for _dead in range(MAX_DEAD):
        try:
            return db_connect(dbname).cursor()
        except psycopg2.OperationalError:
            raise  # the server is away
        except psycopg2.DatabaseError:
            continue
    return db_connect(dbname).cursor()


def close():
    """Give the connection back; the next use takes another."""
    global _kept
    cursor, _kept = _kept, None
    if cursor is not None and not cursor.closed:
        with contextlib.suppress(psycopg2.Error):  # lost meanwhile: nothing is left to give back
            cursor.connection.autocommit = False
            cursor.close()


def after_fork():
    """Leave the parent's connection to the parent."""
    global _lock, _kept
    _lock = threading.Lock()
    if _kept is not None:
        _of_the_parent.append(_kept)
        _kept = None


def _cursor(dbname):
    global _kept
    if _kept is None or _kept.closed or _kept.dbname != dbname:
        close()
        cursor = living_cursor(dbname)
        cursor.connection.autocommit = True
        cursor.execute(settings("SESSION"))  # the pool resets what it gets back
        _kept = cursor
    return _kept
