"""Which documents belong to which purchase, and what they do to its milestones."""

from odoo import Command
from odoo.tests import tagged

from .common import PurchaseCommon


@tagged("post_install", "-at_install")
class TestPurchaseMatrix(PurchaseCommon):
    def _roles(self, order):
        return sorted(self.owner(order).document_ids.mapped("role"))

    def _counts(self, order, code):
        milestone = self.milestone(order, code)
        return milestone.reached_count, milestone.expected_count

    def test_draft_has_no_transaction(self):
        """The monitor fills with requests that nobody ordered."""
        order = self.purchase(confirm=False)
        self.assertFalse(self.owner(order))
        self.assertTrue(order.integration_correlation_id)
        order.order_line.product_qty = 7
        order.button_cancel()
        self.record()
        self.assertFalse(self.owner(order))

    def test_procure_to_pay(self):
        """A plain purchase is received, billed and paid, and its transaction stays open."""
        order = self.purchase()
        owner = self.owner(order)
        self.assertEqual(owner.process_id.code, "procure_to_pay")
        self.assertEqual(owner.correlation_id, order.integration_correlation_id)
        self.assertEqual(owner.state, "in_progress")
        self.assertEqual(owner.waits_for_step_id.code, "received")
        self.assertStates(order, ordered="reached", received="pending", put_away="pending")
        self.ship(order.picking_ids)
        self.assertStates(
            order, sent="skipped", acknowledged="reached", announced="skipped", received="reached"
        )
        self.assertEqual(owner.waits_for_step_id.code, "billed")
        bill = self.bill(order)
        self.assertStates(order, put_away="skipped", billed="reached", matched="reached")
        self.assertEqual(owner.waits_for_step_id.code, "paid")
        self.pay(bill)
        self.assertStates(order, paid="reached")
        self.assertEqual(owner.state, "completed")
        self.assertTrue(owner.completed_at)
        self.assertEqual(self._roles(order), ["bill", "in", "order", "payment"])

    def test_reference_carries_the_correlation(self):
        """What follows a receipt loses the purchase's correlation."""
        order = self.purchase()
        self.assertEqual(
            order.reference_ids.integration_correlation_id, order.integration_correlation_id
        )
        self.assertNotEqual(
            order.copy().integration_correlation_id, order.integration_correlation_id
        )

    def test_approval(self):
        """A purchase that a manager has to approve is followed only when he did."""
        self.company.write({"po_double_validation": "two_step",
                            "po_double_validation_amount": 10})  # fmt: skip
        self.env.user.group_ids -= self.env.ref("purchase.group_purchase_manager")
        self.env.user.group_ids += self.env.ref("purchase.group_purchase_user")
        order = self.purchase()
        self.assertEqual(order.state, "to approve")
        owner = self.owner(order)
        self.assertEqual(owner.waits_for_step_id.code, "ordered")
        self.assertEqual(owner.waits_on, "Purchasing")
        order.sudo().button_approve()
        self.record()
        self.assertStates(order, ordered="reached")
        self.assertEqual(owner.waits_for_step_id.code, "received")

    def test_receipt_in_two_steps(self):
        """Goods at the door count as put away, or the put-away is missing."""
        self.warehouse.reception_steps = "two_steps"
        order = self.purchase()
        self.assertEqual(self._counts(order, "put_away"), (0, 1))
        self.ship(self.open_transfers(order))
        self.assertStates(order, received="reached", put_away="pending")
        self.assertEqual(self._roles(order), ["in", "order", "put_away"])
        self.ship(self.open_transfers(order))
        self.assertStates(order, put_away="reached")
        self.assertEqual(self.owner(order).waits_for_step_id.code, "billed")

    def test_receipt_in_three_steps(self):
        """The quality control counts as the place in the shelf."""
        self.warehouse.reception_steps = "three_steps"
        order = self.purchase()
        self.ship(self.open_transfers(order))
        self.assertStates(order, received="reached", put_away="pending")
        self.ship(self.open_transfers(order))
        self.assertStates(order, put_away="pending")
        self.assertEqual(self._roles(order), ["in", "order", "put_away", "quality"])
        self.ship(self.open_transfers(order))
        self.assertStates(order, put_away="reached")

    def test_part_put_away(self):
        """What is left at the door is forgotten when the first pieces are in the shelf."""
        self.warehouse.reception_steps = "two_steps"
        order = self.purchase()
        self.ship(self.open_transfers(order))
        self.ship(self.open_transfers(order), quantity=2)
        self.assertStates(order, put_away="partial")
        self.assertEqual(self._counts(order, "put_away"), (1, 2))
        self.ship(self.open_transfers(order))
        self.assertStates(order, put_away="reached")

    def test_back_order(self):
        """A short receipt counts as everything, and the rest is forgotten."""
        order = self.purchase()
        self.ship(order.picking_ids, quantity=2)
        self.assertStates(order, received="partial")
        self.assertEqual(self._counts(order, "received"), (1, 2))
        first = self.bill(order)
        self.assertStates(order, billed="partial", matched="partial")
        self.ship(self.open_transfers(order))
        second = self.bill(order)
        self.assertEqual(len(first | second), 2)
        self.assertStates(order, received="reached", billed="reached", matched="reached")

    def test_cancelled_back_order(self):
        """The rest is given up, and the purchase waits for it for ever."""
        order = self.purchase()
        self.ship(order.picking_ids, quantity=2)
        self.open_transfers(order).action_cancel()
        self.record()
        self.assertStates(order, received="reached")
        self.pay(self.bill(order))
        self.assertEqual(self.owner(order).state, "completed")

    def test_everything_sent_back(self):
        """All goods went back to the vendor, and the purchase counts as received."""
        order = self.purchase()
        self.ship(order.picking_ids)
        self.send_back(order.picking_ids)
        received = self.milestone(order, "received")
        self.assertStates(order, received="pending")
        self.assertEqual(received.history[-1]["from"], "reached")
        self.assertEqual(self._roles(order), ["in", "order", "return"])
        self.assertEqual(self.owner(order).state, "cancelled")

    def test_sent_back_from_the_shelf(self):
        """What was put away and goes back all the same counts as in the shelf, or as received."""
        self.warehouse.reception_steps = "two_steps"
        order = self.purchase()
        receipt = order.picking_ids
        self.ship(receipt)
        put_away = self.open_transfers(order)
        self.ship(put_away)
        self.send_back(put_away)
        self.assertStates(order, received="reached", put_away="pending")
        self.send_back(receipt)
        self.assertStates(order, received="pending", put_away="pending")
        self.assertEqual(self.owner(order).state, "cancelled")

    def test_part_sent_back(self):
        """One piece went back, and the whole receipt counts as undone."""
        order = self.purchase()
        self.ship(order.picking_ids)
        self.send_back(order.picking_ids, quantity=1)
        self.assertStates(order, received="reached")
        self.pay(self.bill(order))
        self.assertEqual(self.owner(order).state, "completed")

    def test_sent_back_after_the_bill(self):
        """A part went back after it was billed, and nobody misses the refund."""
        order = self.purchase()
        self.ship(order.picking_ids)
        bill = self.bill(order)
        self.pay(bill)
        self.assertEqual(self.owner(order).state, "completed")
        self.send_back(order.picking_ids, quantity=2)
        owner = self.owner(order)
        self.assertEqual(owner.state, "in_progress")
        self.assertStates(order, billed="partial")
        refund = self.bill(order)
        self.assertEqual(refund.move_type, "in_refund")
        self.assertStates(order, billed="reached")
        self.assertIn("refund", self._roles(order))

    def test_two_purchases_in_one_bill(self):
        """The second purchase of a bill never gets billed or paid."""
        orders = self.purchase() | self.purchase()
        self.ship(orders.picking_ids)
        bill = self.bill(orders)
        self.assertEqual(len(bill), 1)
        self.assertEqual(bill.integration_transaction_count, 2)
        self.pay(bill)
        for order in orders:
            self.assertStates(order, billed="reached", matched="reached", paid="reached")
            self.assertEqual(self.owner(order).state, "completed")

    def test_one_payment_for_two_bills(self):
        """A payment of two bills reaches the first purchase alone."""
        orders = [self.purchase(), self.purchase()]
        for order in orders:
            self.ship(order.picking_ids)
        bills = self.env["account.move"].union(*(self.bill(order) for order in orders))
        payment = self.pay(bills)
        self.assertEqual(len(payment), 1)
        for order in orders:
            self.assertStates(order, paid="reached")
            self.assertIn("payment", self._roles(order))

    def test_part_payment_and_unreconciliation(self):
        """The bank takes the money back, and the bill stays paid."""
        order = self.purchase()
        self.ship(order.picking_ids)
        bill = self.bill(order)
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
        order = self.purchase()
        self.ship(order.picking_ids)
        bill = self.bill(order)
        self.refund(bill)
        self.assertStates(order, billed="partial", paid="partial")
        self.assertEqual(self.owner(order).waits_for_step_id.code, "billed")

    def test_bill_reset_to_draft_and_cancelled(self):
        """A bill is taken back, and the purchase stays billed."""
        order = self.purchase()
        self.ship(order.picking_ids)
        bill = self.bill(order)
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
        self.goods.purchase_method = "purchase"
        order = self.purchase()
        bill = self.bill(order)
        self.assertStates(order, billed="reached", matched="reached", received="pending")
        self.assertEqual(self.owner(order).waits_for_step_id.code, "received")
        self.pay(bill)
        self.ship(order.picking_ids)
        self.assertEqual(self.owner(order).state, "completed")

    def test_another_price(self):
        """A bill that asks for more than was agreed is waved through."""
        order = self.purchase()
        self.ship(order.picking_ids)
        bill = self.bill(order, price_unit=11.0)
        self.assertStates(order, billed="reached", matched="pending")
        owner = self.owner(order)
        self.assertEqual(owner.waits_for_step_id.code, "matched")
        self.assertIn(bill.name, owner.cause_text)
        order.order_line.price_unit = 11.0
        self.record()
        self.assertStates(order, matched="reached")

    def test_more_billed_than_received(self):
        """A bill of six for five pieces is waved through; one in dozens is refused."""
        order = self.purchase()
        self.ship(order.picking_ids)
        self.bill(order, quantity=6)
        self.assertStates(order, matched="pending")
        dozens = self.purchase(quantity=1, confirm=False, price=120.0)
        dozens.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        dozens.order_line.price_unit = 120.0
        dozens.button_confirm()
        self.record()
        self.ship(dozens.picking_ids)
        unit = self.env.ref("uom.product_uom_unit").id
        self.bill(dozens, product_uom_id=unit, quantity=12, price_unit=10.0)
        self.assertStates(dozens, matched="reached")

    def test_cancelled_and_taken_up_again(self):
        """A cancelled purchase is awaited for ever, or stays cancelled when it is ordered again."""
        order = self.purchase()
        order.button_cancel()
        self.record()
        owner = self.owner(order)
        self.assertEqual(owner.state, "cancelled")
        self.assertFalse(owner.waits_for_step_id)
        order.button_draft()
        self.record()
        order.button_confirm()
        self.record()
        self.assertEqual(self.owner(order), owner)
        self.assertEqual((owner.state, owner.waits_for_step_id.code), ("in_progress", "received"))
        self.ship(self.open_transfers(order))
        self.assertStates(order, received="reached")

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

    def test_two_receipts_merged_by_lines(self):
        """A line added later comes with the same receipt, and the purchase forgets it."""
        order = self.purchase()
        self.ship(order.picking_ids)
        self.assertStates(order, received="reached")
        order.write(
            {"order_line": [Command.create({"product_id": self.product.id, "product_qty": 1,
                                            "price_unit": 50.0})]}
        )  # fmt: skip
        self.record()
        self.assertStates(order, received="partial")
        self.ship(self.open_transfers(order))
        self.assertStates(order, received="reached")

    def test_bought_for_an_order(self):
        """The receipt of a purchase for one customer belongs to the order alone, or its delivery
        to the purchase."""
        routes = self.env.ref("stock.route_warehouse0_mto") | self.warehouse.buy_pull_id.route_id
        self.env.ref("stock.route_warehouse0_mto").active = True
        self.goods.write(
            {
                "route_ids": [Command.set(routes.ids)],
                "seller_ids": [Command.create({"partner_id": self.vendor.id, "price": 10.0})],
            }
        )
        sale = self.order(product=self.goods, quantity=5)
        bought = self.env["purchase.order"].search(
            [("order_line.product_id", "=", self.goods.id)]
        )
        self.assertEqual(len(bought), 1)
        bought.button_confirm()
        self.record()
        self.assertEqual(self._roles(bought), ["in", "order"])
        self.assertNotEqual(self.owner(bought), self.owner(sale))
        receipt = bought.picking_ids
        self.ship(receipt)
        self.assertStates(bought, received="reached")
        self.assertEqual(receipt.integration_transaction_count, 2)
        self.ship(sale.picking_ids.filtered(lambda p: p.state == "assigned"))
        self.assertStates(sale, shipped="reached")
        self.assertEqual(self._roles(bought), ["in", "order"])

    def test_deleted_purchase(self):
        """Transactions of deleted purchases open onto an error."""
        order = self.purchase()
        owner = self.owner(order)
        order.button_cancel()
        order.unlink()
        self.assertFalse(owner.exists())
