"""One request that comes in, from its first byte to the observation that describes it.

Kept in a ``ContextVar`` rather than on the request: XML-RPC and JSON-RPC take the request away
while business code runs. Odoo repeats a request after a database conflict; each attempt that was
rolled back is a line of its own.
"""

import threading
import time
from contextvars import ContextVar

from werkzeug.exceptions import HTTPException

from ..tools import context, tracing
from ..tools.observation import Observation, utcnow
from ..tools.path_template import path_template
from . import inbound_words, log_writer, rpc_mistakes
from .failures import described
from .inbound_words import OURS, RPC_PATHS
from .wrapping import has_suite

_WITHOUT_STATUS = ("/jsonrpc", "/xmlrpc/")  # a failure is answered with 200, too
# Observed in its own words by the webhook addon; the runner's call becomes the line of its job.
OBSERVED_ELSEWHERE = ("/integration/webhook", "/queue_job/")
# Files, pictures, waiting for messages: no business is done there.
NO_BUSINESS = (
    "/web/assets", "/web/static", "/web/image", "/web/content", "/bus/", "/websocket", "/favicon",
)  # fmt: skip
KEY_PREFIX = 8  # what Odoo keeps readable of an API key, to find it by

_current = ContextVar("integration_inbound_call", default=None)


def current():
    """The request under way in this thread that is to be observed, or None."""
    return _current.get()


class InboundCall:
    """Collects what a request turns out to be; no method raises."""

    __slots__ = (
        "_began",
        "_cursor_mode",
        "_finished",
        "_http",
        "_token",
        "attempt",
        "attempt_began",
        "company_id",
        "dbname",
        "failure_noted",
        "flow",
        "interactive",
        "login",
        "mistake",
        "occurred_at",
        "operation",
        "parent_span_id",
        "path",
        "reached",
        "status",
        "user_id",
        "wanted",
    )

    @classmethod
    def begin(cls, request):
        """Start to observe a request; None for one that is not observed."""
        try:
            path = request.httprequest.path
            rpc = path.startswith(RPC_PATHS)
            if path.startswith(OBSERVED_ELSEWHERE) or (not rpc and path.startswith(NO_BUSINESS)):
                return None
            return cls(request, path, interactive=not rpc and not path.startswith(OURS))
        except Exception:  # whatever is odd about the request, it is Odoo's to answer
            log_writer.note_failure("A request is not observed.")
            return None

    def __init__(self, request, path, interactive):
        self._http = request.httprequest
        self.path = path
        self.interactive = interactive
        self.wanted = not interactive
        self.dbname = request.db
        self.occurred_at = utcnow()
        self._began = self.attempt_began = time.perf_counter()
        self.attempt = 0
        self._finished = self.failure_noted = False
        self.operation = inbound_words.operation_in(path)
        self.user_id = self.company_id = self.flow = None
        self.login = self.status = self.parent_span_id = None
        self._cursor_mode = None
        # Told by ``rpc_server``: whether a service has the call, and what the caller did wrong.
        self.reached, self.mistake = False, None
        self._token = _current.set(self)

    def begin_attempt(self):
        """Another attempt at the same work: the one before was rolled back, and is told now.

        Not when it wrote on a replica: Odoo takes a call that is read-only in name to the main
        database then, which is no fault and belongs to the same attempt.
        """
        mode = getattr(threading.current_thread(), "cursor_mode", None)
        from_replica = self.attempt and self._cursor_mode == "ro" and mode != "ro"
        self._cursor_mode = mode
        if from_replica:
            return
        if self.attempt and self.wanted:
            self._record(
                outcome="error",
                error_class="server",
                error_message="The attempt was rolled back and repeated: another transaction "
                "changed the same records.",
                since=self.attempt_began,
            )
        self.attempt += 1
        self.attempt_began = time.perf_counter()

    def identified(self, user_id, company_id, flows):
        """The caller has proven who he is: his trace is continued.

        :param flows: ``FlowOfOperation`` tuples of this operation, see ``integration.flow``
        """
        self.user_id, self.company_id = user_id, company_id
        self.flow = next(
            (flow for flow in flows if flow.service_user_id == user_id),
            next((flow for flow in flows if flow.company_id == company_id), None),
        )
        headers = self._http.headers
        parent = tracing.parse_traceparent(headers.get("traceparent"))
        trace = tracing.continued(parent.trace_id if parent else None)
        self.parent_span_id = parent.span_id if parent else None
        correlation_id = tracing.choose_correlation_id(
            headers.get("X-Correlation-ID"), parent and parent.trace_id, headers.get("X-Request-ID")
        )
        context.update(
            trace_id=trace.trace_id,
            span_id=trace.span_id,
            correlation_id=correlation_id,
            flow_id=self.flow and self.flow.flow_id,
            company_id=self.flow.company_id if self.flow else company_id,
        )

    def answered(self, response):
        """The request ends with an answer."""
        self._end(None, response)

    def failed(self, error):
        """The request ends with an exception; its answer hangs on it, if there is one."""
        self._end(error, getattr(error, "error_response", None))

    def close(self):
        """Forget the request; another may use the thread."""
        _current.reset(self._token)

    def _end(self, error, response):
        try:
            if self._finished:
                return
            self._finished = True
            if self.failure_noted:
                return  # a sign-in that failed was told where it failed
            self.status = _status_of(error, response)
            outcome, error_class, message = described(error, self.status)
            if error is not None and outcome == "error" and self.path.startswith(_WITHOUT_STATUS):
                if not self.reached:
                    self.mistake = rpc_mistakes.before_the_service(error)
                error_class = self.mistake or error_class
            if error is not None and message and not self.user_id and outcome == "error":
                # A stranger's own words may come back in it, his password among them.
                message = type(error).__name__
            # Of what nobody asked to see, only keys that were refused are told.
            if self.wanted or (outcome == "refused" and bearer_prefix(self._http.headers)):
                self._record(
                    outcome=outcome,
                    error_class=error_class,
                    error_message=message,
                    since=self.attempt_began if self.attempt > 1 else self._began,
                    response=response,
                )
        except Exception:  # the caller gets his answer, whatever we make of it
            log_writer.note_failure("A request was not recorded.")

    def _record(self, *, outcome, error_class, error_message, since, response=None):
        if not has_suite(self.dbname):
            return  # a name that a caller made up, or nobody's: nowhere to write to
        now = context.current()
        if not self.user_id and outcome == "error" and 400 <= (self.status or 0) < 500:
            outcome = "refused"  # a stranger at the door: no failure of anything that runs here
        refused = outcome == "refused"
        operation, path = self._words()
        if error_message and operation != self.operation:
            error_message = inbound_words.without(error_message, self.operation)
        log_writer.record(
            self.dbname,
            Observation(
                kind="rpc_in",
                direction="inbound",
                outcome=outcome,
                retention_class="refused" if refused else "standard",
                occurred_at=self.occurred_at,
                operation=operation,
                method=self._http.method,
                host=self._http.remote_addr,
                path_template=path,
                status_code=self.status,
                error_class=error_class,
                error_message=error_message,
                attempt=self.attempt or None,
                duration_ms=(time.perf_counter() - since) * 1000,
                # What is refused is not read: its length is a stranger's claim.
                request_bytes=None if refused else self._http.content_length,
                response_bytes=_length(response),
                user_id=self.user_id,
                company_id=self.flow.company_id if self.flow else self.company_id,
                flow_id=self.flow and self.flow.flow_id,
                system_id=self.flow and self.flow.system_id,
                trace_id=now.trace_id,
                span_id=now.span_id,
                parent_span_id=self.parent_span_id,
                correlation_id=now.correlation_id,
                detail=self._detail(),
            ),
        )

    def _words(self):
        """Operation and path, as far as they are no words of a stranger, nor a key out of place."""
        named = inbound_words.operation_in(self.path)
        if not named or named != self.operation:
            operation, known = self.operation, False
        else:
            known = inbound_words.is_known(self.dbname, named)
            operation = named if known and (self.user_id or self.interactive) else None
        if known:
            return operation, inbound_words.named_path(self.path)
        if self.user_id or self.interactive:
            return operation, path_template(self.path)
        return operation, inbound_words.stranger_path(self.path, self.status)

    def _detail(self):
        """Who it claims to be, and the trace of a caller whom nobody knows."""
        detail = {}
        if self.login:
            detail["login"] = self.login
        if not self.user_id:
            if prefix := bearer_prefix(self._http.headers):
                detail["key"] = prefix
            parent = tracing.parse_traceparent(self._http.headers.get("traceparent"))
            if parent:
                detail["claimed_trace"] = parent.trace_id
        return detail or None


def note_refused_sign_in(dbname, login):
    """Record a sign-in with a password that was refused: from where, and as whom.

    :param login: as it was typed; only its beginning is kept, for it may be an address of mail
    """
    call = _current.get()
    name = str(login or "").partition("@")[0][:KEY_PREFIX]
    log_writer.record(
        dbname,
        Observation(
            kind="rpc_in",
            direction="inbound",
            outcome="refused",
            retention_class="refused",
            operation="sign in",
            host=call and call._http.remote_addr,
            method=call and call._http.method,
            path_template=call and path_template(call.path),
            error_class="auth",
            error_message="Wrong login or password.",
            detail={"login": name},
        ),
    )
    if call is not None:
        call.failure_noted = True


def bearer_prefix(headers):
    """The beginning of a presented key, by which Odoo finds it; never the key itself."""
    scheme, _space, key = (headers.get("Authorization") or "").partition(" ")
    return key.strip()[:KEY_PREFIX] if scheme.lower() == "bearer" and len(key) > 16 else None


def _status_of(error, response):
    """The status that the caller got. Other exceptions have codes, too, that are none."""
    code = error.code if isinstance(error, HTTPException) else None
    code = code or getattr(response, "status_code", None)
    return code if isinstance(code, int) else None


def _length(response):
    """Bytes of an answer that lies ready; None for one that is streamed."""
    if response is None or getattr(response, "is_streamed", True):
        return None
    length = response.content_length
    return response.calculate_content_length() if length is None else length
