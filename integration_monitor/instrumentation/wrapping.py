"""What every wrapper needs: is there a database to write to, and who flushes."""

import threading

from odoo.modules.registry import Registry
from odoo.tools import config

from . import log_writer

# Outside of an execution (Odoo's shell): lines that wait for each other.
LOT = 100


def has_suite(dbname):
    """Whether the database is loaded in this process and has the suite; loads none."""
    registry = Registry.registries.get(dbname) if dbname else None
    return registry is not None and registry.ready and "integration.log" in registry


def registry_here():
    """The loaded registry of this thread's database when it has the suite, else None.

    Requests, jobs, scheduled actions and Odoo's shell name their database on the thread. A thread
    that a module started by itself has none: it works for the only database there is, or for
    nobody knows which. Never loads a registry: a server's first request must not be observed into
    a deadlock.
    """
    dbname = getattr(threading.current_thread(), "dbname", None) or _only_database()
    return Registry.registries.get(dbname) if has_suite(dbname) else None


def _only_database():
    """:return: name of the one database that this process has loaded and serves, else None"""
    loaded = tuple(Registry.registries)
    named = config["db_name"]
    return loaded[0] if len(loaded) == 1 and (not named or list(named) == [loaded[0]]) else None


def flush_outside_executions():
    """Write what no execution will flush: at once in threads and tasks, which end unseen.

    Else in lots.

    Call it after ``log_writer.record``; within an execution it does nothing. Never raises.
    """
    waiting, over = log_writer.unclaimed()
    here = threading.current_thread() is threading.main_thread()
    if waiting >= LOT or (waiting and (over or not here)):
        log_writer.flush()
