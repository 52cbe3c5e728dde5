"""Parcels that come back and are sent again, until the last of them arrives."""

from odoo.tests import tagged

from .test_carrier_invoice import InvoiceCase


@tagged("post_install", "-at_install")
class TestCarrierAgain(InvoiceCase):
    """An order arrives with what is sent again; it is told and invoiced then, and not before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tracking_flow.invoice_on_delivery = True
        cls.order, cls.shipped = cls._shipped()
        cls.env.cr.flush()

    def _left(self, numbers, **told):
        """:return: (the order, its delivery), booked, and told by the carrier of its parcels"""
        self._book(self.shipped, tracking=numbers)
        for number, status in told.items():
            self._track(number, status)
        return self.order, self.shipped

    def _send(self, back, numbers, *quantities):
        """:return: the delivery that sends out what came back"""
        transfer = self._turned(back, *quantities)
        self.assertEqual(transfer.picking_type_code, "outgoing")
        transfer.carrier_tracking_ref = numbers
        return transfer

    def _arrive(self, number, day=9):
        self._track(number, "delivered", at=f"2024-08-{day:02d}T10:00:00Z")

    def assert_waits(self, order):
        """The order waits for a parcel, and is not invoiced."""
        arrived = order.integration_transaction_ids.milestone_ids.filtered(
            lambda m: m.step_id.code == "delivered"
        )
        self.assertNotEqual(arrived.state, "reached")
        self.assertFalse(order.invoice_ids)

    def assert_arrived(self, order, day=9):
        """The order arrived on a day, and is invoiced once."""
        arrived = order.integration_transaction_ids.milestone_ids.filtered(
            lambda m: m.step_id.code == "delivered"
        )
        self.assertEqual(
            (arrived.state, str(arrived.reached_at)), ("reached", f"2024-08-{day:02d} 10:00:00")
        )
        self.assertEqual(order.invoice_ids.mapped("state"), ["posted"])

    def _evidence(self, order):
        """:return: the ids of the deliveries that are known to have arrived"""
        milestones = order.integration_transaction_ids.milestone_ids
        evidence = milestones.filtered(lambda m: m.step_id.code == "delivered").evidence
        return {int(key.split(",")[1]) for key in evidence}

    def test_nobody_was_at_home_before(self):
        """The carrier tells of a failed attempt first, and the order waits for ever."""
        order, picking = self._left("ONE,TWO", ONE="failure", TWO="delivered")
        self._track("ONE", "return_to_sender")
        self._track("ONE", "failure")
        told = self.env["integration.exception"].search(
            [("res_model", "=", "stock.picking"), ("res_id", "=", picking.id)]
        )
        self.assertIn("Returned to sender", told.name)
        self._send(self._turned(picking, 1, 0, 0), "AGAIN")
        self.assert_waits(order)
        self._arrive("AGAIN")
        self.assert_arrived(order)

    def test_two_in_one_parcel(self):
        """Two of three parcels came back, and go out in one: it waits for the other for ever."""
        order, picking = self._left("A,B,C", A="return_to_sender", B="return_to_sender")
        self._send(self._turned(picking, 1, 1, 0), "D")
        self._arrive("C", day=8)
        self.assert_waits(order)
        self._arrive("D")
        self.assert_arrived(order)

    def test_two_in_one_parcel_that_is_faster(self):
        """What was sent again is there before the parcel that never came back."""
        order, picking = self._left("A,B,C", A="return_to_sender", B="return_to_sender")
        self._send(self._turned(picking, 1, 1, 0), "D")
        self._arrive("D")
        self.assert_waits(order)
        self._arrive("C", day=10)
        self.assert_arrived(order, day=10)

    def test_two_parcels_of_one_transfer(self):
        """A piece in two boxes came back: the two numbers of its new delivery are one transfer."""
        order, picking = self._left(
            "A,B,C,X", A="return_to_sender", B="return_to_sender", C="delivered", X="delivered"
        )
        self._send(self._turned(picking, 1, 0, 0), "D,E")
        self._arrive("D", day=7)
        self.assert_waits(order)
        self._arrive("E")
        self.assert_arrived(order)

    def test_everything_in_one_parcel(self):
        """A piece in two boxes: all pieces are on their way again, though fewer than parcels."""
        order, picking = self._left("A,B,C,X", **dict.fromkeys("ABCX", "return_to_sender"))
        self._send(self._turned(picking), "D")
        self._arrive("D")
        self.assert_arrived(order)

    def test_second_return_is_not_booked(self):
        """One of two parcels that came back lies at the door, and the order counts as arrived."""
        order, picking = self._left(
            "A,B,C", A="return_to_sender", B="return_to_sender", C="delivered"
        )
        self._send(self._turned(picking, 1, 0, 0), "D")
        self._arrive("D", day=7)
        self.assert_waits(order)
        self._send(self._turned(picking, 0, 1, 0), "E")
        self.assert_waits(order)
        self._arrive("E")
        self.assert_arrived(order)

    def test_second_parcel_turns_round_later(self):
        """As many pieces are back as parcels, but all were in the one that was there by then."""
        order, picking = self._left("A,B,C", A="return_to_sender", C="delivered")
        self._send(self._turned(picking, 1, 1, 0), "D")
        self._track("B", "return_to_sender", at="2100-01-01T10:00:00Z")
        self._arrive("D", day=7)
        self.assert_waits(order)
        self._send(self._turned(picking, 0, 0, 1), "E")
        self._arrive("E")
        self.assert_arrived(order)

    def test_second_return_is_only_prepared(self):
        """A return is expected of which the carrier told, and the order does not wait for it."""
        order, picking = self._left(
            "A,B,C", A="return_to_sender", B="return_to_sender", C="delivered"
        )
        expected = self._to_be_turned(picking, 0, 0, 1)
        self._send(self._turned(picking, 1, 1, 0), "D")
        self._arrive("D", day=7)
        self.assert_waits(order)
        expected.move_ids.quantity = 1
        self._send(self._done(expected), "E")
        self._arrive("E")
        self.assert_arrived(order)

    def test_part_of_the_return_is_sent(self):
        """Of two products that came back one is on its way again, and the other still here."""
        order, picking = self._left(
            "A,B,C", A="return_to_sender", B="return_to_sender", C="delivered"
        )
        back = self._turned(picking, 1, 1, 0)
        self._send(back, "D", 1, 0)
        self._arrive("D", day=7)
        self.assert_waits(order)
        self._send(back, "E", 0, 1)
        self._arrive("E")
        self.assert_arrived(order)

    def test_two_in_one_parcel_that_comes_back(self):
        """What was sent again comes back as well, and nobody knows the third attempt."""
        order, picking = self._left(
            "A,B,C", A="return_to_sender", B="return_to_sender", C="delivered"
        )
        second = self._send(self._turned(picking, 1, 1, 0), "D")
        self._track("D", "return_to_sender")
        self._send(self._turned(second), "F")
        self.assert_waits(order)
        self._arrive("F")
        self.assert_arrived(order)

    def test_came_back_twice(self):
        """The only parcel is sent a third and a fourth time, and the order waits for ever."""
        order, picking = self._left("ONE", ONE="return_to_sender")
        second = self._send(self._turned(picking), "TWO")
        self._track("TWO", "return_to_sender")
        third = self._send(self._turned(second), "THREE")
        self._track("THREE", "return_to_sender")
        self._send(self._turned(third), "FOUR")
        self.assert_waits(order)
        self._arrive("FOUR")
        self.assert_arrived(order)

    def test_between_companies(self):
        """A sister company buys: its goods go by way of a transit, and are lost there."""
        transit = self.env.ref("stock.stock_location_inter_company")
        transit.active = True
        order = self._order(id=2, name="#1002")
        picking = self._first(order)
        picking.location_dest_id = transit
        picking.move_ids.write({"location_dest_id": transit.id, "picked": True})
        picking._action_done()
        self._book(picking, tracking="ONE,TWO")
        self._track("ONE", "return_to_sender")
        self._track("TWO", "delivered")
        again = self._send(self._turned(picking, 1, 0, 0), "AGAIN")
        self.assertEqual(again.move_ids.location_dest_usage, "transit")
        self._arrive("AGAIN")
        self.assert_arrived(order)

    def test_sold_by_the_dozen(self):
        """A dozen in two parcels counts as less than two."""
        order = self._order(id=2, name="#1002")
        picking = self._first(order)
        picking.move_ids[0].product_uom = self.env.ref("uom.product_uom_dozen")
        picking.move_ids[0].quantity = 1
        self._book(self._done(picking), tracking="A,B,C")
        self._track("A", "return_to_sender")
        self._track("B", "return_to_sender")
        self._track("C", "delivered")
        self._send(self._turned(picking, 1, 0, 0), "D")
        self._arrive("D")
        self.assert_arrived(order)

    def _refunded(self, picking, *quantities):
        """:return: the delivery that sends again what came back, and the order changed with it"""
        back = self._to_be_turned(picking, *quantities)
        back.move_ids.to_refund = True
        again = self._to_be_turned(self._done(back))
        again.move_ids.to_refund = True
        self._done(again).carrier_tracking_ref = "AGAIN"
        return again

    def test_order_changes_with_what_comes_back(self):
        """With *Update quantities* the order waits for two deliveries, and hears of one."""
        order, picking = self._left("A,B", A="return_to_sender", B="delivered")
        again = self._refunded(picking, 1, 0, 0)
        self.assert_waits(order)
        self._arrive("AGAIN")
        self.assert_arrived(order)
        self.assertEqual(self._evidence(order), {picking.id, again.id})

    def test_order_changes_with_all_that_comes_back(self):
        """The delivery that is there no more counts beside the one that took its place."""
        order, picking = self._left("A", A="return_to_sender")
        again = self._refunded(picking)
        self._arrive("AGAIN")
        self.assert_arrived(order)
        self.assertEqual(self._evidence(order), {again.id})

    def test_first_part_left_without_a_carrier(self):
        """A piece of it is sent again, and the order arrives while the other part travels."""
        order = self._order((2, 1, 1), id=2, name="#1002")
        picking = self._first(order)
        picking.move_ids[0].picked = True
        picking._action_done()
        rest = self._done(picking.backorder_ids)
        self._book(rest, tracking="REST")
        again = self._refunded(picking, 1)
        self._arrive("AGAIN")
        self.assert_waits(order)
        self.assertEqual(self._evidence(order), {again.id})
        self._arrive("REST", day=10)
        self.assertEqual(self._evidence(order), {again.id, rest.id})

    def test_return_tells_of_no_other(self):
        """It came back twice, and what travels is taken for the return of before."""
        first = self._turned(self.shipped)
        second = self._turned(self._turned(first))
        self.assertEqual(second.picking_type_code, "incoming")
        second.carrier_tracking_ref = "BACK"
        self.assertEqual(second._integration_tells_of(), second)

    def test_circle_of_returns(self):
        """Somebody imported moves that are returns of each other: the event never ends."""
        order, picking = self._left("ONE", ONE="return_to_sender")
        again = self._send(self._turned(picking), "TWO")
        picking.move_ids.origin_returned_move_id = self._turned(again).move_ids[0]
        self.assertFalse(picking._integration_arrived_at())
        self._arrive("TWO")
        self.assertTrue(picking._integration_arrived_at())
        self.assertEqual(order.invoice_ids.mapped("state"), ["posted"])
