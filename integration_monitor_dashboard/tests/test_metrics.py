import hashlib
from datetime import timedelta

from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_text

from odoo.exceptions import AccessError
from odoo.tests import HttpCase, tagged

from odoo.addons.integration_monitor.tools.histogram import Histogram

from ..models.integration_metrics import TOKEN_PARAMETER
from .common import DashboardCase

URL = "/integration/metrics"
LIFETIME = "1970-01-01 00:00:00"


class MetricsCase(DashboardCase, HttpCase):
    """Scrapes over HTTP, as Prometheus does."""

    def setUp(self):
        super().setUp()
        metrics = self.env["integration.metrics"].with_user(self.users["administrator"])
        self.token = metrics._rotate_token()

    def lifetime(self, durations=(), **values):
        """One row of the level that is never purged."""
        return self.metric(
            0,
            level="lifetime",
            bucket=LIFETIME,
            histogram=Histogram.of(durations).to_flat(),
            duration_sum_ms=sum(durations),
            **values,
        )

    def scrape(self, token=None, accept=None):
        headers = {"Authorization": f"Bearer {token or self.token}"}
        if accept:
            headers["Accept"] = accept
        self.env.flush_all()
        return self.url_open(URL, headers=headers)

    def samples(self, parse=parse_text, accept=None):
        """:return: dict of (name, frozenset of labels) to value"""
        response = self.scrape(accept=accept)
        self.assertEqual(response.status_code, 200, response.text)
        found = {}
        for family in parse(response.text):
            for sample in family.samples:
                key = (sample.name, frozenset(sample.labels.items()))
                self.assertNotIn(key, found, "a series is told twice")
                found[key] = sample.value
        return found

    def value(self, samples, name, **labels):
        wanted = set(labels.items())
        return sum(v for (n, have), v in samples.items() if n == name and wanted <= have)


@tagged("post_install", "-at_install")
class TestMetrics(MetricsCase):
    def test_counters_histogram_and_gauges(self):
        """Graphs in Grafana disagree with the figures in Odoo."""
        self.lifetime([5.0, 40.0, 900.0], request_bytes=1000.0, error_classes={"timeout": 1})
        self.transaction(timeliness="missed", cause="stock")
        self.exception(severity="high")
        self.message("dead")
        self.message("retry")
        for parse, accept in (
            (parse_text, None),
            (parse_openmetrics, "application/openmetrics-text; version=1.0.0"),
        ):
            found = self.samples(parse, accept)
            mine = {"system": "im_test_shop", "endpoint": "im_test_api", "flow": "im.test.push"}
            self.assertEqual(
                self.value(found, "integration_interactions_total", outcome="ok", **mine), 3
            )
            self.assertEqual(
                self.value(found, "integration_interactions_total", outcome="error", **mine), 1
            )
            self.assertEqual(
                self.value(found, "integration_errors_total", error_class="timeout", **mine), 1
            )
            self.assertEqual(self.value(found, "integration_request_bytes_total", **mine), 1000)
            self.assertEqual(self.value(found, "integration_duration_seconds_count", **mine), 3)
            self.assertAlmostEqual(
                self.value(found, "integration_duration_seconds_sum", **mine), 0.945
            )
            below = [
                self.value(found, "integration_duration_seconds_bucket", le=le, **mine)
                for le in ("0.001", "0.05", "0.5", "1.0", "+Inf")
            ]
            self.assertEqual(below, [0, 2, 2, 3, 3])
            self.assertEqual(
                self.value(found, "integration_messages", flow="im.test.push", state="dead"), 1
            )
            self.assertGreaterEqual(
                self.value(found, "integration_exceptions_open", severity="high"), 1
            )
            self.assertGreaterEqual(
                self.value(found, "integration_transactions_open", cause="stock"), 1
            )
            self.assertEqual(
                self.value(found, "integration_endpoint_health", endpoint="im_test_api"), 1
            )

    def test_subscribers(self):
        """Nobody sees that a shop was not told of its stock for hours."""
        flow = self.outbound.copy(
            {
                "code": "im.test.subscriber",
                "handler": "integration.handler.event",
                "service_user_id": False,
            }
        )
        subscription = self.env["integration.subscription"].create(
            {
                "name": "Subscriber",
                "flow_id": flow.id,
                "event_type_ids": self.env.ref("integration_monitor.event_type_stock_changed").ids,
                "start_at": "2000-01-01 00:00:00",
            }
        )
        ago = self.now - timedelta(minutes=30)
        self.env.cr.execute(
            "INSERT INTO integration_event (event_uid, event_code, res_model, res_id, occurred_at)"
            " VALUES ('e', 'stock.changed', 'product.product', 1, %s)",
            [ago],
        )
        for used in (self.outbound, flow):
            self.message("done", flow_id=used.id, event_code="stock.changed", done_at=ago)
        subscription.action_pause()
        found = self.samples()
        mine = {"system": "im_test_shop", "flow": "im.test.subscriber"}
        self.assertEqual(self.value(found, "integration_subscription_events_behind", **mine), 1)
        lag = self.value(found, "integration_subscription_lag_seconds", **mine)
        self.assertAlmostEqual(lag, 1800, delta=120)
        self.assertEqual(self.value(found, "integration_subscription_paused", **mine), 1)
        for code in ("im.test.subscriber", "im.test.push"):
            labels = {"flow": code, "event": "stock.changed"}
            age = self.value(found, "integration_last_push_age_seconds", **labels)
            self.assertAlmostEqual(age, 1800, delta=120)

    def test_counters_never_fall(self):
        """A counter falls when a flow is removed, and Prometheus sees a restart with a peak."""
        row = self.lifetime()
        first = self.samples()
        row.sudo().write({"count_ok": 8, "flow_id": 2_000_000_000})
        second = self.samples()
        name = "integration_interactions_total"
        self.assertGreaterEqual(self.value(second, name), self.value(first, name))
        self.assertEqual(self.value(second, name, flow="(deleted)", outcome="ok"), 8)

    def test_labels_hold_no_ids_and_no_addresses(self):
        """Each order makes a new series, until Prometheus falls over."""
        self.lifetime()
        order = self.transaction(timeliness="missed")
        self.scrape()  # a scrape is a call itself, seen by the next one
        before = self.scrape().text
        for _number in range(20):
            self.transaction(timeliness="missed")
            self.message("dead")
        after = self.scrape().text
        self.assertNotIn(order.name, after)
        self.assertNotIn("127.0.0.1", after)
        self.assertLessEqual(len(after.splitlines()), len(before.splitlines()) + 2)

    def assertProblem(self, response, status):
        self.assertEqual(response.status_code, status)
        self.assertEqual(response.headers["Content-Type"], "application/problem+json")
        self.assertEqual(response.json()["status"], status)
        self.assertTrue(response.json()["detail"])

    def test_without_token(self):
        """Anybody on the network reads how many orders are late."""
        response = self.url_open(URL)
        self.assertProblem(response, 401)
        self.assertEqual(response.headers["WWW-Authenticate"], 'Bearer realm="integration-metrics"')

    def test_wrong_tokens(self):
        """A guessed, old or strange token opens the door or breaks the page."""
        good = self.token
        for token in ("imm_wrong", good[:-1], good.upper(), f"{good} x", "ümläut", "x" * 5000):
            value = b"Bearer " + token.encode()
            response = self.url_open(URL, headers={"Authorization": value})
            self.assertProblem(response, 401)
            self.assertIn('error="invalid_token"', response.headers["WWW-Authenticate"])
        self.assertProblem(
            self.url_open(URL, headers={"Authorization": f"Basic {self.token}"}), 401
        )

    def test_rotation_ends_the_old_token(self):
        """A leaked token cannot be taken back."""
        old = self.token
        metrics = self.env["integration.metrics"].with_user(self.users["administrator"])
        self.token = metrics._rotate_token()
        self.assertProblem(self.scrape(old), 401)
        self.assertEqual(self.scrape().status_code, 200)

    def test_no_token_configured(self):
        """The scraper gets a riddle instead of what to do."""
        self.env["integration.metrics"].with_user(self.users["administrator"])._remove_token()
        response = self.scrape("anything")
        self.assertProblem(response, 503)
        self.assertIn("Settings", response.json()["detail"])

    def test_only_the_fingerprint_is_kept(self):
        """A copy of the database gives the token away."""
        kept = self.env["ir.config_parameter"].sudo().get_param(TOKEN_PARAMETER)
        self.assertEqual(kept, hashlib.sha256(self.token.encode()).hexdigest())

    def test_only_administrators_rotate(self):
        """A viewer locks the monitoring out."""
        for role in ("viewer", "operator", "support", "plain"):
            with self.assertRaises(AccessError):
                self.env["integration.metrics"].with_user(self.users[role])._rotate_token()

    def test_settings_page_shows_the_token_once(self):
        """The page hands out a token that does not work, or again and again."""
        settings = self.env["res.config.settings"].create({})
        self.assertTrue(settings.integration_metrics_ready)
        action = settings.action_rotate_integration_metrics_token()
        self.token = action["context"]["default_token"]
        self.assertEqual(self.scrape().status_code, 200)
        self.assertFalse(self.env["integration.metrics.token"]._fields["token"].store)
        settings.action_remove_integration_metrics_token()
        self.assertProblem(self.scrape(), 503)
