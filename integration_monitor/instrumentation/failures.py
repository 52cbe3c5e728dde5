"""From what Odoo raised, or answered, to outcome, class and words."""

import psycopg2

from odoo import exceptions

from ..tools import classify
from ..tools.errors import IntegrationError

_STATUS = {400: "contract", 401: "auth", 403: "auth", 429: "rate_limit"}


def described(error, status=None):
    """Return (outcome, error class, message) of a request, a job or a scheduled action.

    Data that a person can correct is ``business``, a caller who may not is ``auth``: kept out
    altogether he is ``refused``. A fault of our own code or database is ``server`` when a status
    tells so, else ``unknown``.

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
    if error is not None:
        return "error", classify.error_class_of(error), message
    return "error", "unknown", message


def _words(error, status):
    if error is None:
        return f"HTTP {status}"
    if isinstance(error, exceptions.UserError | exceptions.AccessDenied | IntegrationError):
        return str(error.args[0] if error.args else error)
    described_by = getattr(error, "description", None)  # werkzeug's own
    if isinstance(described_by, str) and status:
        return f"HTTP {status}: {described_by}"
    return f"{type(error).__name__}: {error}"
