"""Bills, refunds and payments of purchases, and what they do to the milestones."""

from odoo import Command
from odoo.tests import tagged

from .common import PurchaseCommon


@tagged("post_install", "-at_install")
class TestPurchaseBills(PurchaseCommon):
    """Of three purchases one came, one is billed as well, and one is billed before it comes."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.received = cls.purchase()
        cls.billed = cls.purchase()
        cls.ship((cls.received | cls.billed).picking_ids)
        cls.bill_of_goods = cls.bill(cls.billed)
        early = cls.env["product.product"].create(
            {
                "name": "Early Hook",
                "is_storable": True,
                "purchase_method": "purchase",
                "supplier_taxes_id": [Command.clear()],
            }
        )
        cls.billed_early = cls.purchase(product=early)
        cls.early_bill = cls.bill(cls.billed_early)

    def test_sent_back_after_the_bill(self):
        """A part went back after it was billed, and nobody misses the refund."""
        order, bill = self.billed, self.bill_of_goods
        self.pay(bill)
        self.assertEqual(self.owner(order).state, "completed")
        self.send_back(order.picking_ids, quantity=2)
        owner = self.owner(order)
        self.assertEqual(owner.state, "in_progress")
        self.assertStates(order, billed="partial")
        refund = self.bill(order)
        self.assertEqual(refund.move_type, "in_refund")
        self.assertStates(order, billed="reached")
        self.assertIn("refund", self.roles(order))

    def test_two_purchases_in_one_bill(self):
        """The second purchase of a bill never gets billed or paid."""
        other = self.purchase()
        self.ship(other.picking_ids)
        orders = self.received | other
        bill = self.bill(orders)
        self.assertEqual(len(bill), 1)
        self.assertEqual(bill.integration_transaction_count, 2)
        self.pay(bill)
        for order in orders:
            self.assertStates(order, billed="reached", matched="reached", paid="reached")
            self.assertEqual(self.owner(order).state, "completed")

    def test_one_payment_for_two_bills(self):
        """A payment of two bills reaches the first purchase alone."""
        orders = [self.billed, self.received]
        bills = self.bill_of_goods | self.bill(self.received)
        payment = self.pay(bills)
        self.assertEqual(len(payment), 1)
        for order in orders:
            self.assertStates(order, paid="reached")
            self.assertIn("payment", self.roles(order))

    def test_part_payment_and_unreconciliation(self):
        """The bank takes the money back, and the bill stays paid."""
        order, bill = self.billed, self.bill_of_goods
        self.pay(bill, amount=20)
        self.assertStates(order, paid="partial")
        self.pay(bill)
        self.assertStates(order, paid="reached")
        bill.line_ids.remove_move_reconcile()
        self.record()
        self.assertStates(order, paid="pending")
        owner = self.owner(order)
        self.assertEqual((owner.state, owner.waits_for_step_id.code), ("in_progress", "paid"))
        self.assertTrue(self.milestone(order, "paid").history)

    def test_refund_in_full(self):
        """A bill that was taken back whole is owed for ever."""
        order, bill = self.billed, self.bill_of_goods
        self.refund(bill)
        self.assertStates(order, billed="partial", paid="partial")
        self.assertEqual(self.owner(order).waits_for_step_id.code, "billed")

    def test_bill_reset_to_draft_and_cancelled(self):
        """A bill is taken back, and the purchase stays billed."""
        order, bill = self.billed, self.bill_of_goods
        bill.button_draft()
        self.record()
        self.assertStates(order, billed="pending", matched="pending")
        bill.action_post()
        self.record()
        self.assertStates(order, billed="reached")
        bill.button_draft()
        bill.button_cancel()
        self.record()
        self.assertStates(order, billed="pending")

    def test_bill_before_the_goods(self):
        """A bill for goods that never came counts as matched."""
        order, bill = self.billed_early, self.early_bill
        self.assertStates(order, billed="reached", matched="reached", received="pending")
        self.assertEqual(self.owner(order).waits_for_step_id.code, "received")
        self.pay(bill)
        self.ship(order.picking_ids)
        self.assertEqual(self.owner(order).state, "completed")

    def test_bill_before_the_goods_that_all_went_back(self):
        """The vendor owes the money of all, and the purchase counts as cancelled; or completed."""
        order, bill = self.billed_early, self.early_bill
        self.ship(order.picking_ids)
        self.pay(bill)
        owner = self.owner(order)
        self.send_back(order.picking_ids)
        self.assertEqual((owner.state, owner.waits_for_step_id.code), ("in_progress", "matched"))
        self.assertIn("refund", owner.cause_text)
        self.pay(self.refund(bill))
        self.assertEqual(owner.state, "cancelled")

    def test_goods_that_all_went_back_before_the_bill(self):
        """The bill of goods that nobody has is awaited for ever."""
        self.goods.purchase_method = "purchase"
        order = self.purchase()
        self.ship(order.picking_ids)
        self.send_back(order.picking_ids)
        self.assertEqual(self.owner(order).state, "cancelled")

    def test_bill_before_the_goods_of_which_some_went_back(self):
        """Nobody misses the refund of a part, or its bill is awaited once it is there."""
        order, bill = self.billed_early, self.early_bill
        self.ship(order.picking_ids)
        self.pay(bill)
        owner = self.owner(order)
        self.send_back(order.picking_ids, quantity=2)
        self.assertStates(order, billed="partial", matched="pending")
        self.assertEqual(owner.state, "in_progress")
        self.refunded(bill, 2)
        self.assertStates(order, billed="reached", matched="reached")
        self.assertEqual(owner.state, "completed")

    def test_bill_before_the_goods_of_which_some_never_came(self):
        """Five are billed and three came: the money for the rest is asked back by nobody."""
        order, bill = self.billed_early, self.early_bill
        self.pay(bill)
        self.ship_short(order.picking_ids, 3)
        owner = self.owner(order)
        self.assertStates(order, billed="partial", matched="pending")
        self.assertEqual(owner.state, "in_progress")
        self.assertIn("refund", owner.cause_text)
        self.send_back(order.picking_ids, quantity=1)
        self.pay(self.refunded(bill, 2))
        self.assertEqual(owner.state, "in_progress")
        self.pay(self.refunded(bill, 1))
        self.assertStates(order, billed="reached", matched="reached")
        self.assertEqual(owner.state, "completed")

    def test_rest_that_never_came_is_billed_by_nobody(self):
        """Three of five came and are billed, and the bill of the rest is awaited for ever."""
        self.goods.purchase_method = "purchase"
        order = self.purchase()
        self.ship_short(order.picking_ids, 3)
        self.pay(self.bill(order, quantity=3))
        self.assertStates(order, billed="reached", matched="reached")
        self.assertEqual(self.owner(order).state, "completed")

    def test_back_order_that_is_called_off(self):
        """As long as the rest may come its bill is right, and it stays so when it is called off."""
        order = self.billed_early
        self.pay(self.early_bill)
        self.ship(order.picking_ids, quantity=3)
        self.assertStates(order, billed="reached", matched="reached")
        self.open_transfers(order).action_cancel()
        self.record()
        self.assertStates(order, billed="partial", matched="pending")

    def test_service_beside_goods_that_all_went_back(self):
        """The advice was given, billed and paid, and its purchase counts as cancelled."""
        service = self.env["product.product"].create(
            {"name": "Advice", "type": "service", "purchase_method": "purchase"}
        )
        line = {"product_id": service.id, "product_qty": 1, "price_unit": 7, "tax_ids": []}
        order = self.purchase(confirm=False)
        order.write({"order_line": [Command.create(line)]})
        order.button_confirm()
        self.record()
        self.ship(order.picking_ids)
        self.send_back(order.picking_ids)
        self.assertEqual(self.owner(order).state, "in_progress")
        self.pay(self.bill(order))
        self.assertStates(order, billed="reached", matched="reached", paid="reached")
        self.assertEqual(self.owner(order).state, "completed")

    def refunded(self, bill, quantity):
        """:return: the vendor's refund of a part of a bill"""
        refund = self.refund(bill)
        refund.button_draft()
        refund.invoice_line_ids.quantity = quantity
        refund.action_post()
        self.record()
        return refund

    def test_another_price(self):
        """A bill that asks for more than was agreed is waved through."""
        order = self.received
        bill = self.bill(order, price_unit=11.0)
        self.assertStates(order, billed="reached", matched="pending")
        owner = self.owner(order)
        self.assertEqual(owner.waits_for_step_id.code, "matched")
        self.assertIn(bill.name, owner.cause_text)
        order.order_line.price_unit = 11.0
        self.record()
        self.assertStates(order, matched="reached")

    def test_a_wrong_bill_taken_back(self):
        """A bill that was wrong and was taken back holds the purchase up for ever."""
        order = self.received
        self.refund(self.bill(order, price_unit=11.0))
        self.assertStates(order, billed="partial", matched="partial")
        self.pay(self.bill(order))
        self.assertStates(order, billed="reached", matched="reached", paid="reached")
        self.assertEqual(self.owner(order).state, "completed")

    def test_more_billed_than_received(self):
        """A bill of six for five pieces is waved through; one in dozens is refused."""
        self.bill(self.received, quantity=6)
        self.assertStates(self.received, matched="pending")
        dozens = self.purchase(quantity=1, confirm=False, price=120.0)
        dozens.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        dozens.order_line.price_unit = 120.0
        dozens.button_confirm()
        self.record()
        self.ship(dozens.picking_ids)
        unit = self.env.ref("uom.product_uom_unit").id
        self.bill(dozens, product_uom_id=unit, quantity=12, price_unit=10.0)
        self.assertStates(dozens, matched="reached")

    def test_service(self):
        """A purchase of services waits for a receipt that never comes, or for nothing at all."""
        service = self.env["product.product"].create(
            {"name": "Advice", "type": "service", "purchase_method": "receive"}
        )
        order = self.purchase(product=service)
        owner = self.owner(order)
        self.assertEqual((owner.state, owner.waits_for_step_id.code), ("in_progress", "billed"))
        order.order_line.qty_received = 5
        self.record()
        self.pay(self.bill(order))
        self.assertStates(order, received="skipped", billed="reached")
        self.assertEqual(owner.state, "completed")
