"""What may go to an endpoint: when its breaker trips, how many calls at once, how fast."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

# How the runner itself reads its configuration: environment or file.
from odoo.addons.queue_job.jobrunner import _channels

from ..tools import flow_control
from ..tools.breaker import FAULT_CLASSES, Settings
from .integration_flow_wake import CHANNEL

# Retries are counted over these seconds.
BUDGET_WINDOW = 300
RATE_SECONDS = {"second": 1.0, "minute": 60.0}
# Read when something failed, not with each call; what each lane must know is read with the rest.
PREFETCH = "limits"


class IntegrationEndpoint(models.Model):
    """The limits of an endpoint; what they are compared with is counted from the log."""

    _inherit = "integration.endpoint"

    breaker_enabled = fields.Boolean(
        string="Circuit Breaker",
        default=True,
        prefetch=PREFETCH,
        help="Stop calling while the partner does not answer; try with one message at a time.",
    )
    breaker_failure_limit = fields.Integer(
        string="Failures in a Row to Open",
        default=5,
        prefetch=PREFETCH,
        help="Open after so many failed calls in a row; 0: not for this reason. Refused "
        "documents (4xx) do not count.",
    )
    breaker_timeout_limit = fields.Integer(
        string="Timeouts in a Row to Open",
        default=3,
        prefetch=PREFETCH,
        help="Open after so many calls in a row that hung; 0: not for this reason.",
    )
    breaker_share = fields.Float(
        string="Failing Share to Open (%)",
        default=50.0,
        prefetch=PREFETCH,
        aggregator=None,
        help="Open when so many per cent of the calls of the window fail; 0: not for this reason.",
    )
    breaker_window = fields.Integer(
        string="Window (s)",
        default=60,
        prefetch=PREFETCH,
        help="Seconds over which the failing share is counted.",
    )
    breaker_least_calls = fields.Integer(
        string="Least Calls",
        default=10,
        prefetch=PREFETCH,
        help="The failing share counts from so many calls in the window.",
    )
    breaker_cool_down = fields.Integer(
        string="Cool-down (s)",
        default=30,
        prefetch=PREFETCH,
        help="Seconds until the first probe; twice as long after each probe that failed.",
    )
    breaker_cool_down_cap = fields.Integer(
        string="Longest Cool-down (s)", default=600, prefetch=PREFETCH
    )
    max_concurrency = fields.Integer(
        string="Calls at Once",
        default=2,
        help="So many lanes call this endpoint at the same time, and always fewer than the job "
        "runner has places, so that a hanging partner never takes them all.",
    )
    concurrency_text = fields.Char(compute="_compute_concurrency_text")
    rate_limit = fields.Integer(default=0, help="Most calls per second or minute; 0: no limit.")
    rate_period = fields.Selection(
        [("second", "per second"), ("minute", "per minute")],
        default="second",
        required=True,
    )
    retry_percent = fields.Float(
        string="Retry Budget (%)",
        default=10.0,
        prefetch=PREFETCH,
        aggregator=None,
        help="Retries are at most so many per cent of the calls of five minutes; further ones "
        "wait, first attempts go on. 100: no budget.",
    )
    retry_floor = fields.Integer(
        string="Retries Always Allowed",
        default=20,
        prefetch=PREFETCH,
        help="So many retries in five minutes are allowed in any case.",
    )

    @api.constrains(
        "breaker_failure_limit", "breaker_timeout_limit", "breaker_share", "breaker_window",
        "breaker_least_calls", "breaker_cool_down", "breaker_cool_down_cap",
    )  # fmt: skip
    def _check_breaker(self):
        """Refuse a breaker that could never open, or never be tried again."""
        for endpoint in self:
            thresholds = (endpoint.breaker_failure_limit, endpoint.breaker_timeout_limit)
            if min(*thresholds, endpoint.breaker_share) < 0 or endpoint.breaker_share > 100:
                raise ValidationError(
                    self.env._(
                        "Thresholds of the circuit breaker are 0 or more, the failing share "
                        "100 % at most."
                    )
                )
            if endpoint.breaker_enabled and not any((*thresholds, endpoint.breaker_share)):
                raise ValidationError(
                    self.env._(
                        "The circuit breaker would never open: set one of its thresholds, or "
                        "switch it off."
                    )
                )
            if not 1 <= endpoint.breaker_cool_down <= endpoint.breaker_cool_down_cap <= 86400:
                raise ValidationError(
                    self.env._(
                        "The cool-down is one second at least, the longest one not shorter and "
                        "at most a day (86400 s)."
                    )
                )
            if not 1 <= endpoint.breaker_window <= 3600 or endpoint.breaker_least_calls < 1:
                raise ValidationError(
                    self.env._(
                        "The window is between 1 and 3600 seconds, with at least one call in it."
                    )
                )

    @api.constrains("max_concurrency", "rate_limit", "retry_percent", "retry_floor")
    def _check_flow_limits(self):
        """Refuse limits that would let nothing through."""
        for endpoint in self:
            if endpoint.max_concurrency < 1:
                raise ValidationError(
                    self.env._("At least one call at once; to stop all, pause the endpoint.")
                )
            if endpoint.rate_limit < 0:
                raise ValidationError(
                    self.env._("The rate limit is 0 (none) or the number of calls.")
                )
            if not 0 <= endpoint.retry_percent <= 100 or endpoint.retry_floor < 1:
                raise ValidationError(
                    self.env._(
                        "The retry budget is between 0 and 100 %, and at least one retry is "
                        "always allowed."
                    )
                )

    @api.depends("max_concurrency")
    def _compute_concurrency_text(self):
        """Tell when the job runner allows less than what is set."""
        for endpoint in self:
            limit = endpoint._lease_limit()
            endpoint.concurrency_text = (
                self.env._(
                    "%(limit)s in effect: the job runner works on %(capacity)s jobs at once.",
                    limit=limit,
                    capacity=self._runner_capacity(),
                )
                if limit < endpoint.max_concurrency
                else False
            )

    @api.model
    def _runner_capacity(self):
        """:return: how many jobs of the suite the runner works on at the same time"""
        return flow_control.channel_capacity(_channels(), CHANNEL)

    def _lease_limit(self):
        """:return: how many lanes may call this endpoint at the same time"""
        return flow_control.lease_limit(self.max_concurrency, self._runner_capacity())

    def _breaker_settings(self):
        """:return: the ``Settings`` of the state machine"""
        return Settings(
            failures=self.breaker_failure_limit,
            timeouts=self.breaker_timeout_limit,
            share=self.breaker_share / 100,
            least_calls=self.breaker_least_calls,
            cool_down=self.breaker_cool_down,
            cap=self.breaker_cool_down_cap,
            enabled=self.breaker_enabled,
        )

    def _rate(self):
        """:return: the ``Rate`` of the endpoint, or None when it has no limit"""
        if not self.rate_limit:
            return None
        return flow_control.Rate(self.rate_limit, RATE_SECONDS[self.rate_period])

    def _calls_of_window(self, now, seconds):
        """Count this endpoint's calls of the last seconds, whoever made them.

        An index of the log serves it; read only when something has failed.

        :param datetime now: UTC
        :return: tuple (calls, those that failed for a reason of the endpoint, retries)
        """
        self.env.cr.execute(
            SQL(
                """SELECT count(*), count(*) FILTER (WHERE error_class IN %(faults)s),
                          count(*) FILTER (WHERE attempt > 1)
                     FROM integration_log_data
                    WHERE endpoint_id = %(endpoint)s AND kind = 'http_out'
                      AND occurred_at > %(now)s::timestamp - %(seconds)s * interval '1 second'""",
                faults=tuple(sorted(FAULT_CLASSES)),
                endpoint=self.id,
                now=now,
                seconds=seconds,
            )
        )
        return self.env.cr.fetchone()

    def _may_retry(self, now):
        """Tell whether one more retry is within the budget of this endpoint."""
        if self.retry_percent >= 100:
            return True
        calls, _faults, retries = self._calls_of_window(now, BUDGET_WINDOW)
        return flow_control.retries_left(
            calls, retries, percent=self.retry_percent, floor=self.retry_floor
        )
