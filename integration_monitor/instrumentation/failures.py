"""From what Odoo raised, or answered, to outcome, class and words."""

from http.client import responses

import psycopg2
from werkzeug.exceptions import HTTPException

from odoo import exceptions

from ..tools import classify
from ..tools.errors import IntegrationError

_MAX_CHAIN = 20
# How ``safe_eval`` wraps what an action raises; behind it stands the code of the action.
_EVALUATING = " while evaluating\n"
_STATUS = {400: "contract", 401: "auth", 403: "auth", 429: "rate_limit"}


def described(error, status=None):
    """Return (outcome, error class, message) of a request, a job or a scheduled action.

    Data that a person can correct is ``business``, a caller who may not is ``auth``: kept out
    altogether he is ``refused``. A fault of our own code is ``server`` when a status tells so, else
    ``unknown``; one of the database is ``server`` always, whatever wraps it.

    :param error: the exception that ended it, or None
    :param status: of the HTTP answer, or None
    """
    if error is None and (status is None or status < 400):
        return "ok", None, None
    message = _words(error, status)
    if isinstance(error, exceptions.AccessError):
        return "error", "auth", message
    if status == 401 or isinstance(error, exceptions.AccessDenied):
        return "refused", "auth", message
    if isinstance(error, exceptions.UserError):
        return "error", "business", message
    if isinstance(error, psycopg2.Error):
        return "error", "server", message
    if isinstance(error, IntegrationError):
        return "error", error.error_class, message
    if status and status >= 400:
        return "error", _STATUS.get(status, "client" if status < 500 else "server"), message
    if any(isinstance(item, psycopg2.Error) for item in _chain(error)):
        return "error", "server", message
    if error is not None:
        return "error", classify.error_class_of(error), message
    return "error", "unknown", message


def _chain(error):
    """The exception and what it was raised from, or while handling; a few of them."""
    for _step in range(_MAX_CHAIN):  # causes can form a circle
        if error is None:
            return
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _words(error, status):
    if error is None:
        return " ".join(filter(None, [f"HTTP {status}", responses.get(status)]))
    if isinstance(error, exceptions.UserError | exceptions.AccessDenied | IntegrationError):
        return str(error.args[0] if error.args else error)
    if isinstance(error, HTTPException) and status:
        return f"HTTP {status}: {error.description or error.name}"
    error, text = _unwrapped(error)
    if isinstance(error, psycopg2.Error):
        text = _words_of_database(error, text)
    return f"{type(error).__name__}: {text}"


def _unwrapped(error):
    """:return: tuple (exception, text) without the code of the action that was evaluated"""
    text = str(error)
    if not isinstance(error, ValueError) or _EVALUATING not in text:
        return error, text
    inner = error.__cause__ or error.__context__
    if inner is None:
        return error, text.partition(_EVALUATING)[0]
    return inner, str(inner)


def _words_of_database(error, text):
    """What PostgreSQL says in one line, and what it is about; its details show values."""
    diag = error.diag
    primary = diag.message_primary
    if not primary:
        return text  # the connection's words, not the server's
    about = [
        f"{what} {name}"
        for what, name in (
            ("table", diag.table_name),
            ("column", diag.column_name),
            ("constraint", diag.constraint_name),
        )
        if name and f'"{name}"' not in primary
    ]
    return f"{primary} ({', '.join(about)})" if about else primary
