"""Kits come back: their moves bring components, their invoices ask for kits."""

from odoo.tests import tagged

from .common_kit import KitCommon
from .common_return import ReturnCommon


@tagged("post_install", "-at_install")
class TestReturnKit(KitCommon, ReturnCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Two kits have left and are paid.
        cls.ordered = cls.kits()
        cls.ship_kits(cls.ordered.picking_ids, 6, 2)
        cls.billed = cls.invoice(cls.ordered)
        cls.pay(cls.billed)

    def back(self, screws, shades):
        """:return: the return of some components, which have come"""
        back = self.announce(
            self.ordered.picking_ids, quantity={self.screw: screws, self.shade: shades}
        )
        self.ship(back)
        self.delivered(self.ordered)
        return back

    def test_one_kit_of_two(self):
        """Nobody waits for the money of one kit, or it is worth four."""
        back = self.back(3, 1)
        self.assertEqual(self.owner(back).amount_total, 100)
        self.assertStates(back, returned="reached", credited="pending")
        self.pay(self.credit(self.billed, quantity=1))
        self.assertStates(back, credited="reached", refunded="reached")
        self.assertEqual(self.owner(back).state, "completed")

    def test_all_of_them(self):
        """The credit note of one kit answers the return of two."""
        back = self.back(6, 2)
        self.assertEqual(self.owner(back).amount_total, 200)
        self.credit(self.billed, quantity=1)
        self.assertStates(back, credited="partial")
        self.credit(self.billed, quantity=1)
        self.assertStates(back, credited="reached")

    def test_a_component(self):
        """A kit is broken up by what came back of it, and nobody credits it."""
        back = self.back(0, 1)
        self.assertStates(back, credited="pending")
        self.credit(self.billed, quantity=1)
        self.assertStates(back, credited="reached")
