from odoo.exceptions import UserError
from odoo.tests import tagged

from .common_provider import ProviderCase


@tagged("post_install", "-at_install")
class TestProviderMilestones(ProviderCase):
    """The transfer's tracking number is the evidence that a carrier was booked."""

    def test_booked_and_taken_back(self):
        """A booking reaches the milestone; a cancellation takes it back and is remembered."""
        order, picking = self.ready()
        self.assertEqual(self.milestone(order).state, "pending")
        self.watched(picking._action_done)
        booked = self.milestone(order)
        self.assertEqual((booked.state, booked.source), ("reached", "document"))
        self.assertEqual((booked.res_model, booked.res_id), (picking._name, picking.id))
        self.watched(picking.cancel_shipment)
        self.assertEqual(booked.state, "pending")
        self.assertEqual([entry["from"] for entry in booked.history], ["reached"])
        transaction = order.integration_transaction_ids
        self.assertEqual(transaction.waits_for_step_id.code, "carrier_booked")
        self.assertEqual(transaction.waits_on_system_id, self.parcel_system)
        self.watched(picking.send_to_shipper)
        self.assertEqual(booked.state, "reached")
        self.assertEqual(transaction.waits_for_step_id.code, "invoiced")

    def test_advice_on_processes(self):
        """The author of a process is told that nobody books carriers, which a provider does."""
        self.env["integration.flow"].sudo().search(
            [("message_type", "=", "carrier.booking")]
        ).active = False
        process = self.env.ref("integration_monitor.process_order_to_cash").sudo()
        self.assertNotIn("Carrier Booked", process.advice or "")
        carriers = self.env["delivery.carrier"].with_context(active_test=False).search([])
        carriers.delivery_type = "fixed"
        process.invalidate_recordset(["advice"])
        self.assertIn("Carrier Booked", process.advice)

    def test_number_by_hand(self):
        """Who books at the carrier's desk enters the number."""
        order, picking = self.ready()
        picking.carrier_tracking_ref = "BYHAND"
        self.watched(picking._action_done)
        self.assertFalse(self.shop.sold)
        self.assertEqual(self.milestone(order).state, "reached")

    def test_method_that_only_rates(self):
        """Nobody waits for a booking that is not to come."""
        self.provider.integration_level = "rate"
        order, picking = self.ready()
        self.watched(picking._action_done)
        self.assertEqual(order.integration_transaction_ids.waits_for_step_id.code, "invoiced")
        self.assertFalse(self.milestone(order).expected_count)

    def test_failure_is_why_the_order_waits(self):
        """The transfer is not done because the carrier is down: it is to blame until it answers."""
        order, picking = self.ready()
        self.shop.faults = {picking.name: 500}
        self.watched(picking._action_done, error=UserError)
        transaction = order.integration_transaction_ids
        self.assertEqual(transaction.cause, "exception")
        self.assertEqual(transaction.cause_category, "technical")
        self.assertEqual(transaction.waits_on_system_id, self.parcel_system)
        exception = self.open_exceptions("carrier.book")
        self.assertEqual(exception.transaction_id, transaction)
        self.watched(picking._action_done, error=UserError)
        self.assertEqual(exception.occurrence_count, 2)
        self.shop.faults = {}
        self.watched(picking._action_done)
        self.assertFalse(exception.is_open)
        self.assertNotEqual(transaction.cause, "exception")

    def test_second_of_a_batch_fails(self):
        """The first of two transfers is booked; the second is done, too, and waits."""
        first_order, first = self.ready()
        second_order, second = self.ready()
        self.shop.faults = {second.name: 503}
        booked, failed = self.watched((first | second)._action_done)
        self.assertEqual((booked.outcome, failed.outcome), ("ok", "error"))
        self.assertEqual((first | second).mapped("state"), ["done", "done"])
        self.assertTrue(second.activity_ids)  # Odoo's own
        self.assertEqual((first | second).mapped("integration_booking"), ["booked", "failed"])
        self.assertEqual(self.milestone(first_order).state, "reached")
        self.assertEqual(self.milestone(second_order).state, "pending")
        waiting = second_order.integration_transaction_ids
        self.assertEqual(waiting.waits_for_step_id.code, "carrier_booked")
        self.assertEqual(waiting.cause, "exception")
        self.assertEqual(len(self.open_exceptions("carrier.book")), 1)
        self.assertFalse(self.open_exceptions("carrier.label"))
        # A number that was got by telephone ends it.
        second.carrier_tracking_ref = "PHONE1"
        self.watched(self.settle)
        self.assertFalse(self.open_exceptions("carrier.book"))
        self.assertEqual(self.milestone(second_order).state, "reached")
