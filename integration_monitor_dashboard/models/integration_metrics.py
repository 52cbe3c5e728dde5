"""Counters for Prometheus, and the token that a scraper shows."""

import hashlib
import hmac
import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from odoo.addons.integration_monitor.tools.histogram import merge_flat

from ..tools.exposition import DURATION_BOUNDS, DurationSeries, Series

TOKEN_PARAMETER = "integration_monitor_dashboard.metrics_token_sha256"
TOKEN_SINCE_PARAMETER = "integration_monitor_dashboard.metrics_token_since"
LABELS = ("system", "flow", "endpoint", "kind")
OUTCOMES = ("ok", "error", "refused", "duplicate")


class IntegrationMetrics(models.AbstractModel):
    """What ``GET /integration/metrics`` tells.

    Labels are codes of systems, flows and endpoints and fixed words: no ids, addresses or names of
    documents, so that the number of series stays bounded by what is configured.
    """

    _name = "integration.metrics"
    _description = "Integration figures for Prometheus"

    # -- token: only its SHA-256 is kept. It is random and long, so it needs no slow hash.

    @api.model
    def _token_is_set(self):
        """Whether a token exists."""
        return bool(self._parameters().get_param(TOKEN_PARAMETER))

    @api.model
    def _token_matches(self, token):
        """Compare in constant time.

        :param bytes token: as the scraper sent it
        """
        expected = self._parameters().get_param(TOKEN_PARAMETER) or ""
        given = hashlib.sha256(token).hexdigest()
        return bool(expected) and hmac.compare_digest(expected.encode(), given.encode())

    @api.model
    def _rotate_token(self):
        """Make a new token, which ends the one before; it can be read this once only.

        :return str: the token
        :raises AccessError: the user is no integration administrator.
        """
        self._check_administrator()
        token = f"imm_{secrets.token_urlsafe(32)}"
        parameters = self._parameters()
        parameters.set_param(TOKEN_PARAMETER, hashlib.sha256(token.encode()).hexdigest())
        now = fields.Datetime.to_string(fields.Datetime.now())
        parameters.set_param(TOKEN_SINCE_PARAMETER, now)
        return token

    @api.model
    def _remove_token(self):
        """Close the route. :raises AccessError: the user is no integration administrator."""
        self._check_administrator()
        self._parameters().set_param(TOKEN_PARAMETER, False)
        self._parameters().set_param(TOKEN_SINCE_PARAMETER, False)

    @api.model
    def _check_administrator(self):
        if not self.env.user.has_group("integration_monitor.group_administrator"):
            raise AccessError(
                self.env._("Only integration administrators may change the token for metrics.")
            )

    @api.model
    def _parameters(self):
        """Return the system parameters; the caller has checked who asks."""
        return self.env["ir.config_parameter"].sudo()

    # -- figures

    @api.model
    def _series(self):
        """Return every series, of all companies.

        Read in SQL without access rules: the scraper is a machine that watches the installation as
        a whole, and shows a token for exactly this.
        """
        self.env.flush_all()
        return [*self._counters(), *self._gauges()]

    @api.model
    def _counters(self):
        """Return the counters, from the lifetime level that is never purged: they only grow."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT CASE WHEN m.system_id IS NOT NULL THEN COALESCE(s.code, '(deleted)') END,
                       CASE WHEN m.flow_id IS NOT NULL THEN COALESCE(f.code, '(deleted)') END,
                       CASE WHEN m.endpoint_id IS NOT NULL THEN COALESCE(e.code, '(deleted)') END,
                       m.kind,
                       COALESCE(m.count_ok, 0), COALESCE(m.count_error, 0),
                       COALESCE(m.count_refused, 0), COALESCE(m.count_duplicate, 0),
                       COALESCE(m.request_bytes, 0), COALESCE(m.response_bytes, 0),
                       m.error_classes, m.histogram, COALESCE(m.duration_sum_ms, 0)
                  FROM integration_metric m
                  LEFT JOIN integration_system s ON s.id = m.system_id
                  LEFT JOIN integration_flow f ON f.id = m.flow_id
                  LEFT JOIN integration_endpoint e ON e.id = m.endpoint_id
                 WHERE m.level = 'lifetime'
                """
            )
        )
        interactions, errors, sent, received = [], [], [], []
        durations = {}
        for *labels, ok, error, refused, duplicate, out, back, classes, histogram, spent in rows:
            for outcome, count in zip(OUTCOMES, (ok, error, refused, duplicate), strict=True):
                interactions.append(((*labels, outcome), count))
            errors += [((*labels, name), count) for name, count in (classes or {}).items()]
            sent.append((labels, out))
            received.append((labels, back))
            if histogram:
                durations.setdefault(tuple(labels), []).append((histogram, spent))
        return [
            Series(
                "counter", "integration_interactions",
                "Interactions with partners and of the engine, by outcome.",
                (*LABELS, "outcome"), interactions,
            ),
            Series(
                "counter", "integration_errors", "Failed interactions by class of the error.",
                (*LABELS, "error_class"), errors,
            ),
            Series("counter", "integration_request_bytes", "Bytes of requests.", LABELS, sent),
            Series("counter", "integration_response_bytes", "Bytes of answers.", LABELS, received),
            DurationSeries(
                "integration_duration_seconds", "How long interactions took.", LABELS,
                [self._duration_row(labels, parts) for labels, parts in durations.items()],
            ),
        ]  # fmt: skip

    @api.model
    def _duration_row(self, labels, parts):
        """Map stored histograms (ms) on the fixed buckets (s)."""
        histogram = merge_flat(flat for flat, _spent in parts)
        cumulative = histogram.cumulative(bound * 1000 for bound in DURATION_BOUNDS)
        return labels, cumulative, histogram.count, sum(spent for _flat, spent in parts) / 1000
