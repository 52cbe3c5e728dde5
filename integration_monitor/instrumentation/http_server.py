"""Around Odoo's HTTP requests: one log execution each, and an honest answer without a database."""

import atexit
import functools
import json
import logging
import os

import psycopg2
import werkzeug.wrappers

import odoo
from odoo import http
from odoo.http import Application, RegistryError, Request
from odoo.service import db as db_service
from odoo.sql_db import PoolError

from ..tools.errors import IntegrationError
from . import database_probe, log_writer
from .inbound_call import InboundCall
from .inbound_words import RPC_PATHS

_logger = logging.getLogger(__name__)

PREFIX = "/integration/"
# Of integration_monitor_dashboard; a load balancer asks it while the database hangs.
HEALTH_PATH = "/integration/health"
RETRY_AFTER = 30
_UNREACHABLE = "The database cannot be reached; nothing was stored. Try again later."
_HANGS = "The database does not answer."
_MARK = "_integration_monitor_wrapped"
# Lost connection, server starting up or shutting down, too many connections.
_UNUSABLE = (RegistryError, PoolError, psycopg2.OperationalError, psycopg2.InterfaceError)

# What is served at this moment, and observed.
_under_way = set()


class ProcessEnded(IntegrationError):
    """The process that served a request ended before it was done."""

    error_class = "server"


def install():
    """Wrap ``Application`` and ``Request._serve_db`` and ``_serve_nodb``; once."""
    if getattr(Request._serve_db, _MARK, False):
        return
    Request._serve_db = _wrap_serve_db(Request._serve_db)
    Request._serve_nodb = _wrap_serve_nodb(Request._serve_nodb)
    Application.__call__ = _wrap_application(Application.__call__)


def _wrap_application(original):
    """Before anything else: already which database a request is for may be asked of PostgreSQL."""

    @functools.wraps(original)
    def __call__(self, environ, start_response):
        if environ.get("PATH_INFO") == HEALTH_PATH and not database_probe.answers():
            _logger.warning("The database does not answer.")
            return unavailable(_HANGS)(environ, start_response)
        return original(self, environ, start_response)

    return __call__


def _wrap_serve_db(original):
    @functools.wraps(original)
    def _serve_db(self):
        # The buffer is flushed when the original has closed its cursor. Webhooks, RPC, pages and
        # the runner's jobs (/queue_job/runjob) all come through here.
        with log_writer.execution():
            try:
                return _answer_first(_observed(original, self))
            except _UNUSABLE as error:
                if not _is_ours(self):
                    raise
                _logger.warning("Database unusable for %s: %s", self.httprequest.path, error)
                # The webhook route has answered in its own words already.
                return getattr(error, "error_response", None) or unavailable()

    setattr(_serve_db, _MARK, True)
    return _serve_db


def _wrap_serve_nodb(original):
    @functools.wraps(original)
    def _serve_nodb(self):
        # Without a database Odoo answers 404, and a partner who reads 404 stops delivering.
        if _is_ours(self) and _server_is_down():
            return unavailable()
        # With several databases XML-RPC and JSON-RPC come here: the call itself names one.
        if self.httprequest.path.startswith(RPC_PATHS):
            with log_writer.execution():
                return _answer_first(_observed(original, self))
        return original(self)

    setattr(_serve_nodb, _MARK, True)
    return _serve_nodb


def _answer_first(response):
    """Let the log be written when the answer was sent: nobody waits for it.

    Not where closing the answer means something else: files that the server sends by itself, and
    websockets, which are closed hours later. Odoo's tests want to read what they caused at once.
    """
    if (
        isinstance(response, http.Response | werkzeug.wrappers.Response)
        and not response.direct_passthrough
        and response.status_code >= 200
        and not odoo.modules.module.current_test
    ):
        write = log_writer.postponed()
        if write:
            response.call_on_close(write)
    return response


def _observed(serve, request):
    """Serve a request, and record what came of it when its cursor is closed."""
    call = InboundCall.begin(request)
    if call is None:
        return serve(request)
    _under_way.add(call)
    try:
        response = serve(request)
    except Exception as error:
        call.failed(error)
        raise
    else:
        call.answered(response)
        return response
    finally:
        _under_way.discard(call)
        call.close()


def _tell_cut_off():
    """Record the requests that the end of the process cuts off, such as at a limit of CPU time.

    Odoo's workers serve in a thread that ends with the process; here speaks another thread.
    """
    for call in list(_under_way):
        call.failed(ProcessEnded("The process ended while it served the request."))


def unavailable(detail=_UNREACHABLE):
    """503 as problem+json (RFC 9457): nothing was stored, come back later."""
    problem = {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": detail,
    }
    return http.Response(
        json.dumps(problem),
        status=503,
        headers={"Retry-After": str(RETRY_AFTER), "Cache-Control": "no-store"},
        content_type="application/problem+json",
    )


def _is_ours(request):
    return request.httprequest.path.startswith(PREFIX)


def _server_is_down():
    try:
        db_service.list_dbs(force=True)
    except psycopg2.OperationalError:
        return True
    return False


# Registered after the log writer's own, which has to come last.
atexit.register(_tell_cut_off)
os.register_at_fork(after_in_child=_under_way.clear)
