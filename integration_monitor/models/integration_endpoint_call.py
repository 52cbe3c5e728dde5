"""Calling a partner: sign-in, trace headers, one observation, health."""

import json as json_module

from odoo import models
from odoo.tools import config

from ..instrumentation import log_writer
from ..instrumentation.wrapping import flush_outside_executions
from ..tools import classify, context, path_template, quota_headers, redaction, tracing
from ..tools.backoff import parse_retry_after
from ..tools.errors import AuthError, IntegrationError
from ..tools.http_redirect import target_host
from ..tools.observation import Observation

ENVIRONMENT_OPTION = "integration_monitor_environment"


class IntegrationEndpoint(models.Model):
    """The one way out of the engine."""

    _inherit = "integration.endpoint"

    def _call(
        self,
        method,
        path="",
        *,
        json=None,
        body=None,
        headers=None,
        message=None,
        idempotency_key=None,
        on_response=None,
    ):
        """Send one request to the partner and return its 2xx answer.

        A token that the partner refuses (401) is renewed and the request sent once more, with the
        same idempotency key: each of the two is a line of the log.

        :param str path: below the endpoint's address, with its query
        :param json: a value to send as JSON; or ``body``: bytes or text
        :param message: ``integration.message`` on whose behalf the call is made, or None
        :param str idempotency_key: the same for each repetition of the same call
        :param on_response: called with each ``HttpResponse`` before it is judged; returns it, or
            another one in its place
        :return: ``HttpResponse`` (status, headers, body, elapsed_ms, address)
        :raises IntegrationError: for everything but a 2xx; the error carries ``response`` when
            the partner answered, and ``matter`` when the sign-in is what does not work. What
            ``on_response`` raises passes through.
        """
        self.ensure_one()
        endpoint = self.sudo()  # a handler may call with secrets that its account may not read
        refusal = endpoint._environment_refusal()
        if refusal:
            error = IntegrationError(refusal)
            error.nothing_sent = True
            raise error
        if json is not None:
            body = json_module.dumps(json, ensure_ascii=False)
            headers = {"Content-Type": "application/json", **(headers or {})}
        data = body.encode() if isinstance(body, str) else body
        trace = endpoint._trace_of(message)
        sent_headers = {
            **(headers or {}),
            **endpoint._identity_headers(message, trace, idempotency_key),
        }
        request = (method, path, sent_headers, data)
        try:
            credential = endpoint._active_credential()
            sign_in = endpoint._sign_in_to_call(credential)
            response, error = endpoint._attempt(request, sign_in, message, trace, on_response)
            if sign_in.token and error is not None and endpoint._refuses_sign_in(error):
                sign_in = endpoint._sign_in_to_call(credential, refused=sign_in.token)
                response, error = endpoint._attempt(request, sign_in, message, trace, on_response)
            if error is not None:
                raise error
        except AuthError as caught:
            if endpoint._refuses_sign_in(caught):
                caught.matter = endpoint._credential_matter()
            raise
        return response

    def _attempt(self, request, sign_in, message, trace, on_response):
        """Send a request once, and record it.

        :param request: tuple (method, path, headers, body)
        :return: tuple (``HttpResponse`` or None, ``IntegrationError`` or None)
        """
        method, path, headers, data = request
        client = self._http_client(self.base_url, sign_in.auth)
        response = error = fault = None
        try:
            response = client.request(
                method, path, headers={**headers, **sign_in.headers}, body=data
            )
            if on_response is not None:
                response = on_response(response)
            error = self._judged(response, message)
        except IntegrationError as caught:
            error = caught
        except Exception as caught:  # noqa: BLE001 - raised again once the call is recorded
            fault = caught
            error = IntegrationError(f"{type(caught).__name__}: {caught}")
        if error is not None and response is not None:
            error.response = response
        self._observe_call(method, path, headers, data, response, error, message, trace)
        if fault is not None:
            raise fault
        return response, error

    def _judged(self, response, message):
        """:return: the ``IntegrationError`` of an answer, or None for a 2xx"""
        if response.ok:
            return None
        flow = message.sudo().flow_id if message else self.env["integration.flow"]
        with flow._redacting():
            excerpt = redaction.redact_body(response.body, response.headers.get("Content-Type"))
        return classify.from_status(response.status, response.headers, excerpt)

    def _refuses_sign_in(self, error):
        """:return: whether the error says that the credential is not valid

        A 403 says that a valid one may not do this: that is about one request.
        """
        return isinstance(error, AuthError) and error.status != 403

    def _environment_refusal(self):
        """Say why calls may not leave this machine.

        The name in Odoo's configuration file must match the system's environment. Without a
        name, production systems are out of reach: a copied database calls nobody.

        :return: text for a person, or False
        """
        if not self:
            return False
        configured = (config.get(ENVIRONMENT_OPTION) or "").strip()
        wanted, _region = self.sudo().system_id._placement()
        if configured == wanted or (not configured and wanted != "production"):
            return False
        return self.env._(
            "Calls to “%(endpoint)s” are held: its system belongs to the environment “%(wanted)s”, "
            "this Odoo is “%(configured)s”. If this is right, set %(option)s = %(wanted)s in "
            "Odoo's configuration file and restart it.",
            endpoint=self.sudo().name,
            wanted=wanted,
            configured=configured or self.env._("not named"),
            option=ENVIRONMENT_OPTION,
        )

    def _trace_of(self, message):
        """:return: the ``TraceContext`` of this call: the message's trace with a new span"""
        trace_id = (message and message.sudo().trace_id) or context.current().trace_id
        trace = tracing.TraceContext(trace_id, tracing.new_span_id()) if trace_id else None
        return trace or tracing.new_trace()

    def _identity_headers(self, message, trace, idempotency_key):
        """:return: the headers that tell the partner which exchange this call belongs to"""
        headers = {}
        if self.inject_trace:
            headers["traceparent"] = trace.header()
            correlation = (
                message and message.sudo().correlation_id
            ) or context.current().correlation_id
            if correlation:
                headers["X-Correlation-ID"] = correlation
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        return headers

    def _observe_call(self, method, path, headers, data, response, error, message, trace):
        """Record one call, whatever came of it."""
        current = context.current()
        message = message.sudo() if message else self.env["integration.message"]
        quota = quota_headers.parse_quota(response.headers if response is not None else None)
        quota = quota or quota_headers.Quota()
        retry_after = error.retry_after if error is not None else None
        if retry_after is None and response is not None:
            retry_after = parse_retry_after(response.headers.get("Retry-After"))
        log_writer.record(
            self.env,
            Observation(
                kind="http_out",
                outcome="error" if error is not None else "ok",
                direction="outbound",
                system_id=self.system_id.id,
                endpoint_id=self.id,
                flow_id=message.flow_id.id or current.flow_id,
                message_id=message.id or current.message_id,
                message_uid=message.message_uid or None,
                correlation_id=message.correlation_id or current.correlation_id,
                trace_id=trace.trace_id,
                span_id=trace.span_id,
                method=method.upper(),
                host=target_host(self.base_url),
                path_template=path_template.path_template(path),
                status_code=response.status if response is not None else None,
                error_class=error.error_class if error is not None else None,
                error_message=error.message if error is not None else None,
                attempt=message.attempt_count or None,
                duration_ms=response.elapsed_ms if response is not None else None,
                request_bytes=len(data or b""),
                response_bytes=len(response.body) if response is not None else None,
                company_id=self.company_id.id,
                region=self.system_id._placement()[1],
                user_id=self.env.uid,
                res_model=message.res_model or None,
                res_id=message.res_id or None,
                retry_after=retry_after,
                quota_limit=quota.limit,
                quota_remaining=quota.remaining,
                quota_reset=quota.reset,
                request_headers=headers,
                response_excerpt=response.text if response is not None else None,
            ),
        )
        # In a thread of a module's own nobody else would write it.
        flush_outside_executions()
