"""Receipts and returns that moved less than demanded, where the rest was given up."""

from odoo.tests import tagged

from odoo.addons.integration_monitor.tests.common_return import ReturnCommon

from .common import PurchaseCommon


@tagged("post_install", "-at_install")
class TestPurchaseNoBackOrder(PurchaseCommon, ReturnCommon):
    def test_part_of_a_return(self):
        """Three of five went back, and the purchase counts as undone, while we keep two."""
        order = self.purchase(quantity=5)
        receipt = order.picking_ids
        self.ship(receipt)
        self.ship_short(self.announce(receipt), 3)
        self.assertEqual(order.order_line.qty_received, 2)
        self.assertStates(order, received="reached")
        self.pay(self.bill(order))
        self.assertEqual(self.owner(order).state, "completed")

    def test_all_of_a_short_receipt(self):
        """Three of five came and went back, and the purchase counts as received."""
        order = self.purchase(quantity=5)
        receipt = order.picking_ids
        self.ship_short(receipt, 3)
        self.assertStates(order, received="reached")
        self.send_back(receipt)
        self.assertEqual((order.order_line.qty_received, order.invoice_status), (0, "no"))
        self.assertStates(order, received="pending")
        self.assertEqual(self.owner(order).state, "cancelled")

    def test_put_away_again(self):
        """Two of five were put away of what came, and go back to the dock as all of it."""
        self.warehouse.reception_steps = "two_steps"
        order = self.purchase(quantity=5)
        self.ship(order.picking_ids)
        put_away = self.open_transfers(order)
        self.ship(put_away)
        self.ship_short(self.announce(put_away), 2)
        self.assertStates(order, received="reached", put_away="reached")
