"""GET /integration/health: whether this installation works, for load balancers and monitors."""

import json

from odoo import SUPERUSER_ID, http
from odoo.http import request

from odoo.addons.integration_monitor.instrumentation import inbound_call
from odoo.addons.integration_monitor.instrumentation.http_server import RETRY_AFTER

from .bearer import refusal


class IntegrationHealthController(http.Controller):
    """One route, for machines: no session, no scheduler needed.

    Without a token it says only ``ok`` or ``down``; with the token for metrics it tells every
    part. Without a database the wrapper around Odoo's requests answers 503 in its place.
    """

    # Not read-only: it does the watch's work when the scheduled action has not.
    @http.route(
        "/integration/health",
        type="http",
        auth="none",
        methods=["GET"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def health(self):
        """Answer 200 or 503 with ``{"status": …}``; 401 for a token that is not valid."""
        # A machine asks, no user: nothing but the state leaves without the token.
        env = request.env(user=SUPERUSER_ID, su=True)
        with_token = "Authorization" in request.httprequest.headers
        if with_token:
            refused = refusal(env["integration.metrics"])
            if refused:
                return refused
        found = env["integration.health"]._status()
        down = found["status"] == "down"
        call = inbound_call.current()
        if call is not None and not down:
            call.wanted = False  # asked every few seconds: only what a person must know is logged
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        if down:
            headers.append(("Retry-After", str(RETRY_AFTER)))
        body = found if with_token else {"status": found["status"]}
        return request.make_response(json.dumps(body), headers, status=503 if down else 200)
