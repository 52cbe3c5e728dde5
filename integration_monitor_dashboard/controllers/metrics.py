"""GET /integration/metrics: figures for Prometheus and whoever reads its format."""

import logging

import psycopg2

from odoo import SUPERUSER_ID, http
from odoo.http import request

from ..tools.exposition import render
from .bearer import problem, refusal

_logger = logging.getLogger(__name__)


class IntegrationMetricsController(http.Controller):
    """One route, for machines: a bearer token of its own, no session."""

    # Not read-only: the roll-up writes, on a cursor of its own.
    @http.route(
        "/integration/metrics",
        type="http",
        auth="none",
        methods=["GET"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def metrics(self):
        """Answer 200 with the figures; 401 or 503 as problem+json says what to do."""
        # A machine asks, no user: the token below decides, and gives no more than these figures.
        metrics = request.env(user=SUPERUSER_ID, su=True)["integration.metrics"]
        if not metrics._token_is_set():
            return problem(
                503,
                "No token is configured",
                "An administrator makes one in Odoo: Settings, Integrations, Metrics, "
                "'Make a token'. Send it as 'Authorization: Bearer <token>'.",
            )
        refused = refusal(metrics)
        if refused:
            return refused
        self._roll_up(metrics.env)
        body, content_type = render(metrics._series(), request.httprequest.headers)
        return request.make_response(
            body, [("Content-Type", content_type), ("Cache-Control", "no-store")]
        )

    def _roll_up(self, env):
        """Count the newest lines before telling figures.

        Incremental, and skipped while another worker is at it. A scrape must answer even when the
        roll-up cannot run: then the figures are those of the last minute.
        """
        try:
            env["integration.metric"]._roll_up()
        except psycopg2.Error as error:
            _logger.warning("Traffic was not rolled up for a scrape: %s", type(error).__name__)
