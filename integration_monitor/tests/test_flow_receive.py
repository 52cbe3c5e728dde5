import json

from odoo.tests import tagged

from ..instrumentation import log_writer
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestFlowReceive(IntegrationCase):
    def test_durable_insert_keeps_body_and_wakes(self):
        """An order that was acknowledged is not in the database, or nobody works on it."""
        jobs = self.env["queue.job"].search_count([("method_name", "=", "_drain")])
        message, created = self.receive({"id": 1, "note": "größe"}, external_id="a1")
        self.assertTrue(created)
        self.assertEqual(message.state, "pending")
        self.assertEqual(message.external_id, "a1")
        self.assertEqual(json.loads(message.payload)["note"], "größe")
        self.assertEqual(len(message.payload_sha256), 64)
        self.assertTrue(message.correlation_id)
        self.assertEqual(message.company_id, self.inbound.company_id)
        self.env.cr.precommit.run()
        job = self.env["queue.job"].search([("method_name", "=", "_drain")], order="id desc")
        self.assertEqual(len(job), jobs + 1)
        self.assertEqual(job[0].channel, "root.integration")

    def test_many_messages_wake_once(self):
        """A batch of a hundred messages floods the queue with a hundred jobs."""
        before = self.env["queue.job"].search_count([("method_name", "=", "_drain")])
        for number in range(10):
            self.receive({"id": number}, external_id=f"b{number}")
        self.env.cr.precommit.run()
        after = self.env["queue.job"].search_count([("method_name", "=", "_drain")])
        self.assertEqual(after, before + 1)

    def test_second_delivery_is_counted_not_kept(self):
        """A repeated webhook makes a second order."""
        first, created = self.receive({"id": 1}, external_id="dup")
        self.assertTrue(created)
        with log_writer.captured() as seen:
            again, created = self.receive({"id": 1}, external_id="dup")
        self.assertFalse(created)
        self.assertEqual(again, first)
        self.assertEqual(first.duplicate_count, 1)
        outcomes = [item.outcome for item in seen if item.message_uid == first.message_uid]
        self.assertEqual(outcomes, ["duplicate"])

    def test_same_body_without_id_is_a_duplicate(self):
        """A partner that sends no delivery id gets its repetition booked twice."""
        self.receive({"id": 7})
        _message, created = self.receive({"id": 7})
        self.assertFalse(created)

    def test_unpleasant_bytes_are_kept(self):
        """A body with NUL or broken UTF-8 fails, and the partner repeats it for ever."""
        message, created = self.receive(b'{"a": "\x00\xff"}', external_id="bad")
        self.assertTrue(created)
        self.assertIn("\ufffd", message.payload)

    def test_secret_headers_are_masked(self):
        """A token of the partner can be read in the message's headers."""
        message, _created = self.inbound._receive(
            b"{}", {"Authorization": "Bearer abcdef123456", "X-Topic": "orders"}, external_id="h"
        )
        self.assertNotIn("abcdef123456", str(message.headers))
        self.assertEqual(message.headers["X-Topic"], "orders")

    def test_rolled_back_message_wakes_nobody(self):
        """A request that failed leaves a job behind that finds nothing."""
        before = self.env["queue.job"].search_count([("method_name", "=", "_drain")])
        savepoint = self.env.cr.savepoint()
        self.receive({"id": 1}, external_id="gone")
        savepoint.close(rollback=True)
        self.env.cr.precommit.run()
        after = self.env["queue.job"].search_count([("method_name", "=", "_drain")])
        self.assertEqual(after, before)

    def test_receive_costs_few_statements(self):
        """Receiving gets slower with each statement that slips in."""
        self.receive({"id": 0}, external_id="warm")
        with self.assertQueryCount(6):
            self.receive({"id": 1}, external_id="counted")
