"""A partner accepts a message and answers with something that cannot be used."""

from odoo.tests import tagged

from ..tools.errors import ContractError
from ..tools.http_client import HttpResponse
from .common import IntegrationCase
from .test_wms_release import WmsCase, answer

GARBAGE = answer(b"<html>busy, come back later</html>", 200)


@tagged("post_install", "-at_install")
class TestAnswerRefused(WmsCase, IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for role in ("operator", "support"):
            cls.allow_company(cls.users[role], cls.company)

    def released(self, *answers):
        """:return: (the message that releases a new order, the requests it made)"""
        self.release_flow.write({"trigger_event": "picking.first.ready", "payload_policy": "keep"})
        self._order()
        self.env.flush_all()
        self.env.cr.precommit.run()
        message = self.env["integration.message"].search([("flow_id", "=", self.release_flow.id)])
        return message, self.tried(*answers)

    def tried(self, *answers):
        """:return: the requests that the lane makes, which are answered so"""
        with self.answers(*answers) as requests:
            self.drain(self.release_flow)
        return requests

    def test_retry_asks_again(self):
        """The warehouse is mended, and Retry applies its garbage for ever."""
        message, [first] = self.released(GARBAGE)
        exception = message.exception_ids
        self.assertEqual((message.state, message.answer_refused), ("quarantined", True))
        self.assertIn("Retry asks it for the answer again", exception.error_message)
        self.assertIn("Retry asks it again, with the same key", exception.advice)
        exception.with_user(self.users["operator"]).action_retry()
        [second] = self.tried(answer(b'{"id": "R1"}'))
        self.assertEqual(message.state, "done")
        keys = {request["headers"]["Idempotency-Key"] for request in (first, second)}
        self.assertEqual(keys, {message.idempotency_key})
        picking = self.env["stock.picking"].browse(message.res_id)
        self.assertEqual(picking.integration_release_ref, "R1")

    def test_garbage_again_and_again(self):
        """The second garbage is kept for ever, only the first one is not."""
        message, _requests = self.released(GARBAGE)
        for _try in range(3):
            message.with_user(self.users["operator"]).action_retry()
            self.assertEqual(len(self.tried(GARBAGE)), 1)
            self.assertEqual((message.state, message.answer_refused), ("quarantined", True))

    def test_correction_is_sent(self):
        """Support corrects the content, and what went before is what counts."""
        message, _requests = self.released(GARBAGE)
        message.with_user(self.users["support"]).payload = '{"reference": "corrected"}'
        message.exception_ids.with_user(self.users["operator"]).action_retry()
        [request] = self.tried(answer(b'{"id": "R1"}'))
        self.assertEqual(request["body"], b'{"reference": "corrected"}')
        self.assertEqual(message.state, "done")

    def test_release_at_the_source_applies_what_is_there(self):
        """A record was missing here, and the partner is told a second time."""
        error = ContractError(
            "No.", source={"res_model": "product.product", "key": "default_code", "value": "SKU-9"}
        )

        def on_success(handler, message, response):
            raise error

        # The shop's fixtures have a name of their own for a handler.
        with IntegrationCase.handler(self, self.release_flow, _on_success=on_success):
            message, _requests = self.released(answer(b'{"id": "R1"}'))
        self.assertEqual(message.state, "quarantined")
        message.exception_ids._release()
        self.assertEqual(self.tried(GARBAGE), [])
        self.assertEqual(message.state, "done")

    def test_crash_before_applying(self):
        """Workers died between answer and document: Retry has the order packed twice."""
        message, _requests = self.released(HttpResponse(503, {}, b"", 1.0, None))
        message._keep_answer(answer(b'{"id": "R1"}'))
        message.write(
            {"state": "processing", "attempt_count": 99, "claimed_at": "2000-01-01 00:00:00"}
        )
        self.env.flush_all()
        self.env["integration.message"]._sweep()
        self.assertEqual((message.state, message.answer_refused), ("dead", False))
        self.assertNotIn("Retry asks it again", message.exception_ids.advice)
        message.exception_ids.with_user(self.users["operator"]).action_retry()
        self.assertEqual(self.tried(GARBAGE), [])
        self.assertEqual(message.state, "done")

    def test_another_endpoint_is_not_asked(self):
        """The other warehouse, which does not know the key, releases the order as well."""
        message, _requests = self.released(GARBAGE)
        spare = self.endpoint.copy({"name": "Spare", "code": "spare"})
        self.release_flow.write({"fallback": "endpoint", "fallback_endpoint_id": spare.id})
        self.endpoint._switch_breaker("open", "Out")
        message.with_user(self.users["operator"]).action_retry()
        self.assertEqual(message.bound_endpoint_id, self.endpoint)
        self.assertEqual(self.tried(GARBAGE), [])
