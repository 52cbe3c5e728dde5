from odoo.exceptions import UserError
from odoo.tests import tagged

from ..tools.errors import BusinessError, MappingError, TransportError
from ..tools.http_client import HttpResponse
from .common import IntegrationCase

OK = HttpResponse(status=200, headers={}, body=b"{}", elapsed_ms=1.0, address=None)


@tagged("post_install", "-at_install")
class TestException(IntegrationCase):
    def refuse(self, external_id="e1", error=None):
        """Receive a message that its handler refuses. :return: its exception"""
        error = error or BusinessError("No such product.")

        def handle(handler, message, payload):
            raise error

        message, _created = self.receive({"id": external_id}, external_id=external_id)
        with self.handler(self.inbound, _handle=handle):
            self.drain(self.inbound)
        return message.exception_ids

    def test_owner_gets_one_activity(self):
        """The owner is told about a failure never, or each time it repeats."""
        exception = self.refuse()
        owner = self.users["operator"]
        self.assertEqual(exception.user_id, owner)
        self.assertEqual(exception.state, "open")
        self.assertEqual(exception.activity_ids.user_id, owner)
        self.assertEqual(len(exception.activity_ids), 1)
        exception._open([{"dedupe_key": exception.dedupe_key, "name": "Again"}])
        self.assertEqual(exception.occurrence_count, 2)
        self.assertEqual(len(exception.activity_ids), 1)

    def test_owner_is_not_flooded(self):
        """A partner is down, and the owner gets two mails for each failed message."""

        def mails(exception):
            return self.env["mail.message"].search_count(
                [("model", "=", exception._name), ("res_id", "=", exception.id)]
            )

        exception = self.refuse()
        self.assertEqual(mails(exception), 0)
        self.assertEqual(exception.message_partner_ids, self.users["operator"].partner_id)
        self.assertEqual(exception.activity_ids.summary, "No such product.")
        self.inbound.criticality = "critical"
        self.assertEqual(mails(self.refuse("e2")), 1)

    def test_flow_owner_goes_before_system_owner(self):
        """Exceptions of a flow land with somebody who does not know it."""
        self.inbound.user_id = self.users["support"]
        self.assertEqual(self.refuse().user_id, self.users["support"])

    def test_new_owner_takes_the_activity(self):
        """After a hand-over both owners, or nobody, have the task."""
        exception = self.refuse()
        exception.with_user(self.users["support"]).action_assign_to_me()
        self.assertEqual(exception.user_id, self.users["support"])
        self.assertEqual(exception.state, "assigned")
        self.assertEqual(exception.activity_ids.user_id, self.users["support"])

    def test_owner_without_rights_does_not_lose_the_failure(self):
        """The owner left the team, and since then failures are not written down."""
        self.inbound.user_id = self.users["support"]
        self.users["support"].group_ids = self.env.ref("base.group_user")
        exception = self.refuse()
        self.assertTrue(exception)
        self.assertFalse(exception.activity_ids)

    def test_text_says_what_to_correct(self):
        """A person reads an error and does not know what to do."""
        error = MappingError("product.product", "default_code", "SKU-9")
        exception = self.refuse(error=error)
        self.assertEqual(exception.category, "business")
        self.assertEqual(exception.source_model, "product.product")
        self.assertEqual(exception.source_value, "SKU-9")
        self.assertIn("SKU-9", exception.error_message)
        self.assertIn("Internal Reference “SKU-9”", exception.advice)
        self.assertTrue(exception.can_retry)

    def test_retry_button_works_once_corrected(self):
        """After the product was created the order is still not made, or is made twice."""
        exception = self.refuse()
        message = exception.message_id
        exception.with_user(self.users["operator"]).action_retry()
        self.assertEqual(exception.state, "retrying")
        self.assertEqual(message.state, "retry")
        calls = []
        with self.handler(self.inbound, _handle=lambda *args: calls.append(1)):
            self.drain(self.inbound)
        self.assertEqual(calls, [1])
        self.assertEqual(message.state, "done")
        self.assertEqual(exception.state, "resolved")
        self.assertEqual(exception.resolution, "retry")
        self.assertFalse(exception.activity_ids)

    def test_failed_retry_opens_it_again(self):
        """A retry that fails again vanishes from the board."""
        exception = self.refuse()

        def handle(handler, message, payload):
            raise BusinessError("Still no such product.")

        exception.action_retry()
        with self.handler(self.inbound, _handle=handle):
            self.drain(self.inbound)
        self.assertEqual(exception.state, "assigned")
        self.assertEqual(exception.occurrence_count, 2)
        self.assertEqual(exception.error_message, "Still no such product.")
        self.assertEqual(len(exception.message_id.exception_ids), 1)

    def test_success_resolves_by_itself(self):
        """An exception stays open although the order is there."""
        partner = self.env["res.partner"].create({"name": "Subject"})
        first = self.outbound._emit(partner)
        with self.answers(HttpResponse(422, {}, b"refused", 1.0, None)):
            self.drain(self.outbound)
        exception = first.exception_ids
        self.assertEqual(first.state, "dead")
        self.assertEqual((exception.res_model, exception.res_id), ("res.partner", partner.id))
        self.assertEqual(first.response_status, 422)
        second = self.outbound._emit(partner)
        with self.answers(OK):
            self.drain(self.outbound)
        self.assertEqual(second.state, "done")
        self.assertEqual(exception.state, "resolved")
        self.assertEqual(exception.resolution, "auto")
        self.assertEqual(first.state, "cancelled")
        self.assertEqual(first.superseded_by_id, second)

    def test_two_messages_about_one_order_share_an_exception(self):
        """The board shows the same order twice, and Retry handles half of it."""

        def stake(handler, message, payload):
            currency = self.env.company.currency_id.name
            return {"reference": "SO-77", "amount": 120.0, "currency": currency}

        def handle(handler, message, payload):
            raise BusinessError("No such product.")

        first, _created = self.receive({"v": 1}, external_id="v1")
        second, _created = self.receive({"v": 2}, external_id="v2")
        with self.handler(self.inbound, _stake=stake, _handle=handle):
            self.drain(self.inbound)
        exception = first.exception_ids | second.exception_ids
        self.assertEqual(len(exception), 1)
        self.assertEqual(exception.occurrence_count, 2)
        self.assertIn("SO-77", exception.name)
        self.assertGreater(exception.amount_at_stake, 0)
        exception.action_retry()
        with self.handler(self.inbound, _stake=stake):
            self.drain(self.inbound)
        self.assertEqual((first.state, second.state), ("done", "done"))
        self.assertEqual(exception.state, "resolved")

    def test_late_older_success_makes_up_for_nothing(self):
        """What the partner delivers late closes the failure of what it told since."""

        def stake(handler, message, payload):
            return {"reference": "#1", "version": payload["at"]}

        def handle(handler, message, payload):
            if payload["bad"]:
                raise BusinessError("Changed in the shop.")

        def deliver(at, bad):
            message, _created = self.receive(
                {"at": at, "bad": bad}, external_id=f"v{at}{bad}{self.delivered}"
            )
            self.delivered += 1
            with self.handler(self.inbound, _handle=handle, _stake=stake):
                self.drain(self.inbound)
            return message

        self.delivered = 0
        refused = deliver("2030-02", bad=True)
        exception = refused.exception_ids
        self.assertEqual(deliver("2030-01", bad=False).state, "done")
        self.assertEqual((refused.state, exception.state), ("dead", "open"))
        self.assertEqual(deliver("2030-03", bad=False).state, "done")
        self.assertEqual((refused.state, exception.state), ("cancelled", "resolved"))

    def test_discard_cancels_the_message(self):
        """A discarded order comes back with the next retry."""
        exception = self.refuse()
        exception.with_user(self.users["operator"]).action_discard()
        self.assertEqual(exception.state, "discarded")
        self.assertEqual(exception.message_id.state, "cancelled")

    def test_ignore_and_reopen(self):
        """A mistaken click cannot be taken back."""
        exception = self.refuse()
        exception.action_ignore()
        self.assertEqual(exception.state, "ignored")
        self.assertFalse(exception.activity_ids)
        exception.action_reopen()
        self.assertEqual(exception.state, "assigned")
        self.assertTrue(exception.activity_ids)

    def test_bulk_retry_takes_what_can_be_tried(self):
        """An exception without a message says "Retrying" for ever after a bulk retry."""
        failed = self.refuse()
        told = failed._open([{"name": "Stock drifts", "flow_id": self.inbound.id}])
        (failed | told).action_retry()
        self.assertEqual((failed.state, told.state), ("retrying", "open"))
        with self.assertRaises(UserError):
            told.action_retry()

    def test_reopening_what_is_open_again(self):
        """Reopening an old exception, whose matter is open again, ends in a database error."""
        old = self.refuse()
        old.action_resolve()
        old._open([{"name": "Again", "dedupe_key": old.dedupe_key}])
        with self.assertRaisesRegex(UserError, "Again"):
            old.action_reopen()

    def test_corrected_payload_keeps_the_original(self):
        """Support corrects a payload, and what the partner sent is lost."""
        exception = self.refuse()
        message = exception.message_id.with_user(self.users["support"])
        message.payload = '{"id": "corrected"}'
        self.assertIn("e1", message.payload_original)
        seen = []
        exception.action_retry()
        with self.handler(
            self.inbound, _handle=lambda handler, message, payload: seen.append(payload)
        ):
            self.drain(self.inbound)
        self.assertEqual(seen, [{"id": "corrected"}])
        self.assertTrue(
            exception.message_ids.filtered(lambda m: "corrected the content" in (m.body or ""))
        )

    def test_payload_can_be_read_and_corrected(self):
        """The form shows one endless line; or saving what only looks different is a correction."""
        exception = self.refuse()
        message = exception.message_id.with_user(self.users["support"])
        self.assertEqual(message.payload_layout, '{\n  "id": "e1"\n}')
        message.payload_layout = '{\n    "id": "e1"}'
        self.assertEqual(message.payload_layout, '{\n    "id": "e1"}')
        message.payload_layout = '{"id": "corrected"}'
        self.assertEqual(message.payload, '{"id": "corrected"}')
        self.assertTrue(message.payload_original)

    def test_technical_failure_is_technical(self):
        """The board's colours do not tell whose turn it is."""
        self.inbound.retry_policy_id.max_attempts = 1
        exception = self.refuse(error=TransportError("down"))
        self.assertEqual(exception.category, "technical")
        self.assertEqual(exception.error_class, "connect")

    def test_columns_that_a_filter_keeps_empty_are_not_shown(self):
        """Under 'Open' half of the board is the empty columns of what is closed."""
        self.refuse()
        Exceptions = self.env["integration.exception"].with_context(read_group_expand=True)

        def columns(domain):
            found = Exceptions.web_read_group(domain, ["state"], [])["groups"]
            return [group["state"] for group in found]

        every = ["open", "assigned", "retrying", "resolved", "ignored", "discarded"]
        self.assertEqual(columns([("is_open", "=", True)]), every[:3])
        self.assertEqual(columns([("is_open", "=", False)]), every[3:])
        self.assertEqual(columns([]), every)
        both = ["|", ("is_open", "=", True), ("is_open", "=", False)]
        self.assertEqual(columns(both), every)
