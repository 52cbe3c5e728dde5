"""One call through ``requests``, from its request to the observation that describes it."""

import threading
import time

from odoo import http
from odoo.tools.cache import get_cache_key_counter

from ..tools import classify, classify_jsonrpc, context, quota_headers, redaction, tracing
from ..tools.backoff import parse_retry_after
from ..tools.endpoint_match import address_of
from ..tools.observation import Observation
from ..tools.path_template import path_template
from ..tools.redaction_names import NO_RULES, using
from . import answer_stream, log_writer
from .wrapping import flush_outside_executions, registry_here

TRACE_HEADER = "traceparent"
CORRELATION_HEADER = "X-Correlation-ID"
# Beginning of a failed answer that is looked at; the excerpt that is kept is shorter.
_MAX_BODY = 16 * 1024


class OutboundCall:
    """Observes one ``Session.send``; no method raises, none touches an answer's stream."""

    @classmethod
    def begin(cls, session, request):
        """The call about to be made, with ``request`` to be sent; None when nobody observes it."""
        dbname = None
        try:
            if getattr(session, "integration_self_observed", False):
                return None
            registry = registry_here()
            if registry is None:
                return None
            dbname = registry.db_name
            return cls(registry, session, request)
        except Exception:  # whatever is odd about the request, it is the caller's to send
            log_writer.note_failure("An outbound call is not observed.", dbname)
            return None

    def __init__(self, registry, session, request):
        self.session = session
        self.dbname = registry.db_name
        self.address = address_of(request.url)
        self.companies = _companies(registry)
        self._table = registry["integration.endpoint"]._match_table_of(registry)
        self.target = self._table.find(self.address, self.companies)
        self._injected = {}
        self.request = self._with_trace(request)
        self.method, self.url = request.method, request.url
        self._began = time.perf_counter()

    def _with_trace(self, request):
        """The request with the headers that the endpoint allows; the caller's own stays as it was.

        The caller may send the same request again, elsewhere: ours go on a copy.
        """
        self._trace = None
        current = context.current()
        if self.target is None or not self.target.inject:
            self._trace = tracing.parse_traceparent(_text(request.headers.get(TRACE_HEADER)))
            return request
        headers = request.headers
        if TRACE_HEADER not in headers:
            self._trace = tracing.continued(current.trace_id)
            self._injected[TRACE_HEADER] = self._trace.header()
        else:
            self._trace = tracing.parse_traceparent(_text(headers.get(TRACE_HEADER)))
        if current.correlation_id and CORRELATION_HEADER not in headers:
            self._injected[CORRELATION_HEADER] = current.correlation_id
        if not self._injected:
            return request
        request = request.copy()
        request.headers.update(self._injected)
        return request

    def is_redirect(self, session, request, options):
        """Whether ``session`` sends ``request`` to follow a redirect of this call.

        A hook of the session may send requests meanwhile, which are calls of their own.
        ``requests`` follows with copies, which share the hooks, and looks at redirects itself.
        """
        return (
            session is self.session
            and options.get("allow_redirects") is False
            and request is not self.request
            and getattr(request, "hooks", None) is self.request.hooks
        )

    def redirected(self, request):
        """Take our headers off a follow-up request whose host is not allowed them."""
        if not self._injected or request is None:
            return
        try:
            target = self._table.find(address_of(request.url), self.companies)
            if target is not None and target.inject:
                return
            for name, value in self._injected.items():
                if request.headers.get(name) == value:
                    del request.headers[name]
        except Exception:  # an odd URL: the caller's call decides what becomes of it
            log_writer.note_failure("A redirect was not looked at.")

    def failed(self, error):
        """Record the call that raised ``error``."""
        try:
            translated = classify.from_exception(error)
            response = getattr(error, "response", None)
            self._record(translated, response, excerpt=None)
        except Exception:  # the caller gets his own exception, whatever ours is
            log_writer.note_failure("A failed outbound call was not recorded.", self.dbname)

    def answered(self, response):
        """Record the call that ``response`` answers, or refuses: by its status, or in its body."""
        try:
            self.redirected(getattr(response, "next", None))  # a caller may follow by himself
            if response.status_code >= 400:
                excerpt = _excerpt(response)
                error = classify.from_status(response.status_code, response.headers, excerpt)
            else:
                error = _told_in_answer(response)
                excerpt = _excerpt(response) if error else None
            observation = self._record(error, response, excerpt)
            if _body_in_memory(response) is None:
                answer_stream.watch(getattr(response, "raw", None), self.dbname, observation)
        except Exception:  # the caller gets his answer, whatever we make of it
            log_writer.note_failure("An outbound call was not recorded.", self.dbname)

    def _record(self, error, response, excerpt):
        duration = (time.perf_counter() - self._began) * 1000
        target, trace, current = self.target, self._trace, context.current()
        if trace is not None:
            span_id = trace.span_id
        else:
            span_id = tracing.new_span_id() if current.trace_id else None
        same_trace = trace is None or trace.trace_id == current.trace_id
        headers = getattr(response, "headers", None)
        quota = quota_headers.parse_quota(headers) or quota_headers.Quota()
        observation = log_writer.record(
            self.dbname,
            Observation(
                kind="http_out",
                direction="outbound",
                outcome="ok" if error is None else "error",
                system_id=target and target.system_id,
                endpoint_id=target and target.endpoint_id,
                region=target and target.region,
                company_id=self._company_id(),
                user_id=getattr(threading.current_thread(), "uid", None),
                trace_id=trace and trace.trace_id,
                span_id=span_id,
                parent_span_id=current.span_id if same_trace else None,
                method=self.method,
                host=self.address and self.address.host,
                path_template=path_template(self.url),
                status_code=getattr(response, "status_code", None),
                error_class=error and error.error_class,
                error_message=error and error.message,
                attempt=current.attempt,
                duration_ms=duration,
                request_bytes=_sent_bytes(self.request),
                response_bytes=None if response is None else _received_bytes(response),
                retry_after=parse_retry_after(headers.get("Retry-After")) if headers else None,
                quota_limit=quota.limit,
                quota_remaining=quota.remaining,
                quota_reset=quota.reset,
                request_headers=self.request.headers,
                response_excerpt=excerpt or None,
                detail=self._detail(response),
            ),
        )
        flush_outside_executions()
        return observation

    def _company_id(self):
        """The company that the line belongs to: the endpoint's, else the caller's."""
        own = self.target and self.target.company_id
        return own or (self.companies[0] if self.companies else None)

    def _detail(self, response):
        """Facts that explain the line; an unknown host also tells how to reach it."""
        detail = {}
        if self.target is None and self.address is not None:
            if self.address.scheme != "https":
                detail["scheme"] = self.address.scheme
            if self.address.port:
                detail["port"] = self.address.port
        if response is not None:
            history = getattr(response, "history", None)
            if history:
                detail["redirects"] = len(history)
                last = address_of(response.url)
                if last and self.address and last.host != self.address.host:
                    detail["answered_by"] = last.host
            if _body_in_memory(response) is None:
                detail["streamed"] = True
            detail.update(_retried(response))
        return detail or None


def _companies(registry):
    """Ids of the companies that the call may be for, first the likeliest; costs no query.

    A message knows its company. For users their companies count, narrowed by what they selected
    in the web client, when both are known already.
    """
    current = context.current().company_id
    if current:
        return (current,)
    uid = getattr(threading.current_thread(), "uid", None)
    if not uid or uid == 1:  # the system user stands for everybody
        return ()
    user = registry["res.users"](None, (uid,), (uid,))
    cache, key, _counter = get_cache_key_counter(user._get_company_ids)
    own = cache.get(key) or ()
    chosen = http.request.cookies.get("cids", "") if http.request and len(own) > 1 else ""
    selected = [int(text) for text in chosen.split("-") if text.isascii() and text.isdigit()]
    found = tuple(company_id for company_id in selected if company_id in own)
    return found or (own if len(own) == 1 else ())


def _names():
    """What the flow at hand hides and leaves readable, once it is known; costs no query.

    Until then more is hidden than the flow asks for; what it adds is hidden by the log writer.
    """
    flow_id, registry = context.current().flow_id, registry_here()
    if not flow_id or registry is None:
        return NO_RULES
    cache, key, _counter = get_cache_key_counter(
        registry["integration.flow"](None, (), ())._content_rules
    )
    rules = (cache.get(key) or {}).get(flow_id)
    return rules.names if rules else NO_RULES


def _body_in_memory(response):
    """The body when ``requests`` has read it already; None for one that is still to be read."""
    # The property would read the stream in the caller's place; some adapters answer with other
    # objects, which have neither.
    body = getattr(response, "_content", None)
    return body if isinstance(body, bytes) else None


def _excerpt(response):
    """The redacted beginning of an answer that is in memory; the writer cuts it further."""
    body = _body_in_memory(response)
    with using(_names()):
        return redaction.redact_body(
            body[:_MAX_BODY] if body else None, response.headers.get("Content-Type"), _MAX_BODY
        )


def _told_in_answer(response):
    """The failure that a success tells of: JSON-RPC answers so, and some with SOAP faults."""
    body = _body_in_memory(response)
    if not body or "xml" not in (response.headers.get("Content-Type") or ""):
        return classify_jsonrpc.from_body(body)
    if b"Fault" not in body[:_MAX_BODY]:
        return None
    return classify.from_soap_fault(response.status_code, _excerpt(response))


def _received_bytes(response):
    body = _body_in_memory(response)
    return len(body) if body is not None else _length(response.headers)


def _retried(response):
    """Attempts before this answer that the session's adapter made by itself, and why."""
    retries = getattr(getattr(response, "raw", None), "retries", None)
    failed = [past for past in getattr(retries, "history", ()) if not past.redirect_location]
    if not failed:
        return {}
    last = failed[-1]
    reason = f"HTTP {last.status}" if last.status else type(last.error).__name__
    return {"retries": len(failed), "retried_after": reason}


def _sent_bytes(request):
    body = request.body
    if not body:
        return 0
    if isinstance(body, bytes):
        return len(body)
    return _length(request.headers)


def _length(headers):
    text = _text(headers.get("Content-Length")) or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _text(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return None if value is None else str(value)
