"""What became of a message after the partner took it."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..tools.http_client import HttpResponse
from .common import IntegrationCase

TAKEN = HttpResponse(status=202, headers={}, body=b"{}", elapsed_ms=1.0, address="127.0.0.1")


@tagged("post_install", "-at_install")
class TestAcknowledge(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outbound.ack_minutes = 30
        cls.status = cls._status_flow(cls.system)

    @classmethod
    def _status_flow(cls, system):
        return cls.env["integration.flow"].create(
            {
                "name": f"Status of {system.name}",
                "code": f"im.status.{system.id}",
                "system_id": system.id,
                "direction": "inbound",
                "message_type": "status",
                "handler": "integration.handler.status",
            }
        )

    def _system(self, kind):
        return self.env["integration.system"].create(
            {**self._system_values(), "name": f"My {kind}", "code": f"im_my_{kind}", "kind": kind}
        )

    def _sent(self):
        """:return: a message that the partner has taken"""
        message = self.outbound._emit(self.env["res.partner"].create({"name": "P"}))
        with self.answers(TAKEN):
            self.drain(self.outbound)
        self.env.invalidate_all()
        self.assertEqual(message.state, "done")
        return message

    def _report(self, sent, flow=None, **report):
        """:return: the partner's message about one of ours, worked on"""
        message, _created = self.receive(
            {"message": sent.idempotency_key, **report}, flow or self.status
        )
        self.drain(flow or self.status)
        self.env.invalidate_all()
        return message

    def _matter(self, message):
        return self.env["integration.exception"].search([("dedupe_key", "=", f"ack:{message.id}")])

    def test_awaited_only_where_it_is_agreed(self):
        """Every message waits for a confirmation that no partner sends."""
        message = self._sent()
        self.assertEqual(message.ack_state, "awaited")
        self.assertEqual(message.ack_due_at - message.done_at, timedelta(minutes=30))
        self.outbound.ack_minutes = 0
        self.assertEqual(self._sent().ack_state, "none")
        self.assertEqual(self._report(message, status="accepted").ack_state, "none")

    def test_confirmed(self):
        """A confirmation changes nothing, or leaves the overdue one open."""
        message = self._sent()
        later = fields.Datetime.now() + timedelta(hours=1)
        for _look in range(2):
            self.env["integration.message"]._watch_acknowledgements(later)
        matter = self._matter(message)
        self.assertEqual((matter.category, matter.occurrence_count), ("partner", 1))
        report = self._report(message, status="accepted")
        self.assertEqual((report.state, report.res_id), ("done", message.res_id))
        self.assertEqual((message.ack_state, matter.state), ("accepted", "resolved"))
        self.env["integration.message"]._watch_acknowledgements(later)
        self.assertEqual(self._matter(message), matter)

    def test_still_in_time(self):
        """A partner is chased before his time is over."""
        message = self._sent()
        self.env["integration.message"]._watch_acknowledgements(fields.Datetime.now())
        self.assertFalse(self._matter(message))

    def test_turned_down(self):
        """A partner takes a message, throws it away, and nobody is told."""
        message = self._sent()
        self._report(message, status="rejected", reason="Key s3cret: password=hunter2")
        matter = self._matter(message)
        self.assertEqual((message.ack_state, matter.category), ("rejected", "partner"))
        self.assertNotIn("hunter2", matter.error_message)
        self.assertFalse(message.failed_step)
        self._report(message, status="accepted")
        self.assertEqual((message.ack_state, matter.state), ("accepted", "resolved"))

    def test_middleware(self):
        """The failure of a middleware is put on the system behind it."""
        message = self._sent()
        middleware = self._system("middleware")
        flow = self._status_flow(middleware)
        report = self._report(message, flow, status="failed", step="Map the order")
        self.assertEqual((report.state, message.ack_state), ("dead", "awaited"))
        self.outbound.middleware_id = middleware
        report.sudo()._retry()
        self.drain(flow)
        self.env.invalidate_all()
        self.assertEqual((report.state, message.failed_step), ("done", "Map the order"))
        matter = self._matter(message)
        self.assertEqual((matter.system_id, matter.category), (middleware, "technical"))
        self.assertIn("Map the order", matter.name)

    def test_middleware_is_one(self):
        """A shop is entered as the middleware, and its reports are believed."""
        with self.assertRaisesRegex(ValidationError, "no middleware"):
            self.outbound.middleware_id = self._system("crm")

    def test_of_another_system(self):
        """A partner confirms what another one was sent."""
        message = self._sent()
        report = self._report(message, self._status_flow(self._system("crm")), status="accepted")
        self.assertEqual((report.state, report.error_class), ("dead", "business"))
        self.assertEqual(message.ack_state, "awaited")

    def test_not_understood(self):
        """A word that nobody agreed on counts as a confirmation."""
        message = self._sent()
        report = self._report(message, status="maybe")
        self.assertEqual((report.state, message.ack_state), ("quarantined", "awaited"))
        report = self._report(message, status="accepted", message="")
        self.assertEqual((report.state, message.ack_state), ("dead", "awaited"))

    def test_refusal_names_the_step(self):
        """A middleware says which of its steps failed, and it is in a text that nobody reads."""
        refusal = HttpResponse(
            status=422,
            headers={},
            body=b'{"title": "Transformation failed", "step": "Map the order"}',
            elapsed_ms=1.0,
            address="127.0.0.1",
        )
        partner = self.env["res.partner"].create({"name": "P"})
        for kind, step in (("ecommerce", False), ("middleware", "Map the order")):
            self.system.kind = kind
            message = self.outbound._emit(partner)
            with self.answers(refusal):
                self.drain(self.outbound)
            self.env.invalidate_all()
            self.assertEqual((message.state, message.failed_step), ("dead", step))
        message.sudo()._retry()
        with self.answers(TAKEN):
            self.drain(self.outbound)
        self.env.invalidate_all()
        self.assertEqual((message.state, message.failed_step), ("done", False))
