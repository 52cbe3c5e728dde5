from unittest.mock import patch

from odoo.tests import tagged

from ..models.integration_flow_lane import LANE_LOCK
from .test_endpoint_breaker import OK, BreakerCase


@tagged("post_install", "-at_install")
class TestFlowYield(BreakerCase):
    """Bulk and critical flows of one endpoint; a lane looks after each message."""

    def setUp(self):
        super().setUp()
        for module in ("lane", "yield"):
            look = f"odoo.addons.integration_monitor.models.integration_flow_{module}.LOOK_SECONDS"
            self.startPatcher(patch(look, 0.0))
        self.urgent = self.outbound.copy(
            {"name": "Urgent", "code": "im.test.urgent", "priority": 2}
        )
        self.outbound.priority = 20

    def urgent_message(self):
        partner = self.env["res.partner"].create({"name": "Urgent"})
        return self.urgent._emit(partner)

    def jobs(self, flow):
        """:return: the waiting drain jobs of a flow, by their time"""
        self.env.cr.precommit.run()
        jobs = self.env["queue.job"].search(
            [("method_name", "=", "_drain"), ("state", "=", "pending")]
        )
        return jobs.filtered(lambda job: job.records.ids == flow.ids)

    def test_urgent_messages_get_the_place(self):
        """Bulk flows keep all places of the endpoint, and a critical order waits for minutes."""
        self.endpoint.max_concurrency = 1
        bulk = self.emit(3)
        urgent = self.urgent_message()
        self.jobs(self.urgent).unlink()
        with self.answers(OK):
            self.drain(self.outbound)
            self.assertEqual(bulk.mapped("state"), ["done", "pending", "pending"])
            self.assertTrue(self.jobs(self.urgent).filtered(lambda job: not job.eta))
            self.assertTrue(self.jobs(self.outbound).filtered("eta"))
            self.drain(self.urgent)
            self.assertEqual(urgent.state, "done")
            self.drain(self.outbound)
        self.assertEqual(set(bulk.mapped("state")), {"done"})

    def test_no_place_for_nothing(self):
        """A lane stops for flows that are less urgent, paused, at work, or have nothing to send."""
        cases = {
            "nothing": lambda message: message.action_cancel(),
            "paused": lambda message: self.urgent.action_pause(),
            "later": lambda message: message.sudo().write(
                {"state": "retry", "next_attempt_at": "2100-01-01 00:00:00"}
            ),
            "at work": lambda message: self.env.cr.execute(
                "SELECT pg_advisory_lock(%s, %s)", (LANE_LOCK, self.urgent.id)
            ),
            "less": lambda message: self.urgent.write({"priority": 30}),
        }
        for name, prepare in cases.items():
            with self.subTest(name):
                bulk, message = self.emit(2), self.urgent_message()
                prepare(message)
                with self.answers(OK):
                    self.drain(self.outbound)
                self.assertEqual(bulk.mapped("state"), ["done"] * 2)
                self.urgent.action_resume()
                self.env.cr.execute("SELECT pg_advisory_unlock_all()")
                if message.state != "cancelled":
                    message.action_cancel()
