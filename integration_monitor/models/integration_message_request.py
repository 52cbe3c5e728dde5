"""The call of an outbound message: what is sent, and the handler's hooks around it."""

from collections.abc import Mapping

from odoo import models

from ..tools.errors import IntegrationError
from ..tools.http_client import HttpResponse

# They tell the partner which exchange this is: a repeated call must be known as one.
OURS = frozenset({"idempotency-key", "traceparent", "x-correlation-id"})


class IntegrationMessage(models.Model):
    """Sends one message to its endpoint. Whatever a hook does, the attempt is settled."""

    _inherit = "integration.message"

    def _send(self):
        """Call the endpoint. :return: ``HttpResponse`` with a 2xx status"""
        handler = self.flow_id._handler()
        payload = self._parsed_payload()
        asked = handler._request(self, payload)
        request = self._checked_request(
            handler._before_request(
                self,
                {
                    "method": asked.get("method", "POST"),
                    "path": asked.get("path", ""),
                    "headers": {
                        "Content-Type": "application/json",
                        **(asked.get("headers") or {}),
                    },
                    "body": asked["body"] if "body" in asked else self.payload,
                },
            )
        )
        return self.endpoint_id._call(
            request["method"],
            request["path"],
            body=request["body"],
            headers=request["headers"],
            message=self,
            idempotency_key=self.idempotency_key,
            on_response=self._inspected,
        )

    def _inspected(self, response):
        """Let the handler look at an answer. :return: ``HttpResponse``"""
        inspected = self.flow_id._handler()._after_response(self, response)
        if not isinstance(inspected, HttpResponse):
            raise self._bad_hook("_after_response", "HttpResponse")
        return inspected

    def _checked_request(self, request):
        """Refuse a request that could not be sent, before anything is.

        :raises IntegrationError: names what the handler must return
        """
        if not isinstance(request, dict) or not all(
            isinstance(request.get(name), str) for name in ("method", "path")
        ):
            raise self._bad_hook("_before_request", "dict(method, path, headers, body)")
        headers = request.get("headers") or {}
        body = request.get("body")
        if not isinstance(headers, Mapping) or not all(
            isinstance(part, str) for item in headers.items() for part in item
        ):
            raise self._bad_hook("_before_request", "headers: dict(str, str)")
        if body is not None and not isinstance(body, str | bytes):
            raise self._bad_hook("_before_request", "body: str | bytes | None")
        sent = {name: value for name, value in headers.items() if name.lower() not in OURS}
        return {**request, "headers": sent, "body": body}

    def _bad_hook(self, method, wanted):
        """:return: the error about a handler that breaks its contract; no retry mends it"""
        return IntegrationError(
            self.env._(
                "The handler “%(handler)s” must return %(wanted)s from %(method)s: tell whoever "
                "wrote it.",
                handler=self.flow_id.handler,
                wanted=wanted,
                method=method,
            )
        )
