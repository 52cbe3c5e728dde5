from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from ..tools.errors import TransportError
from .test_endpoint_breaker import BUSY, START, BreakerCase


@tagged("post_install", "-at_install")
class TestPauseDeadline(BreakerCase):
    """The policy gives a message up after an hour; a pause by a person is none of it."""

    def check_pause(self, what):
        """A pause of five hours in the life of a message that failed once."""
        self.endpoint.breaker_enabled = False
        with freeze_time(START) as clock, self.answers(BUSY):
            message = self.emit()
            self.drain(self.outbound)
            self.assertEqual(message.state, "retry")
            what.with_user(self.users["operator"]).action_pause()
            clock.tick(timedelta(hours=5))
            what.with_user(self.users["operator"]).action_resume()
            self.drain(self.outbound)
            self.assertEqual((message.state, message.attempt_count), ("retry", 2))
            # From then on the hour counts.
            clock.tick(timedelta(minutes=61))
            self.drain(self.outbound)
            self.assertEqual(message.state, "dead")

    def test_pause_of_a_flow(self):
        """Somebody pauses a flow for the afternoon, and all that had failed once dies."""
        self.check_pause(self.outbound)

    def test_pause_of_an_endpoint(self):
        """The same, with all flows of a partner."""
        self.check_pause(self.endpoint)

    def test_pause_of_an_inbound_flow(self):
        """It calls nobody, and its pause counts all the same."""
        self.inbound.retry_policy_id = self.policy

        def handle(handler, message, payload):
            raise TransportError("down")

        with freeze_time(START) as clock, self.handler(self.inbound, _handle=handle):
            message, _created = self.receive({"id": 1}, external_id="p1")
            self.drain(self.inbound)
            self.inbound.action_pause()
            clock.tick(timedelta(hours=5))
            self.inbound.action_resume()
            self.drain(self.inbound)
            self.assertEqual((message.state, message.attempt_count), ("retry", 2))

    def test_pause_is_no_outage_afterwards(self):
        """The flow goes on, the partner is down since a minute, and people are to telephone."""
        self.outbound.write({"fallback": "manual", "manual_after": 10})
        with freeze_time(START) as clock:
            message = self.emit()
            self.outbound.action_pause()
            clock.tick(timedelta(hours=5))
            self.outbound.action_resume()
            self.endpoint._switch_breaker("open", "He is out")
            self.env["integration.message"]._sweep()
            self.assertEqual(message.hold_reason, "breaker")
            clock.tick(timedelta(minutes=11))
            self.env["integration.message"]._sweep()
            self.assertEqual(message.hold_reason, "manual")

    def test_clock_that_was_ahead(self):
        """A flow resumed by a wrong clock never gives a message up, or at once."""
        with freeze_time(START) as clock:
            message = self.emit()
            with self.answers(BUSY):
                self.drain(self.outbound)
            ahead = fields.Datetime.now() + timedelta(days=400)
            self.outbound.with_context(integration_engine=True).resumed_at = ahead
            clock.tick(timedelta(minutes=61))
            with self.answers(BUSY):
                self.drain(self.outbound)
            self.assertEqual(message.state, "dead")
