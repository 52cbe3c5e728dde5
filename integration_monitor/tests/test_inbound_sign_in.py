"""A handler asks a partner before it takes what came in, and the partner refuses the sign-in."""

from odoo.tests import tagged

from ..tools.http_client import HttpResponse
from .common import IntegrationCase

REFUSED = HttpResponse(401, {}, b"who?", 1.0, None)
OK = HttpResponse(200, {}, b"{}", 1.0, None)


@tagged("post_install", "-at_install")
class TestInboundSignIn(IntegrationCase):
    def setUp(self):
        super().setUp()
        endpoint = self.endpoint

        def handle(handler, message, payload):
            endpoint.with_env(message.env).sudo()._call("GET", "/lookup", message=message)

        patched = self.handler(self.inbound, _handle=handle)
        patched.__enter__()
        self.addCleanup(patched.__exit__, None, None, None)

    def stopped(self):
        """:return: (messages that the sign-in stopped, the exceptions about them)"""
        messages = self.env["integration.message"]
        with self.answers(REFUSED):
            for number in range(3):
                messages |= self.receive({"n": number})[0]
            self.drain(self.inbound)
        self.assertEqual(messages.mapped("state"), ["dead"] * 3)
        matters = self.env["integration.exception"].search([("flow_id", "=", self.inbound.id)])
        return messages, matters

    def test_names_the_endpoint(self):
        """“Our sign-in to False is refused.”"""
        _messages, matter = self.stopped()
        self.assertEqual(matter.name, "Our sign-in to Test API is refused")
        self.assertEqual((matter.endpoint_id, matter.occurrence_count), (self.endpoint, 3))
        self.assertIn("Test API", matter.advice)

    def test_retry_takes_all(self):
        """Retry takes the last message, its success closes the exception, two stay dead."""
        messages, matter = self.stopped()
        matter.with_user(self.users["operator"]).action_retry()
        with self.answers(OK):
            self.drain(self.inbound)
        self.assertEqual(messages.mapped("state"), ["done"] * 3)
        self.assertEqual(matter.state, "resolved")

    def test_a_success_releases_all(self):
        """The sign-in works for one message, and nobody tells the others."""
        messages, matter = self.stopped()
        messages[-1].with_user(self.users["operator"]).action_retry()
        with self.answers(OK):
            self.drain(self.inbound)
            self.drain(self.inbound)
        self.assertEqual(messages.mapped("state"), ["done"] * 3)
        self.assertEqual(matter.state, "resolved")

    def test_both_directions_are_one_matter(self):
        """One secret, two exceptions, and a new one sends half of what waits."""
        messages, matter = self.stopped()
        sent = self.outbound._emit(self.users["plain"].partner_id)
        with self.answers(REFUSED):
            self.drain(self.outbound)
        self.assertEqual(matter.occurrence_count, 4)
        self.endpoint._try_refused_again()
        with self.answers(OK):
            self.drain(self.inbound)
            self.drain(self.outbound)
        self.assertEqual((messages | sent).mapped("state"), ["done"] * 4)

    def test_what_died_of_something_else(self):
        """A message that died of a right that it lacks is tried again with the others."""
        messages, matter = self.stopped()
        self.inbound._handler()
        with self.answers(HttpResponse(403, {}, b"not yours", 1.0, None)):
            other, _created = self.receive({"n": 9})
            self.drain(self.inbound)
        self.assertEqual((other.state, other.error_class), ("dead", "auth"))
        matter.with_user(self.users["operator"]).action_retry()
        self.assertEqual(messages.mapped("state"), ["retry"] * 3)
        self.assertEqual(other.state, "dead")
