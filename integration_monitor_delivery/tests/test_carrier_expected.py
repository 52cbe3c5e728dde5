import itertools

from odoo.tests import tagged

from .common import CarrierCase


@tagged("post_install", "-at_install")
class TestCarrierExpected(CarrierCase):
    """Only parcels that the carrier was told of are waited for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.numbers = itertools.count(9001)  # each call is an order of its own
        cls.booking_flow.trigger_event = "picking.out.done"
        cls.other = cls.carrier.copy({"name": "Own van", "integration_flow_id": False})

    def _shipped_with(self, carrier):
        """Ship an order with a delivery method, or none. :return: (delivery, transaction)"""
        number = next(self.numbers)
        order = self._order(id=number, name=f"#{number}")
        picking = self._first(order)
        self.assertTrue(picking)
        picking.carrier_id = carrier
        picking.move_ids.picked = True
        picking._action_done()
        self.env.cr.flush()
        return picking, order.integration_transaction_ids

    def _booking_of(self, picking):
        return self.env["integration.message"].search(
            [("flow_id", "=", self.booking_flow.id), ("res_id", "=", picking.id)]
        )

    def test_booked_delivery_waits_for_the_carrier(self):
        """A delivery of the carrier's method is booked, and waits for it."""
        picking, transaction = self._shipped_with(self.carrier)
        self.assertEqual(self._booking_of(picking).state, "pending")
        self.assertEqual(transaction.waits_for_step_id.code, "carrier_booked")

    def test_other_deliveries_wait_for_no_carrier(self):
        """An order that the customer fetched waits for ever for a carrier that knows nothing."""
        for carrier in (self.other, self.env["delivery.carrier"]):
            picking, transaction = self._shipped_with(carrier)
            self.assertFalse(self._booking_of(picking))
            self.assertEqual(transaction.waits_for_step_id.code, "invoiced")
            states = {m.step_id.code: m.state for m in transaction.milestone_ids}
            self.assertEqual(states["shipped"], "reached")
            self.assertNotIn("Test Shop", transaction.waits_on or "")

    def test_a_carrier_that_only_tracks(self):
        """Labels are printed at the carrier's desk, and what the customer fetched is waited for."""
        self.booking_flow.active = False
        self.tracking_flow.system_id.kind = "carrier"
        _picking, transaction = self._shipped_with(self.env["delivery.carrier"])
        self.assertEqual(transaction.waits_for_step_id.code, "invoiced")

    def test_discarded_booking_ends_the_wait(self):
        """A booking that a person gave up is waited for all the same."""
        picking, transaction = self._shipped_with(self.carrier)
        self._booking_of(picking).action_cancel()
        self.assertEqual(transaction.waits_for_step_id.code, "invoiced")

    def test_second_carrier_takes_only_its_own(self):
        """A carrier that was just connected books every parcel a second time."""
        second = self._make_flow(
            "integration.handler.carrier.booking",
            "carrier.second",
            direction="outbound",
            endpoint_id=self.endpoint.id,
            message_type="carrier.booking",
            trigger_event="picking.out.done",
        )
        for carrier in (self.carrier, self.other, self.env["delivery.carrier"]):
            picking, _transaction = self._shipped_with(carrier)
            self.assertFalse(
                self.env["integration.message"].search_count(
                    [("flow_id", "=", second.id), ("res_id", "=", picking.id)]
                )
            )
        second.delivery_method_ids = self.other
        picking, _transaction = self._shipped_with(self.other)
        booking = self.env["integration.message"].search(
            [("res_model", "=", picking._name), ("res_id", "=", picking.id)]
        )
        self.assertEqual(booking.flow_id, second)
