from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..models.integration_flow_lane import LANE_LOCK, LEASE_LOCK
from .test_endpoint_breaker import OK, BreakerCase
from .test_log_writer import real_cursor


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
            "no account": lambda message: self.urgent.service_user_id.write({"active": False}),
            "less": lambda message: self.urgent.write({"priority": 30}),
        }
        self.urgent.service_user_id = self.urgent.service_user_id.copy(
            {"name": "Own", "login": "im_test_urgent"}
        )
        for name, prepare in cases.items():
            with self.subTest(name):
                bulk, message = self.emit(2), self.urgent_message()
                prepare(message)
                with self.answers(OK):
                    self.drain(self.outbound)
                self.assertEqual(bulk.mapped("state"), ["done"] * 2)
                self.urgent.service_user_id.active = True
                self.urgent.action_resume()
                self.env.cr.execute("SELECT pg_advisory_unlock_all()")
                if message.state != "cancelled":
                    message.action_cancel()

    def stays(self):
        """:return: whether the bulk lane sends all it has, without leaving its place"""
        bulk = self.emit(2)
        with self.answers(OK):
            self.drain(self.outbound)
        return bulk.mapped("state") == ["done"] * 2

    def test_another_place_is_free(self):
        """The urgent lane is about to take it, and the bulk lane leaves as well."""
        self.startPatcher(patch.object(type(self.endpoint), "_lease_limit", lambda endpoint: 2))
        self.urgent_message()
        self.assertTrue(self.stays())
        # Whoever has the other place: now there is none.
        with real_cursor(self.env.cr.dbname) as cr:
            for slot in range(2):
                cr.execute("SELECT pg_advisory_lock(%s, %s)", (LEASE_LOCK + slot, 0))
            self.assertTrue(self.stays(), "places of another endpoint")
            cr.execute("SELECT pg_advisory_lock(%s, %s)", (LEASE_LOCK + 1, self.endpoint.id))
            self.assertFalse(self.stays())

    def test_retries_beyond_the_budget(self):
        """They may not go, and first attempts of other flows make way for them."""
        message = self.urgent_message()
        message.sudo().write(
            {
                "state": "retry",
                "attempt_count": 2,
                "attempt_start": 0,
                "held": True,
                "hold_reason": "budget",
                "next_attempt_at": "2020-01-01 00:00:00",
            }
        )
        self.log_calls(100, 90)
        self.assertTrue(self.stays())
        self.urgent_message()
        self.assertFalse(self.stays(), "a first attempt needs no budget")

    def test_retries_within_the_budget(self):
        """A critical order failed once, and waits behind everything from then on."""
        self.urgent_message().sudo().write(
            {"state": "retry", "attempt_count": 1, "next_attempt_at": "2020-01-01 00:00:00"}
        )
        self.assertFalse(self.stays())

    def slow_drain(self, **values):
        """Let the endpoint be drained at one message a minute after a pause; no token is left."""
        self.endpoint.drain_pace = 1
        self.endpoint.with_context(integration_engine=True).resumed_at = fields.Datetime.now()
        return self.env["integration.endpoint.bucket"].create(
            {
                "endpoint_id": self.endpoint.id,
                "kind": "pace",
                "tokens": 0,
                "refilled_at": fields.Datetime.now(),
                **values,
            }
        )

    def test_pace_of_draining(self):
        """Urgent messages collected, and new ones of other flows go as slowly as they do."""
        bucket = self.slow_drain()
        message = self.urgent_message()
        message.sudo().received_at = fields.Datetime.now() - timedelta(hours=1)
        self.assertTrue(self.stays())
        bucket.tokens = 1
        self.assertFalse(self.stays(), "there is a token for it")
        bucket.tokens = 0
        message.action_cancel()
        self.urgent_message()
        self.assertFalse(self.stays(), "a new message needs none")

    def test_pace_goes_to_the_urgent_first(self):
        """The bulk lane takes token after token, and none is left when somebody looks."""
        self.slow_drain(tokens=1)
        message = self.urgent_message()
        bulk = self.emit(2)
        (message | bulk).sudo().received_at = fields.Datetime.now() - timedelta(hours=1)
        with self.answers(OK):
            self.drain(self.outbound)
            self.assertEqual(bulk.mapped("state"), ["done", "pending"])
        self.assertTrue(self.jobs(self.outbound).filtered("eta"))
        self.assertTrue(self.jobs(self.urgent).filtered(lambda job: not job.eta))
