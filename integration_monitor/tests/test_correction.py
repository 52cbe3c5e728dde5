"""Support corrects the content of a failed message; a slip there must not hide the matter."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..tools.errors import TimeoutError_
from ..tools.http_client import HttpResponse
from .common import IntegrationCase
from .common_shop import ShopCase, sample

OK = HttpResponse(status=200, headers={}, body=b"{}", elapsed_ms=1.0, address=None)
REFUSED = HttpResponse(status=422, headers={}, body=b"", elapsed_ms=1.0, address=None)


@tagged("post_install", "-at_install")
class TestCorrection(ShopCase, IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in cls.users.values():
            cls.allow_company(user, cls.company)

    def refused(self):
        """Receive an order without a currency. :return: its message, as support sees it"""
        payload = {**sample("shopify/order_created.json"), "name": "#P3", "currency": ""}
        message, _created = self.receive(payload, self.flow, external_id="e1")
        self.drain(self.flow)
        self.assertEqual(message.state, "quarantined")
        return message.with_user(self.users["support"])

    def test_what_is_no_json_is_refused(self):
        """A bracket is missing in the correction, and only the next failure says so."""
        message = self.refused()
        received = message.payload
        for field in ("payload", "payload_layout"):
            for text, words in (
                ("{broken", "line 1, column 2.*save again"),
                ('{\n  "id": 1,\n}', "line [23], column"),
                ('{"id": NaN}', "NaN"),
                ("", "empty"),
                (False, "empty"),
            ):
                with self.subTest(field, text=text), self.env.cr.savepoint():
                    with self.assertRaisesRegex(UserError, words):
                        message.write({field: text})
                message.invalidate_recordset()
                self.assertEqual((message.payload, message.payload_original), (received, False))

    def test_what_goes_out_is_refused_too(self):
        """A correction of an outbound message can never be sent."""
        message = self.outbound._emit(self.users["viewer"].partner_id)
        with self.answers(REFUSED):
            self.drain(self.outbound)
        self.assertEqual(message.state, "dead")
        support = message.with_user(self.users["support"])
        with self.assertRaisesRegex(UserError, "line 1, column 2"):
            support.payload = "{broken"

    def test_what_is_built_anew_is_refused(self):
        """The correction is saved, thrown away at the next attempt, and the message is done."""
        self.outbound.coalesce = True
        message = self.outbound._emit(self.users["viewer"].partner_id)
        with self.answers(REFUSED):
            self.drain(self.outbound)
        support = message.with_user(self.users["support"])
        self.assertEqual((support.state, support.built_anew), ("dead", True))
        sent = message.payload
        for field in ("payload", "payload_layout"):
            with self.subTest(field), self.env.cr.savepoint():
                with self.assertRaisesRegex(UserError, "built anew.*Correct in Odoo"):
                    support[field] = '{"corrected": true}'
                    self.env.flush_all()
            message.invalidate_recordset()
            self.assertEqual((message.payload, message.edit_ids.ids), (sent, []))
        self.outbound.coalesce = False
        support.payload = '{"corrected": true}'
        message.exception_ids.with_user(self.users["operator"]).action_retry()
        with self.answers(OK) as requests:
            self.drain(self.outbound)
        self.assertEqual([request["body"] for request in requests], [b'{"corrected": true}'])

    def test_other_content_is_another_call(self):
        """The partner remembers the key of what he refused, and refuses the correction for it."""
        partner = self.users["viewer"].partner_id
        for answer, same in ((REFUSED, False), (TimeoutError_("?", maybe_delivered=True), True)):
            with self.subTest(same=same):
                message = self.outbound._emit(partner)
                self.outbound.retry_policy_id.max_attempts = 1
                with self.answers(answer) as first:
                    self.drain(self.outbound)
                message.with_user(self.users["support"]).payload = '{"corrected": true}'
                message.with_user(self.users["operator"]).action_retry()
                with self.answers(OK) as second:
                    self.drain(self.outbound)
                keys = [calls[0]["headers"]["Idempotency-Key"] for calls in (first, second)]
                # Where he may have acted on the first one, the key alone tells him so.
                self.assertEqual(keys[0] == keys[1], same)

    def test_other_contents_are_no_json(self):
        """A message of lines of text cannot be corrected, because it is no JSON."""
        message, _created = self.receive(b"id;sku", self.inbound, content_type="text/csv")
        message.state = "dead"
        support = message.with_user(self.users["support"])
        support.payload = "id;sku\n1;A"
        self.assertEqual(message.payload, "id;sku\n1;A")

    def test_exception_keeps_order_and_amount(self):
        """After a bad correction nobody can tell any more which order waits, and how much."""
        message = self.refused().sudo()
        exception = message.exception_ids
        told = (exception.name, exception.amount_stated)
        self.assertIn("#P3", exception.name)
        self.assertEqual(exception.amount_stated, "409.94 ?")
        for times, text in enumerate(("{broken", "[]", '{"id": 1}'), 2):
            message.payload = text  # by code: a person is refused the first one
            message.action_retry()
            self.drain(self.flow)
            with self.subTest(text):
                self.assertEqual(message.state, "quarantined")
                self.assertEqual(message.exception_ids, exception)
                self.assertEqual((exception.name, exception.amount_stated), told)
                self.assertEqual((exception.state, exception.occurrence_count), ("open", times))
                self.assertEqual(exception.error_message, message.error_message)
