"""Limits of endpoints as a scraper sees them, with a breaker that a real partner opened."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_monitor.models.integration_flow_lane import LEASE_LOCK
from odoo.addons.integration_monitor.tests.common_partner import PartnerMixin

from .test_metrics import MetricsCase

MINE = {"system": "im_test_shop", "endpoint": "im_test_api"}


@tagged("post_install", "-at_install")
class TestMetricsLimits(PartnerMixin, MetricsCase):
    def setUp(self):
        super().setUp()
        self.partner.open = True
        self.endpoint.write(
            {"base_url": self.partner.url, "breaker_failure_limit": 2, "max_concurrency": 1}
        )

    def told(self, name, **labels):
        """:return: the value of a series of the test endpoint, None when there is none"""
        found = self.samples()
        wanted = {**MINE, **labels}.items()
        values = [v for (n, have), v in found.items() if n == name and wanted <= have]
        self.assertLessEqual(len(values), 1)
        return values[0] if values else None

    def send(self, number):
        """Let so many messages be attempted. :return: they"""
        messages = self.env["integration.message"]
        for user in list(self.users.values())[:number]:
            messages += self.outbound._emit(user.partner_id)
        self.drain(self.outbound)
        return messages

    def test_a_breaker_opens(self):
        """The partner is down for an hour, and no alert of Grafana says so."""
        self.assertEqual(self.told("integration_breaker_state"), 0)
        self.assertEqual(self.told("integration_breaker_trips_total"), 0)
        self.assertIsNone(self.told("integration_endpoint_held_messages", reason="breaker"))
        self.partner.api_answer = (503, {"error": "no"})
        messages = self.send(4)
        self.assertEqual(self.told("integration_breaker_state"), 2)
        self.assertEqual(self.told("integration_breaker_trips_total"), 1)
        held = self.told("integration_endpoint_held_messages", reason="breaker")
        self.assertEqual(held, len(messages.filtered("held")))
        self.assertGreaterEqual(held, 2)
        self.endpoint.breaker_state = "half_open"
        self.assertEqual(self.told("integration_breaker_state"), 1)
        self.partner.api_answer = (200, {})
        self.endpoint.action_test_connection()
        self.assertEqual(self.told("integration_breaker_state"), 0)
        self.assertEqual(self.told("integration_breaker_trips_total"), 1)

    def test_oldest_due_message(self):
        """A message that is due for an hour looks like one that came just now."""
        self.assertIsNone(self.told("integration_endpoint_oldest_due_message_age_seconds"))
        now = fields.Datetime.now()
        self.message("pending", received_at=now - timedelta(seconds=100))
        self.message(
            "retry",
            received_at=now - timedelta(hours=2),
            next_attempt_at=now - timedelta(seconds=600),
        )
        self.message("retry", next_attempt_at=now + timedelta(hours=2))
        age = self.told("integration_endpoint_oldest_due_message_age_seconds")
        self.assertAlmostEqual(age, 600, delta=30)

    def test_leases(self):
        """All places at a hanging partner are taken, and nobody sees why the rest waits."""
        self.assertEqual(self.told("integration_endpoint_leases"), 0)
        self.assertEqual(self.told("integration_endpoint_leases_limit"), 1)
        self.env.cr.execute("SELECT pg_advisory_lock(%s, %s)", [LEASE_LOCK, self.endpoint.id])
        try:
            self.assertEqual(self.told("integration_endpoint_leases"), 1)
        finally:
            self.env.cr.execute("SELECT pg_advisory_unlock(%s, %s)", [LEASE_LOCK, self.endpoint.id])

    def test_maintenance(self):
        """An alert wakes somebody for a maintenance that was announced."""
        self.assertEqual(self.told("integration_endpoint_maintenance"), 0)
        now = fields.Datetime.now()
        self.endpoint.write(
            {
                "maintenance_from": now - timedelta(hours=1),
                "maintenance_until": now + timedelta(hours=1),
            }
        )
        self.assertEqual(self.told("integration_endpoint_maintenance"), 1)
        data = self.dashboard._systems({})
        row = next(row for row in data["rows"] if row["id"] == self.system.id)
        self.assertEqual([figure["count"] for figure in row["maintenance"]], [1])
        domain = row["maintenance"][0]["domain"]
        self.assertEqual(self.env["integration.endpoint"].search(domain), self.endpoint)
