"""POST /integration/webhook/<flow code>: the door for partners."""

from odoo import http
from odoo.http import request

from ..tools.refusal import Refusal
from .reception import Reception

# Anything below is answered in the words of machines, an empty or a wrong code too.
PATHS = ["/integration/webhook", "/integration/webhook/<path:flow_code>"]


class IntegrationWebhook(http.Controller):
    """Thin: the steps are in :class:`Reception`, the work is done later by the flow's job."""

    @http.route(
        PATHS,
        type="integration_webhook",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def receive(self, flow_code=""):
        """Keep one delivery durably, then acknowledge it.

        200 accepted or duplicate; every refusal is ``application/problem+json``. The
        acknowledgement leaves after the commit.
        """
        reception = self._reception(flow_code)
        if request.httprequest.method != "POST":  # Odoo adds OPTIONS to every route
            return reception.refuse(Refusal("method-not-allowed", "OPTIONS"))
        try:
            return reception.accept()
        except Refusal as refusal:
            return reception.refuse(refusal)

    @http.route(
        PATHS,
        type="integration_webhook",
        auth="none",
        methods=["GET", "HEAD", "PUT", "PATCH", "DELETE"],
        csrf=False,
        save_session=False,
        readonly=True,
    )
    def refuse_method(self, flow_code=""):
        """Tell that only POST is understood, as problem+json instead of Odoo's HTML page."""
        reception = self._reception(flow_code)
        return reception.refuse(Refusal("method-not-allowed", request.httprequest.method))

    def _reception(self, flow_code):
        """One for each request: Odoo may run the endpoint again, and the body is read once."""
        reception = getattr(request, "integration_reception", None)
        if reception is None:
            reception = request.integration_reception = Reception(request, flow_code)
        return reception
