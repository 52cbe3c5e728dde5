"""Route type for machines: the body stays unread, every failure is a problem document."""

import logging

import psycopg2

from odoo import http

from ..tools.refusal import Refusal

_logger = logging.getLogger(__name__)
RETRY_AFTER_SECONDS = 5


class WebhookDispatcher(http.HttpDispatcher):
    """As 'http', but without reading forms, cross-site tokens or HTML error pages.

    Odoo's own dispatcher parses form bodies before the endpoint runs: the bytes that were signed
    would be gone, and nobody would have limited them.
    """

    routing_type = "integration_webhook"

    def dispatch(self, endpoint, args):
        """Call the endpoint with the arguments of the path alone."""
        self.request.params = dict(args)
        return self.request.registry["ir.http"]._dispatch(endpoint)

    def handle_error(self, exc):
        """Answer what escaped the endpoint, a failed commit included.

        Nothing was kept, so the sender must deliver again: 503 when the database is at fault.
        """
        if isinstance(exc, psycopg2.Error):
            refusal = Refusal(
                "unavailable", f"database: {type(exc).__name__}", retry_after=RETRY_AFTER_SECONDS
            )
        else:
            refusal = Refusal("internal", type(exc).__name__)
        reception = getattr(self.request, "integration_reception", None)
        if reception is None:
            _logger.warning("Delivery failed before it was looked at: %s", type(exc).__name__)
            return http.Response(
                refusal.body(self.request.httprequest.path, ""),
                status=refusal.status,
                headers=refusal.headers(),
            )
        return reception.refuse(refusal)
