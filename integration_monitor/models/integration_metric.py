"""Traffic figures: rolled up from the log by minute, hour and since the beginning."""

from odoo import api, fields, models

from ..tools.histogram import Histogram
from .integration_log import KINDS
from .integration_loose_reference_mixin import LooseMany2one

LEVELS = [("minute", "Minute"), ("hour", "Hour"), ("lifetime", "Since the beginning")]


class BigInteger(fields.Integer):
    """What a busy endpoint counts since the beginning: more than 2,147,483,647 after months."""

    _column_type = ("int8", "int8")


class IntegrationMetric(models.Model):
    """Counts by outcome, bytes and a duration histogram, per system, endpoint, flow and kind.

    Every dashboard and every Prometheus series reads this, never the raw log. ``lifetime`` rows
    are never purged and only grow. Written by :meth:`_roll_up` in SQL.
    """

    _name = "integration.metric"
    _description = "Integration traffic"
    _inherit = ["integration.loose.reference.mixin"]
    _log_access = False
    _order = "bucket desc, id desc"
    _rec_name = "bucket"

    level = fields.Selection(LEVELS, required=True, readonly=True)
    bucket = fields.Datetime("Period", required=True, readonly=True, help="Start, UTC.")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    system_id = LooseMany2one("integration.system", readonly=True)
    endpoint_id = LooseMany2one("integration.endpoint", readonly=True)
    flow_id = LooseMany2one("integration.flow", readonly=True)
    company_id = LooseMany2one("res.company", readonly=True)

    count_ok = BigInteger("Succeeded", readonly=True)
    count_error = BigInteger("Failed", readonly=True)
    count_refused = BigInteger("Refused", readonly=True)
    count_duplicate = BigInteger("Duplicates", readonly=True)
    count_total = BigInteger("Interactions", readonly=True)
    error_classes = fields.Json("Failures by class", readonly=True)
    request_bytes = fields.Float("Sent (bytes)", digits=(20, 0), readonly=True)
    response_bytes = fields.Float("Received (bytes)", digits=(20, 0), readonly=True)
    histogram = fields.Json(readonly=True, help="Bucket index and count.")
    duration_sum_ms = fields.Float("Total duration (ms)", readonly=True)
    duration_max_ms = fields.Float("Longest (ms)", readonly=True, aggregator="max")

    error_rate = fields.Float(compute="_compute_error_rate", help="Failed of all but refused.")
    p50_ms = fields.Float("Median (ms)", compute="_compute_quantiles", digits=(12, 1))
    p95_ms = fields.Float("95 % within (ms)", compute="_compute_quantiles", digits=(12, 1))
    p99_ms = fields.Float("99 % within (ms)", compute="_compute_quantiles", digits=(12, 1))

    # The unique index also serves ON CONFLICT; empty dimensions count as equal.
    _dimensions = models.UniqueIndex(
        "(level, bucket, kind, COALESCE(system_id, 0), COALESCE(endpoint_id, 0),"
        " COALESCE(flow_id, 0), COALESCE(company_id, 0))"
    )
    _flow_bucket = models.Index("(flow_id, level, bucket)")
    _endpoint_bucket = models.Index("(endpoint_id, level, bucket)")

    @api.depends("count_ok", "count_error", "count_duplicate")
    def _compute_error_rate(self):
        for metric in self:
            handled = metric.count_ok + metric.count_error + metric.count_duplicate
            metric.error_rate = metric.count_error / handled if handled else 0.0

    @api.depends("histogram", "duration_max_ms")
    def _compute_quantiles(self):
        for metric in self:
            histogram = Histogram.from_flat(metric.histogram)
            for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)):
                # A bucket's middle may lie above the longest call that was seen.
                metric[name] = min(histogram.quantile(share) or 0.0, metric.duration_max_ms)
