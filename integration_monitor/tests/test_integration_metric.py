import random
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from ..instrumentation import log_writer
from ..tools.histogram import SQL_INDEX, Histogram, bucket_index
from ..tools.observation import Observation, utcnow

FLOW = 2_000_000_003


class MetricCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Metric = cls.env["integration.metric"]

    def setUp(self):
        super().setUp()
        self.now = utcnow()  # of all lines: no test is torn apart by the end of a minute

    def _lines(self, number=1, cr=None, **values):
        standard = {"kind": "http_out", "flow_id": FLOW, "occurred_at": self.now}
        line = Observation(**{**standard, **values})
        log_writer.write_on(cr or self.env.cr, [line] * number)

    def _metric(self, level="lifetime", **where):
        domain = [("flow_id", "=", FLOW), ("level", "=", level)]
        return self.Metric.search(domain + [(name, "=", value) for name, value in where.items()])


@tagged("post_install", "-at_install")
class TestIntegrationMetric(MetricCase):
    def _roll(self):
        self.assertTrue(self.Metric._roll_up_on(self.env.cr))

    def test_sql_and_python_use_the_same_buckets(self):
        """The dashboard's percentiles differ from those of the tools."""
        chance = random.Random(7)
        values = [2.0**exponent for exponent in range(-9, 29)]
        values += [2.0 ** (exponent / 16) for exponent in range(-100, 400)]
        values += [10.0 ** chance.uniform(-3, 9.5) for _ in range(3000)]
        self.env.cr.execute(
            f"SELECT value, {SQL_INDEX.format(column='value')} FROM unnest(%s::float8[]) AS value",
            (values,),
        )
        self.assertEqual(
            [
                (value, index)
                for value, index in self.env.cr.fetchall()
                if index != bucket_index(value)
            ],
            [],
        )

    def test_absurd_sizes_stop_nothing(self):
        """A stranger claims to send eight exabytes, and no line is ever counted again."""
        self._lines(2, request_bytes=2**63 - 1, response_bytes=2**70, count=2**31 - 1)
        self._roll()
        self.env.cr.execute(
            "UPDATE integration_metric SET request_bytes = 9223372036854775807 WHERE flow_id = %s",
            [FLOW],
        )
        self._lines(1, request_bytes=5)
        self._roll()
        self.env.invalidate_all()
        self.assertEqual(self._metric().count_total, 2 * (2**31 - 1) + 1)

    def test_lines_are_counted_once_on_every_level(self):
        """A call is counted twice, or not at all."""
        self._lines(3, duration_ms=10.0, request_bytes=100, response_bytes=7)
        self._lines(2, outcome="error", error_class="timeout", duration_ms=4000.0)
        self._lines(1, outcome="error", error_class="dns")
        self._lines(1, outcome="refused", count=50)
        self._lines(1, outcome="duplicate", duration_ms=0.0)
        self._roll()
        self._roll()
        for level in ("minute", "hour", "lifetime"):
            metric = self._metric(level)
            self.assertEqual(len(metric), 1, level)
            self.assertEqual(
                (
                    metric.count_ok,
                    metric.count_error,
                    metric.count_refused,
                    metric.count_duplicate,
                    metric.count_total,
                ),
                (3, 3, 50, 1, 57),
            )
            self.assertEqual(metric.error_classes, {"timeout": 2, "dns": 1})
            self.assertEqual((metric.request_bytes, metric.response_bytes), (300, 21))
            self.assertEqual((metric.duration_sum_ms, metric.duration_max_ms), (8030, 4000))
            self.assertEqual(
                Histogram.from_flat(metric.histogram),
                Histogram.of([10.0] * 3 + [4000.0] * 2 + [0.0]),
            )
            self.assertAlmostEqual(metric.p50_ms, 10, delta=0.3)
            self.assertAlmostEqual(metric.p99_ms, 4000, delta=120)
            self.assertAlmostEqual(metric.error_rate, 3 / 7)

    def test_later_lines_add_up(self):
        """The second minute replaces the first."""
        self._lines(2, outcome="error", error_class="timeout", duration_ms=3.0)
        self._roll()
        self._lines(1, outcome="error", error_class="timeout", duration_ms=3.0)
        self._lines(4, duration_ms=90.0)
        self._roll()
        metric = self._metric()
        self.assertEqual((metric.count_error, metric.count_ok), (3, 4))
        self.assertEqual(metric.error_classes, {"timeout": 3})
        self.assertEqual(
            Histogram.from_flat(metric.histogram), Histogram.of([3.0] * 3 + [90.0] * 4)
        )

    def test_a_late_line_goes_to_its_own_minute(self):
        """A line that was reported late is lost or shown at the wrong time."""
        then = self.now - timedelta(hours=3)
        self._lines()
        self._roll()
        self._lines(occurred_at=then)
        self._roll()
        self.assertEqual(
            self._metric("minute", bucket=then.replace(second=0, microsecond=0)).count_ok, 1
        )
        self.assertEqual(len(self._metric("hour")), 2)
        self.assertEqual(self._metric().count_ok, 2)

    def test_dimensions_are_kept_apart_and_empty_ones_are_equal(self):
        """Two systems' calls are mixed, or a call without a system is counted in many rows."""
        for _ in range(2):
            self._lines(1, system_id=1, company_id=1)
            self._lines(1, system_id=2, company_id=1)
            self._lines(1)
            self._lines(1, kind="message")
            self._roll()
        self.assertEqual(self._metric().mapped("count_ok"), [2, 2, 2, 2])

    def test_more_than_two_billion(self):
        """After a quarter of a year nothing is counted any more, nor watched."""
        self._lines()
        self._roll()
        self.env.cr.execute(
            "UPDATE integration_metric SET count_ok = 2147483646, count_total = 2147483646"
            " WHERE flow_id = %s AND level = 'lifetime'",
            (FLOW,),
        )
        self._lines(5)
        self._roll()
        self.Metric.invalidate_model()
        self.assertEqual(self._metric().count_total, 2147483651)

    def test_lifetime_outlives_the_log(self):
        """Counters of the monitoring go backwards when old lines are dropped."""
        self._lines(5)
        self._roll()
        self.env.cr.execute("DELETE FROM integration_log_data WHERE flow_id = %s", (FLOW,))
        self._roll()
        self._metric("minute").bucket  # noqa: B018 - read before the purge
        self.env.cr.execute(
            "UPDATE integration_metric SET bucket = bucket - interval '500 days'"
            " WHERE flow_id = %s AND level != 'lifetime'",
            (FLOW,),
        )
        self.Metric.invalidate_model()
        self.Metric._purge()
        self.assertFalse(self._metric("minute") + self._metric("hour"))
        self.assertEqual(self._metric().count_ok, 5)

    def test_a_restored_dump_goes_on_counting(self):
        """After a restore on another server nothing is counted until its numbers catch up."""
        self._lines(2)
        self._roll()
        self.env.cr.execute(
            "UPDATE integration_metric_watermark"
            " SET snapshot = '9000000000:9000000000:'::pg_snapshot"
        )
        self._lines(3)
        self._roll()
        self.assertEqual(self._metric().count_ok, 5)
        # Old lines keep the former server's numbers, which the new one reaches some day.
        self.env.cr.execute("SELECT baseline_id, last_id FROM integration_metric_watermark")
        baseline, last = self.env.cr.fetchone()
        self.assertEqual(baseline, last)
        self._lines(1)
        self._roll()
        self.assertEqual(self._metric().count_ok, 6)

    def test_traffic_by_outcome_follows(self):
        """The graph of succeeded and failed calls is empty."""
        self._lines(3)
        self._lines(2, outcome="error")
        self._roll()
        groups = self.env["integration.traffic"]._read_group(
            [("flow_id", "=", FLOW)], ["outcome"], ["interactions:sum"]
        )
        self.assertEqual(dict(groups), {"ok": 3, "error": 2})

    def test_access(self):
        """Everybody sees the traffic, or one company sees another's."""
        other = self.env["res.company"].create({"name": "Other company"})
        self._lines(company_id=self.env.company.id)
        self._lines(company_id=other.id)
        self._roll()
        viewer = new_test_user(self.env, "metric_viewer", "integration_monitor.group_viewer")
        for model in ("integration.metric", "integration.traffic"):
            seen = self.env[model].with_user(viewer).search([("flow_id", "=", FLOW)])
            self.assertEqual(seen.company_id, self.env.company)
            worker = new_test_user(self.env, f"worker_{model}", "base.group_user")
            with self.assertRaises(AccessError):
                self.env[model].with_user(worker).search([])
        with self.assertRaises(AccessError):
            self._metric().with_user(viewer).write({"count_ok": 1})

    def test_histograms_merge_over_rows(self):
        """The percentile of a day is the average of its hours' percentiles."""
        self._lines(99, duration_ms=10.0)
        self._lines(1, duration_ms=9000.0, kind="message")
        self._roll()
        merged = self.Metric._merged_histogram([("flow_id", "=", FLOW), ("level", "=", "hour")])
        self.assertEqual(merged.count, 100)
        self.assertAlmostEqual(merged.quantile(0.99), 10, delta=0.3)
        self.assertAlmostEqual(merged.quantile(1), 9000, delta=270)
