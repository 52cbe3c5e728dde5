from unittest.mock import patch

import psycopg2
from prometheus_client.parser import text_string_to_metric_families

from odoo import fields
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.integration_monitor.instrumentation import http_server, log_writer
from odoo.addons.integration_monitor.models import integration_health
from odoo.addons.integration_monitor.tests.common_health import HealthMixin

from .common import DashboardCase

URL = "/integration/health"


@tagged("post_install", "-at_install")
class TestHealth(HealthMixin, DashboardCase, HttpCase):
    def setUp(self):
        super().setUp()
        metrics = self.env["integration.metrics"].with_user(self.users["administrator"])
        self.token = metrics._rotate_token()

    def ask(self, token=None, method="GET", **headers):
        integration_health.clear_cache()
        self.env.flush_all()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self.opener.request(method, self.base_url() + URL, headers=headers, timeout=30)

    def test_ok_without_token(self):
        """A load balancer cannot ask, or reads more than it should."""
        with self.runner():
            response = self.ask()
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual(response.json(), {"status": "ok"})
        self.assertEqual(response.headers["Content-Type"], "application/json")
        self.assertEqual(response.headers["Cache-Control"], "no-store")
        self.assertNotIn("Retry-After", response.headers)
        self.assertNotIn("session_id", response.cookies)

    def test_down_without_token(self):
        """A dead job runner goes unseen, or strangers read the reason."""
        response = self.ask()
        self.assertEqual(response.status_code, 503)
        self.assertEqual(response.json(), {"status": "down"})
        self.assertGreater(int(response.headers["Retry-After"]), 0)

    def test_details_with_token(self):
        """Whoever is called at night is not told what is down."""
        response = self.ask(self.token)
        self.assertEqual(response.status_code, 503)
        answer = response.json()
        self.assertEqual(answer["status"], "down")
        parts = {part["name"]: part for part in answer["parts"]}
        self.assertEqual(list(parts), list(integration_health.PARTS))
        self.assertEqual(parts["job_runner"]["status"], "down")
        for part in parts.values():
            self.assertEqual(set(part), {"name", "status", "value", "unit", "since", "message"})
        with self.runner():
            response = self.ask(self.token)
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual({part["status"] for part in response.json()["parts"]}, {"ok"})

    def test_bad_tokens(self):
        """A monitor with an old token reads 'ok' without the details it wants, or all of them."""
        for headers in (
            {"Authorization": "Bearer wrong"},
            {"Authorization": f"Bearer {self.token}x"},
            {"Authorization": f"Basic {self.token}"},
            {"Authorization": ""},
        ):
            response = self.ask(**headers)
            self.assertEqual(response.status_code, 401, headers)
            self.assertEqual(response.headers["Content-Type"], "application/problem+json")
            self.assertIn("Bearer", response.headers["WWW-Authenticate"])
            self.assertNotIn("parts", response.text)
        self.env["integration.metrics"].with_user(self.users["administrator"])._remove_token()
        self.assertEqual(self.ask(self.token).status_code, 401)

    def test_head(self):
        """Load balancers that send HEAD get an error."""
        response = self.ask(method="HEAD")
        self.assertEqual((response.status_code, response.content), (503, b""))
        with self.runner():
            self.assertEqual(self.ask(method="HEAD").status_code, 200)

    @mute_logger("odoo.addons.integration_monitor.instrumentation.http_server")
    def test_without_a_database(self):
        """The database is gone, and the load balancer reads 404 or waits."""
        lost = psycopg2.OperationalError("server closed the connection unexpectedly")
        # Captured: a refused write would let the log pause for the tests that follow.
        with (
            log_writer.captured(),
            patch.object(self.registry, "cursor", side_effect=lost),
        ):
            response = self.ask()
        self.assertEqual(response.status_code, 503)
        self.assertEqual(response.headers["Retry-After"], str(http_server.RETRY_AFTER))

    def test_only_trouble_is_logged(self):
        """Load balancers fill the log, one line every five seconds from each."""

        def lines(*arguments):
            with log_writer.captured() as seen:
                self.ask(*arguments)
            return [(line.status_code, line.outcome) for line in seen if line.kind == "rpc_in"]

        with self.runner():
            self.assertEqual(lines(), [])
            self.assertEqual(lines(self.token), [])
            self.assertEqual([outcome for _status, outcome in lines("wrong")], ["refused"])
        self.assertEqual(lines(), [(503, "error")])

    def test_does_the_work_of_the_scheduler(self):
        """The scheduler is off, and queues that stand still look as they did this morning."""
        self.env.cr.execute("UPDATE ir_cron SET active = false")
        waiting = self.message("pending", received_at=fields.Datetime.now())
        queues = self.env["integration.queue"]
        domain = [("flow_id", "=", waiting.flow_id.id)]
        with self.runner():
            self.watched(60)
            self.ask()
            self.env.invalidate_all()
            self.assertFalse(queues.search(domain))
            self.watched(130)
            self.assertEqual(self.ask().status_code, 200)
        self.env.invalidate_all()
        self.assertEqual(queues.search(domain).waiting, 1)
        self.env.cr.execute("SELECT watched_at FROM integration_health_mark")
        age = fields.Datetime.now() - self.env.cr.fetchone()[0]
        self.assertLess(age.total_seconds(), 60)

    def test_a_flood(self):
        """Anybody on the network keeps the database busy with this page."""
        with self.runner(), patch.object(integration_health, "CACHE_SECONDS", 600):
            self.ask()
            with patch.object(
                type(self.env["integration.health"]), "_evaluate", side_effect=AssertionError
            ):
                for _number in range(20):
                    self.assertEqual(self.url_open(URL).status_code, 200)

    def test_gauges(self):
        """Grafana does not show what the page tells."""
        self.env["integration.queue"].create(
            {"kind": "flow", "flow_id": self.outbound.id, "verdict": "stall", "waiting": 4}
        )
        self.inbound.silent_since = fields.Datetime.now()
        self.env.flush_all()
        text = self.url_open(
            "/integration/metrics", headers={"Authorization": f"Bearer {self.token}"}
        ).text
        found = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        queue = {"kind": "flow", "queue": "im.test.push"}
        for name, labels, value in (
            ("integration_queue_verdict", {**queue, "verdict": "stall"}, 1),
            ("integration_queue_verdict", {**queue, "verdict": "ok"}, 0),
            ("integration_queue_waiting", queue, 4),
            ("integration_flow_silent", {"system": "im_test_shop", "flow": "im.test.orders"}, 1),
            ("integration_flow_silent", {"system": "im_test_shop", "flow": "im.test.push"}, 0),
            ("integration_health_part", {"part": "job_runner", "status": "down"}, 1),
            ("integration_health_part", {"part": "database", "status": "ok"}, 1),
        ):
            self.assertEqual(found.get((name, frozenset(labels.items()))), value, (name, labels))
