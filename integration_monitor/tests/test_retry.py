from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..tools.errors import (
    BusinessError,
    ContractError,
    RateLimited,
    RemoteError,
    RetryLater,
    TimeoutError_,
    TransportError,
)
from ..tools.http_client import HttpResponse
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestRetry(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.env["integration.retry.policy"].create(
            {
                "name": "Test",
                "code": "im_test",
                "max_attempts": 3,
                "base_seconds": 10,
                "factor": 2,
                "cap_seconds": 60,
                "deadline_minutes": 60,
            }
        )
        cls.inbound.retry_policy_id = cls.policy
        cls.message = cls.env["integration.message"]

    def fail_with(self, error, external_id):
        """Receive a message and let its handler fail. :return: the message"""

        def handle(handler, message, payload):
            raise error

        message, _created = self.receive({"id": external_id}, external_id=external_id)
        with self.handler(self.inbound, _handle=handle):
            self.drain(self.inbound)
        return message

    def test_transient_failure_waits_and_wakes(self):
        """A partner that was down for a second costs an order."""
        message = self.fail_with(TransportError("down"), "r1")
        self.assertEqual(message.state, "retry")
        self.assertEqual(message.error_class, "connect")
        # The policy's ten seconds, counted from no later than now.
        self.assertLessEqual(message.next_attempt_at, fields.Datetime.now() + timedelta(seconds=11))
        job = self.env["queue.job"].search([("eta", "!=", False)], order="id desc", limit=1)
        self.assertEqual(job.method_name, "_drain")
        self.assertEqual(job.eta, message.next_attempt_at)

    def test_retry_is_not_early(self):
        """A message is tried again at once and knocks the partner down for good."""
        message = self.fail_with(RateLimited(120), "r2")
        self.assertGreaterEqual(
            message.next_attempt_at, fields.Datetime.now() + timedelta(seconds=110)
        )
        self.drain(self.inbound)
        self.assertEqual(message.attempt_count, 1)

    def test_retry_after_can_be_ignored(self):
        """The switch 'Respect Retry-After' does nothing."""
        self.policy.respect_retry_after = False
        message = self.fail_with(RateLimited(3000), "r3")
        self.assertLess(message.next_attempt_at, fields.Datetime.now() + timedelta(seconds=30))

    def test_budget_ends_in_one_exception(self):
        """A message fails for ever and nobody is told."""

        def handle(handler, message, payload):
            raise TransportError("down")

        message, _created = self.receive({"id": 1}, external_id="r4")
        with self.handler(self.inbound, _handle=handle):
            for _try in range(5):
                self.drain(self.inbound)
                self.due_now(message)
        self.assertEqual(message.state, "dead")
        self.assertEqual(message.attempt_count, 3)
        self.assertEqual(len(message.exception_ids), 1)

    def test_deadline_ends_it(self):
        """A message is tried again days after it was of use."""
        message = self.fail_with(TransportError("down"), "r5")
        message.sudo().budget_at = fields.Datetime.now() - timedelta(minutes=61)
        self.due_now(message)

        def handle(handler, message, payload):
            raise TransportError("still down")

        with self.handler(self.inbound, _handle=handle):
            self.drain(self.inbound)
        self.assertEqual(message.state, "dead")

    def test_person_is_asked_at_once(self):
        """An order with an unknown product is tried for hours instead of shown."""
        self.assertEqual(self.fail_with(BusinessError("Wrong."), "r6").state, "dead")
        self.assertEqual(self.fail_with(ContractError("Odd."), "r7").state, "quarantined")
        self.assertEqual(self.fail_with(RemoteError(422), "r8").state, "dead")
        self.assertEqual(self.fail_with(RemoteError(503), "r9").state, "retry")
        self.assertEqual(self.fail_with(RetryLater(5), "r10").state, "retry")
        self.assertEqual(
            self.fail_with(TransportError("x", error_class="tls"), "r11").state, "dead"
        )

    def test_what_a_later_one_replaced_is_not_sent(self):
        """Somebody retries the old state, and the partner has it after the new one."""
        partner = self.users["plain"].partner_id
        old = self.outbound._emit(partner)
        with self.answers(HttpResponse(422, {}, b"", 1.0, None)):
            self.drain(self.outbound)
        exception = old.exception_ids
        new = self.outbound._emit(partner)
        with self.answers(HttpResponse(200, {}, b"", 1.0, None)):
            self.drain(self.outbound)
        self.assertEqual((old.state, old.superseded_by_id), ("cancelled", new))
        operator = self.users["operator"]
        with self.assertRaisesRegex(UserError, "later message.*bring the older state back"):
            old.with_user(operator).action_retry()
        with self.assertRaisesRegex(UserError, "a later one took its place"):
            exception.with_user(operator).action_retry()
        # Of a selection the others are tried.
        given_up = self.outbound._emit(self.users["viewer"].partner_id)
        given_up.with_user(operator).action_cancel()
        (old | given_up).with_user(operator).action_retry()
        self.assertEqual((old.state, given_up.state), ("cancelled", "retry"))

    def test_what_was_cancelled_is_not_sent_after_a_later_one(self):
        """A person cancels the old state, and another one retries it after the new one was told."""
        partner = self.users["plain"].partner_id
        operator = self.users["operator"]
        old = self.outbound._emit(partner)
        old.with_user(operator).action_cancel()
        old.with_user(operator).action_retry()  # nothing was told since
        old.with_user(operator).action_cancel()
        new = self.outbound._emit(partner)
        with self.answers(HttpResponse(200, {}, b"", 1.0, None)):
            self.drain(self.outbound)
        with self.assertRaisesRegex(UserError, "later message.*bring the older state back"):
            old.with_user(operator).action_retry()
        self.assertEqual(old.state, "cancelled")
        # So it is while the other one is being told.
        new.sudo().state = "processing"
        with self.assertRaisesRegex(UserError, "is in work"):
            old.with_user(operator).action_retry()
        # What tells how things stand now does no harm.
        self.outbound.coalesce = True
        old.with_user(operator).action_retry()
        self.assertEqual(old.state, "retry")

    def test_the_first_request_is_still_in_work(self):
        """Our time was over, the partner says to the repetition that he is at it: it dies."""
        message = self.outbound._emit(self.users["plain"].partner_id)
        in_work = HttpResponse(409, {"Retry-After": "60"}, b"", 1.0, None)
        with self.answers(TimeoutError_("slow", maybe_delivered=True), in_work):
            self.drain(self.outbound)
            self.due_now(message)
            self.drain(self.outbound)
        self.assertEqual(message.state, "retry")
        soonest = fields.Datetime.now() + timedelta(seconds=50)
        self.assertGreater(message.next_attempt_at, soonest)
        self.due_now(message)
        with self.answers(HttpResponse(409, {}, b"", 1.0, None)):
            self.drain(self.outbound)
        self.assertEqual(message.state, "dead")

    def test_policy_names_the_kinds(self):
        """An administrator's choice of what to retry has no effect."""
        self.policy.retry_classes = "server"
        self.assertEqual(self.fail_with(TransportError("down"), "r12").state, "dead")
        with self.assertRaises(ValidationError):
            self.policy.retry_classes = "server,typo"

    def test_database_conflict_is_no_failure(self):
        """Two orders of one customer at once open an exception."""
        tries = []

        def conflict(handler, message, payload):
            tries.append(1)
            if len(tries) < 3:
                handler.env.cr.execute("DO $$BEGIN RAISE SQLSTATE '40001'; END$$")

        message, _created = self.receive({"id": 1}, external_id="r13")
        with self.handler(self.inbound, _handle=conflict):
            with self.assertLogs("odoo.sql_db", "ERROR"):
                self.drain(self.inbound)
        self.assertEqual(message.state, "done")
        self.assertEqual(len(tries), 3)
        self.assertEqual(message.attempt_count, 1)

    def test_lasting_conflict_waits_without_cost(self):
        """A locked record uses up the budget of the order."""

        def conflict(handler, message, payload):
            handler.env.cr.execute("DO $$BEGIN RAISE SQLSTATE '55P03'; END$$")

        message, _created = self.receive({"id": 1}, external_id="r14")
        with self.handler(self.inbound, _handle=conflict):
            with self.assertLogs("odoo.sql_db", "ERROR"):
                self.drain(self.inbound)
        self.assertEqual(message.state, "retry")
        self.assertEqual(message.attempt_count - message.attempt_start, 0)
        self.assertEqual(message.conflict_count, 1)
        self.assertFalse(message.exception_ids)

    def test_unknown_failure_is_logged_and_retried(self):
        """A bug in a handler leaves no trace, or loses the message."""
        with self.assertLogs("odoo.addons.integration_monitor", "WARNING") as logs:
            message = self.fail_with(ZeroDivisionError("oops"), "r15")
        self.assertEqual(message.state, "retry")
        self.assertEqual(message.error_class, "unknown")
        self.assertIn("ZeroDivisionError", message.error_message)
        self.assertIn("Traceback", logs.output[0])

    def test_schedule_in_words(self):
        """An administrator cannot tell what the numbers of a policy mean."""
        self.assertIn("10 s, 20 s", self.policy.schedule)
