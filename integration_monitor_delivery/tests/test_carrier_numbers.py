"""The tracking numbers of a delivery change: by a person, or as a booking is taken back."""

from odoo import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_monitor.tools.errors import RetryLater

from .common_provider import ProviderCase


@tagged("post_install", "-at_install")
class TestCarrierNumbers(ProviderCase):
    def problems(self, picking):
        """:return: the exceptions about a delivery, the oldest first"""
        return self.env["integration.exception"].search(
            [("res_model", "=", "stock.picking"), ("res_id", "=", picking.id)], order="id"
        )

    def delivered(self, order):
        """:return: the milestone of the order's arrival"""
        self.settle()
        return self.milestone(order, "delivered")

    def test_voided_label_is_taken_off(self):
        """A voided label keeps its delivery undelivered, and its exception open, for ever."""
        order, picking = self._shipped()
        self._book(picking, tracking="A,B")
        self._track("B", "cancelled")
        self._track("A", "delivered", at="2024-08-05T09:30:00Z")
        self.assertEqual(picking.integration_tracking_status, "cancelled")
        clerk = new_test_user(
            self.env, "numbers_clerk", "stock.group_stock_user", company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        picking.with_user(clerk).carrier_tracking_ref = "A"
        self.assertEqual(picking.integration_tracking_status, "delivered")
        self.assertEqual(str(picking.integration_delivered_at), "2024-08-05 09:30:00")
        self.assertEqual(str(picking.integration_tracking_at), "2024-08-05 09:30:00")
        told = self.delivered(order)
        self.assertEqual((told.state, str(told.reached_at)), ("reached", "2024-08-05 09:30:00"))
        self.assertEqual(self.problems(picking).mapped("state"), ["resolved"])

    def test_one_more_parcel(self):
        """A delivery that arrived stays so when it gets one more parcel, which is lost."""
        _order, picking = self._shipped()
        self._book(picking, tracking="A")
        self._track("A", "delivered")
        picking.carrier_tracking_ref = "A,B"
        self.assertEqual(picking.integration_tracking_status, "in_transit")
        self.assertFalse(picking.integration_delivered_at)
        # That was a mistake.
        picking.carrier_tracking_ref = "A"
        self.assertTrue(picking.integration_delivered_at)

    def test_another_number(self):
        """The number of somebody else's parcel is corrected, and its state stays."""
        _order, picking = self._shipped()
        self._book(picking, tracking="WRONG")
        self._track("WRONG", "failure")
        picking.carrier_tracking_ref = "RIGHT"
        self.assertFalse(picking.integration_tracking_status)
        self.assertFalse(picking.integration_tracking_at)
        self.assertEqual(self.problems(picking).mapped("state"), ["resolved"])
        self._track("RIGHT", "in_transit")
        self.assertEqual(picking.integration_tracking_status, "in_transit")

    def test_number_of_what_arrived(self):
        """Somebody empties the number of a delivery, and it has not arrived any more."""
        _order, picking = self._shipped()
        self._book(picking, tracking="A")
        self._track("A", "delivered")
        picking.carrier_tracking_ref = False
        self.assertEqual(picking.integration_tracking_status, "delivered")
        self.assertEqual(self._track("A", "pre_transit"), picking)
        self.assertEqual(picking.integration_tracking_status, "delivered")
        self.assertTrue(picking.integration_delivered_at)

    def test_parcels_from_before(self):
        """What an older version noted of the whole delivery is lost with one of its numbers."""
        _order, picking = self._shipped()
        self._book(picking, tracking="A,B")
        self._track("A", "in_transit")
        picking.sudo().integration_parcels = False
        picking.carrier_tracking_ref = "A"
        self.assertEqual(picking.integration_tracking_status, "in_transit")

    def test_confirmation_of_a_cancellation(self):
        """The carrier confirms what was cancelled in Odoo, and that is an exception."""
        _order, picking = self.ready()
        self.watched(picking._action_done)
        number = picking.carrier_tracking_ref
        self.watched(picking.cancel_shipment)
        self.assertFalse(picking.carrier_tracking_ref)
        # Told of its booking late.
        self.assertEqual(self._track(number, "pre_transit"), picking)
        self.assertEqual(self._track(number, "cancelled"), picking)
        self.assertFalse(picking.integration_tracking_status)
        self.assertFalse(self.problems(picking))
        # It travels all the same: somebody has to look after it.
        with self.assertRaises(RetryLater):
            self._track(number, "in_transit")
        # Booked anew, the former label says nothing about the new one.
        self.watched(picking.send_to_shipper)
        self._track(picking.carrier_tracking_ref, "in_transit")
        self._track(number, "cancelled")
        self.assertEqual(picking.integration_tracking_status, "in_transit")

    def test_cancelled_number_of_another_company(self):
        """A carrier of one company moves the cancelled labels of another."""
        _order, picking = self.ready()
        self.watched(picking._action_done)
        number = picking.carrier_tracking_ref
        self.watched(picking.cancel_shipment)
        picking.flush_recordset()
        other = self.env["res.company"].create({"name": "Elsewhere"})
        message = self._message(flow=self.tracking_flow)
        message.sudo().company_id = other
        handler = self.env["integration.handler.carrier.tracking"]
        self.assertFalse(handler._find_former(message, number))
