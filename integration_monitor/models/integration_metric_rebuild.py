"""Computing the traffic figures anew from the log, a day at a time."""

from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from odoo.addons.queue_job.exception import RetryableJobError

from ..tools.client_actions import notification
from .integration_flow_wake import CHANNEL
from .integration_metric_roll_up import RETENTION_DAYS

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
# Behind messages, which have a customer waiting.
_PRIORITY = 30
_BUSY_SECONDS = 5


class IntegrationMetric(models.Model):
    """The rebuild reaches as far as the log holds standard lines; older figures stay.

    Refused lines are kept for a shorter time. Where they are gone their number stays as it was
    counted; of hours that have others beside, their durations and bytes are lost.
    """

    _inherit = "integration.metric"

    @api.model
    def action_rebuild(self):
        """Let background jobs compute the figures anew, the newest day first.

        :raises AccessError: the user is no administrator of integrations
        :return: the action that says so
        """
        if not self.env.user.has_group("integration_monitor.group_administrator"):
            raise AccessError(
                self.env._("Only administrators of integrations may compute figures anew.")
            )
        self._rebuild_later(fields.Datetime.now().replace(hour=0, minute=0, second=0))
        return notification(
            self.env._(
                "Background jobs work on one day each, today first, back to the beginning of "
                "the log. The list of jobs shows how far they are."
            ),
            title=self.env._("The figures are computed anew"),
        )

    @api.model
    def _rebuild_later(self, day):
        """Enqueue the job of a day; one that waits already is enough."""
        self.with_delay(
            channel=CHANNEL,
            priority=_PRIORITY,
            identity_key=f"integration.metric.rebuild:{day:%Y-%m-%d}",
            description=self.env._("Traffic figures of %(day)s, anew", day=f"{day:%Y-%m-%d}"),
        )._rebuild_day(f"{day:%Y-%m-%d}")

    @api.model
    def _rebuild_day(self, day):
        """Compute a day anew on a cursor of its own, and let a job do the day before.

        :param str day: UTC, like ``2026-05-06``
        :raises RetryableJobError: the roll-up is at it at this moment
        """
        start = fields.Datetime.to_datetime(day)
        try:
            with self.env.registry.cursor() as cr:
                done = self._rebuild_on(cr, start, start + _DAY)
        except psycopg2.errors.SerializationFailure:
            done = False
        if not done:
            raise RetryableJobError(
                "The figures are being counted.", seconds=_BUSY_SECONDS, ignore_retry=True
            )
        if start > self._rebuild_horizons()[0]:
            self._rebuild_later(start - _DAY)

    @api.model
    def _rebuild_on(self, cr, start=None, end=None):
        """Compute minutes and hours anew in the transaction of ``cr``.

        Lifetime figures stay: they also count what the log no longer holds.

        :param datetime start: full hour, UTC; default, and at the earliest: as far as the log goes
        :param datetime end: not included; default: the present
        :return: whether it was done; False while another worker or server counts
        """
        # What is not counted yet must not be counted twice: once here, once by the next roll-up.
        if not self._roll_up_on(cr):
            return False
        oldest, complete, minutes = self._rebuild_horizons()
        start = max(start or oldest, oldest)
        end = end or fields.Datetime.now() + 2 * _DAY
        inside = {moment for moment in (complete, minutes) if start < moment < end}
        cuts = [start, *sorted(inside), end]
        for since, until in zip(cuts, cuts[1:], strict=False):
            if since < until:
                levels = ("minute", "hour") if since >= minutes else ("hour",)
                self._rebuild_range(cr, since, until, levels, keep_refused=since < complete)
        self.env["integration.metric"].invalidate_model()
        return True

    @api.model
    def _rebuild_horizons(self):
        """:return: the full hours from which on the log has standard lines, has all lines, and
        figures are kept by the minute
        """
        days = self.env["integration.log"]._retention_days()
        now = fields.Datetime.now().replace(minute=0, second=0, microsecond=0)
        return tuple(
            now - timedelta(days=number) + _HOUR
            for number in (
                min(days["standard"], days["audit"]),
                min(days.values()),
                RETENTION_DAYS["minute"],
            )
        )

    @api.model
    def _rebuild_range(self, cr, since, until, levels, *, keep_refused):
        """Replace the figures of a time by what the log has of it."""
        place = SQL("level = ANY(%s) AND bucket >= %s AND bucket < %s", list(levels), since, until)
        lines = SQL("occurred_at >= %s AND occurred_at < %s", since, until)
        if keep_refused:
            lines = SQL("%s AND outcome <> 'refused'", lines)
            cr.execute(
                SQL(
                    """
                    UPDATE integration_metric
                       SET count_ok = 0, count_error = 0, count_duplicate = 0,
                           count_total = count_refused, error_classes = NULL, histogram = NULL,
                           request_bytes = 0, response_bytes = 0, duration_sum_ms = 0,
                           duration_max_ms = 0
                     WHERE %s AND count_refused > 0 AND count_total > count_refused
                    """,
                    place,
                )
            )
            place = SQL("%s AND count_refused = 0", place)
        cr.execute(SQL("DELETE FROM integration_metric WHERE %s", place))
        cr.execute(self._accumulate_query(lines, levels))
