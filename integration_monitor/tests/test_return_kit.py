"""Kits come back: their moves bring components, their invoices ask for kits."""

from odoo.tests import tagged

from .common_kit import KitCommon
from .common_return import ReturnCommon


@tagged("post_install", "-at_install")
class TestReturnKit(KitCommon, ReturnCommon):
    def sold(self):
        """:return: an order of two kits that has left and is paid, and its invoice"""
        order = self.kits()
        self.ship_kits(order.picking_ids, 6, 2)
        invoice = self.invoice(order)
        self.pay(invoice)
        return order, invoice

    def back(self, order, screws, shades):
        """:return: the return of some components, which have come"""
        back = self.announce(order.picking_ids, quantity={self.screw: screws, self.shade: shades})
        self.ship(back)
        self.delivered(order)
        return back

    def test_one_kit_of_two(self):
        """Nobody waits for the money of one kit, or it is worth four."""
        order, invoice = self.sold()
        back = self.back(order, 3, 1)
        self.assertEqual(self.owner(back).amount_total, 100)
        self.assertStates(back, returned="reached", credited="pending")
        self.pay(self.credit(invoice, quantity=1))
        self.assertStates(back, credited="reached", refunded="reached")
        self.assertEqual(self.owner(back).state, "completed")

    def test_all_of_them(self):
        """The credit note of one kit answers the return of two."""
        order, invoice = self.sold()
        back = self.back(order, 6, 2)
        self.assertEqual(self.owner(back).amount_total, 200)
        self.credit(invoice, quantity=1)
        self.assertStates(back, credited="partial")
        self.credit(invoice, quantity=1)
        self.assertStates(back, credited="reached")

    def test_a_component(self):
        """A kit is broken up by what came back of it, and nobody credits it."""
        order, invoice = self.sold()
        back = self.back(order, 0, 1)
        self.assertStates(back, credited="pending")
        self.credit(invoice, quantity=1)
        self.assertStates(back, credited="reached")
