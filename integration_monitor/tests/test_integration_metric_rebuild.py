from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.queue_job.exception import RetryableJobError

from .test_integration_metric import FLOW, MetricCase
from .test_log_writer import real_cursor


@tagged("post_install", "-at_install")
class TestRebuild(MetricCase):
    """Figures that were counted wrongly, or whose lines were changed, are mended from the log."""

    def _roll(self):
        self.assertTrue(self.Metric._roll_up_on(self.env.cr))

    def _spoil(self):
        """Figures as after a fault in counting."""
        self.env.cr.execute(
            "UPDATE integration_metric SET count_ok = 99, count_total = 99 + count_refused"
            " WHERE flow_id = %s AND count_ok > 0",
            (FLOW,),
        )
        self.Metric.invalidate_model()

    def _jobs(self):
        domain = [("model_name", "=", "integration.metric"), ("method_name", "=", "_rebuild_day")]
        return self.env["queue.job"].search(domain, order="id desc")

    def test_rebuilding_from_the_log_changes_nothing(self):
        """A rebuild doubles the figures, or loses the lifetime."""
        self._lines(4, duration_ms=5.0)
        self._roll()
        self._lines(2, outcome="error", error_class="tls")
        self.assertTrue(self.Metric._rebuild_on(self.env.cr))
        for level in ("minute", "hour", "lifetime"):
            metric = self._metric(level)
            self.assertEqual((metric.count_ok, metric.count_error), (4, 2), level)
        self._roll()
        self.assertEqual(self._metric("hour").count_ok, 4)

    def test_rebuilding_reaches_as_far_as_the_log(self):
        """Lines are kept for a month, and figures older than two weeks stay wrong."""
        days = self.env["integration.log"]._retention_days()
        self.assertLess(days["refused"] + 3, days["standard"])
        old = self.now - timedelta(days=days["refused"] + 3)
        gone = self.now - timedelta(days=days["standard"] + 3)
        for moment in (old, gone, self.now):
            self._lines(4, occurred_at=moment, duration_ms=5.0, request_bytes=7)
            self._lines(1, occurred_at=moment, count=50, outcome="refused",
                        retention_class="refused", error_class="auth")  # fmt: skip
        self._lines(1, occurred_at=old, count=3, outcome="refused", retention_class="refused",
                    kind="rpc_in", error_class="auth")  # fmt: skip
        self._roll()
        self._spoil()
        # What retention has dropped meanwhile.
        self.env.cr.execute(
            "DELETE FROM integration_log_data WHERE flow_id = %s AND (occurred_at < %s"
            " OR outcome = 'refused' AND occurred_at < %s)",
            (FLOW, old - timedelta(days=1), self.now - timedelta(days=days["refused"])),
        )
        self.assertTrue(self.Metric._rebuild_on(self.env.cr))
        hours = {hour.bucket: hour for hour in self._metric("hour", kind="http_out")}

        def figures(moment):
            hour = hours[moment.replace(minute=0, second=0, microsecond=0)]
            return hour.count_ok, hour.count_refused, hour.count_total, hour.request_bytes

        self.assertEqual(figures(self.now), (4, 50, 54, 28))
        self.assertEqual(figures(old), (4, 50, 54, 28))
        self.assertEqual(figures(gone)[:3], (99, 50, 149))
        refused = self._metric("hour", kind="rpc_in")
        self.assertEqual((refused.count_refused, refused.error_classes), (3, {"auth": 3}))
        self._roll()
        self.assertEqual(self._metric("minute", kind="http_out").sorted("bucket")[-1].count_ok, 4)

    def test_an_administrator_starts_it(self):
        """Nobody but a developer can mend figures; or anybody lets the server count all night."""
        viewer = new_test_user(self.env, "rebuild_viewer", "integration_monitor.group_viewer")
        with self.assertRaises(AccessError):
            self.Metric.with_user(viewer).action_rebuild()
        boss = new_test_user(
            self.env, "rebuild_boss", "base.group_system,integration_monitor.group_administrator"
        )
        settings = self.env["res.config.settings"].with_user(boss).create({})
        for _time in range(2):
            action = settings.action_rebuild_integration_metrics()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(len(self._jobs()), 1)
        self.assertIn(f"{fields.Datetime.now():%Y-%m-%d}", self._jobs().name)

    def test_day_by_day_back_to_the_beginning(self):
        """A month in one transaction stops the counting for minutes; or it goes on for ever."""
        self._lines(4)
        self._lines(2, occurred_at=self.now - timedelta(days=1))
        self._roll()
        self._spoil()
        days = self.env["integration.log"]._retention_days()["standard"]
        with self.enter_registry_test_mode():
            self.Metric._rebuild_day(f"{self.now:%Y-%m-%d}")
            self.env.invalidate_all()
            hours = self._metric("hour").sorted("bucket")
            self.assertEqual(hours.mapped("count_ok"), [99, 4])
            # Its job has enqueued the day before.
            yesterday = self.now - timedelta(days=1)
            self.assertIn(f"{yesterday:%Y-%m-%d}", self._jobs()[0].name)
            self.Metric._rebuild_day(f"{yesterday:%Y-%m-%d}")
            self.env.invalidate_all()
            self.assertEqual(self._metric("hour").sorted("bucket").mapped("count_ok"), [2, 4])
            before = len(self._jobs())
            self.Metric._rebuild_day(f"{self.now - timedelta(days=days + 1):%Y-%m-%d}")
            self.assertEqual(len(self._jobs()), before)

    def test_it_waits_for_the_counting(self):
        """A rebuild beside a roll-up counts lines twice."""
        with real_cursor(self.env.cr.dbname) as counting:
            counting.execute("SELECT 1 FROM integration_metric_watermark FOR UPDATE")
            with self.assertRaises(RetryableJobError):
                self.Metric._rebuild_day(f"{self.now:%Y-%m-%d}")
        self.assertFalse(self._jobs())
