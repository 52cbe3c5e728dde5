from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import config

from ..tools.http_client import HttpResponse
from .common import IntegrationCase

OK = HttpResponse(status=200, headers={}, body=b"{}", elapsed_ms=1.0, address=None)


@tagged("post_install", "-at_install")
class TestPause(IntegrationCase):
    def test_paused_flow_keeps_messages_waiting(self):
        """A pause loses messages, or lets them through."""
        first, _created = self.receive({"id": 1}, external_id="p1")
        self.inbound.with_user(self.users["operator"]).action_pause()
        self.assertTrue(first.held)
        self.assertEqual(first.hold_reason, "paused")
        second, created = self.receive({"id": 2}, external_id="p2")
        self.assertTrue(created)
        self.assertTrue(second.held)
        self.drain(self.inbound)
        self.assertEqual((first.state, second.state), ("pending", "pending"))
        self.assertEqual(first.attempt_count, 0)
        self.inbound.with_user(self.users["operator"]).action_resume()
        self.assertFalse(first.held)
        self.drain(self.inbound)
        self.assertEqual((first.state, second.state), ("done", "done"))

    def test_pause_acts_between_two_messages(self):
        """Pausing waits until the lane has worked off everything."""
        flow = self.inbound

        def handle(handler, message, payload):
            message.flow_id.sudo()._pause("enough")

        messages = [self.receive({"id": n}, external_id=f"m{n}")[0] for n in range(3)]
        with self.handler(flow, _handle=handle):
            self.drain(flow)
        self.assertEqual([m.state for m in messages], ["done", "pending", "pending"])

    def test_paused_endpoint_holds_its_flows(self):
        """The endpoint is paused for maintenance and calls go out all the same."""
        message = self.outbound._emit(self.env.user.partner_id)
        self.endpoint.action_pause()
        with self.answers(OK) as requests:
            self.drain(self.outbound)
            self.assertFalse(requests)
            self.assertEqual(message.hold_reason, "paused")
            self.endpoint.action_resume()
            self.drain(self.outbound)
        self.assertEqual(message.state, "done")

    def test_drain_on_request(self):
        """The partner is back, and his messages wait for the times of their retries."""
        message = self.outbound._emit(self.env.user.partner_id)
        message.sudo().write({"state": "retry", "next_attempt_at": "2099-01-01 00:00:00"})
        by_hand = self.outbound._emit(self.env.company.partner_id)
        by_hand.sudo().write({"state": "retry", "held": True, "hold_reason": "manual"})
        self.env.flush_all()
        with self.answers(OK) as requests:
            self.drain(self.outbound)
            self.assertFalse(requests)
            notice = self.endpoint.with_user(self.users["operator"]).action_drain()
            self.assertIn("1 messages", notice["params"]["message"])
            self.drain(self.outbound)
        self.assertEqual((message.state, by_hand.hold_reason), ("done", "manual"))
        notice = self.outbound.with_user(self.users["operator"]).action_drain()
        self.assertIn("Nothing", notice["params"]["message"])
        with self.assertRaises(AccessError):
            self.outbound.with_user(self.users["viewer"]).action_drain()
        self.endpoint.action_pause()
        with self.assertRaisesRegex(UserError, "Resume first"):
            self.outbound.action_drain()

    def test_what_messages_wait_for_is_not_archived(self):
        """Somebody archives an endpoint, and its messages wait for ever, unseen."""
        message = self.outbound._emit(self.env.user.partner_id)
        for record in (self.endpoint, self.outbound):
            with self.assertRaisesRegex(ValidationError, "use Pause"):
                record.active = False
            record.active = True
        message.sudo().action_cancel()
        self.outbound.active = False
        self.endpoint.active = False

    def test_resume_wakes(self):
        """After a pause nothing moves until somebody sends something."""
        self.receive({"id": 1}, external_id="w1")
        self.inbound.action_pause()
        self.env.cr.precommit.run()
        before = self.env["queue.job"].search_count([])
        self.inbound.action_resume()
        self.env.cr.precommit.run()
        self.assertEqual(self.env["queue.job"].search_count([]), before + 1)

    def test_viewer_may_not_switch(self):
        """Whoever may look may also stop the shop."""
        with self.assertRaises(AccessError):
            self.inbound.with_user(self.users["viewer"]).action_pause()
        with self.assertRaises(AccessError):
            self.endpoint.with_user(self.users["plain"]).action_pause()

    def test_other_environment_holds(self):
        """A copy of the database books labels with the real carrier."""
        self.system.environment = "production"
        message = self.outbound._emit(self.env.user.partner_id)
        self.assertEqual(message.hold_reason, "environment")
        with self.answers(OK) as requests:
            self.drain(self.outbound)
            self.assertFalse(requests)
            with patch.dict(config.options, {"integration_monitor_environment": "staging"}):
                self.drain(self.outbound)
                self.assertFalse(requests)
            with patch.dict(config.options, {"integration_monitor_environment": "production"}):
                self.drain(self.outbound)
        self.assertEqual(len(requests), 1)
        self.assertEqual(message.state, "done")

    def test_refusal_says_how_to_release(self):
        """Messages are held and nobody knows which setting is missing."""
        self.system.environment = "production"
        text = self.endpoint._environment_refusal()
        self.assertIn("integration_monitor_environment = production", text)
