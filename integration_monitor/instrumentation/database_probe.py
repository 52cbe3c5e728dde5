"""Does PostgreSQL answer at all? Asked with a deadline, for the one page that must not hang.

Timeouts of PostgreSQL are of no use here: a server that is stopped, or behind a cable that was
cut, does not keep them. So the question is asked by a thread, one at a time for the process, and
whoever waits for it stops waiting in time.
"""

import contextlib
import logging
import os
import threading

from odoo.modules.registry import Registry
from odoo.sql_db import db_connect
from odoo.tools import config

_logger = logging.getLogger(__name__)

DEADLINE = 3.0

_lock = threading.Lock()
_question = None


def answers():
    """Whether PostgreSQL answered within the deadline, whatever it said.

    A refusal is an answer, too: the request itself finds out what it means.
    """
    global _question
    with _lock:
        # While one question hangs all wait for it: threads do not pile up.
        if _question is None or _question.is_set():
            _question = threading.Event()
            threading.Thread(target=_ask, args=(_question, _database()), daemon=True).start()
        question = _question
    return question.wait(DEADLINE)


def _ask(question, dbname):
    try:
        with contextlib.closing(db_connect(dbname).cursor()) as cr:
            cr.execute("SELECT 1")
    except Exception as error:  # refused, unknown, too many connections: it answers
        _logger.info("The database answers: %s", type(error).__name__)
    question.set()


def _database():
    """:return: name of the database this process works with, as far as it is known"""
    named, loaded = list(config["db_name"]), list(Registry.registries)
    return (loaded[-1:] or named[:1] or ["postgres"])[0]


def _after_fork():
    """Ask anew: the parent's thread is not in this process."""
    global _lock, _question
    _lock, _question = threading.Lock(), None


os.register_at_fork(after_in_child=_after_fork)
