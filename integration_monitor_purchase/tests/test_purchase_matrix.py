"""Which documents belong to which purchase, and what they do to its milestones."""

from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .common import PurchaseCommon


@tagged("post_install", "-at_install")
class TestPurchaseMatrix(PurchaseCommon):
    """Of one purchase the goods are under way, of another one they came."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ordered = cls.purchase()
        cls.received = cls.purchase()
        cls.ship(cls.received.picking_ids)

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
        self.assertStates(order, ordered="reached", received="pending", put_away=None)
        self.ship(order.picking_ids)
        self.assertStates(
            order, sent=None, acknowledged="reached", announced=None, received="reached"
        )
        self.assertEqual(owner.waits_for_step_id.code, "billed")
        bill = self.bill(order)
        self.assertStates(order, put_away=None, billed="reached", matched="reached")
        self.assertEqual(owner.waits_for_step_id.code, "paid")
        self.pay(bill)
        self.assertStates(order, paid="reached")
        self.assertEqual(owner.state, "completed")
        self.assertTrue(owner.completed_at)
        self.assertEqual(self.roles(order), ["bill", "in", "order", "payment"])

    def test_reference_carries_the_correlation(self):
        """What follows a receipt loses the purchase's correlation."""
        order = self.ordered
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
        self.env.user.group_ids += self.env.ref("purchase.group_purchase_manager")
        order.button_approve()
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
        self.assertEqual(self.roles(order), ["in", "order", "put_away"])
        self.ship(self.open_transfers(order))
        self.assertStates(order, put_away="reached")
        self.assertEqual(self.owner(order).waits_for_step_id.code, "billed")

    def test_put_away_has_its_time(self):
        """Goods that came later than on the first day are late at once: they lie at the door."""
        self.warehouse.reception_steps = "two_steps"
        order = self.purchase()
        self.open_transfers(order).scheduled_date -= timedelta(days=3)
        self.record()
        confirmed = self.milestone(order, "ordered").sudo()
        confirmed.reached_at -= timedelta(days=3)
        self.env.flush_all()
        self.env.invalidate_all()
        self.ship(self.open_transfers(order))
        owner = self.owner(order)
        self.assertEqual(owner.waits_for_step_id.code, "put_away")
        self.assertEqual(owner.timeliness, "on_track")
        self.assertGreaterEqual(owner.due_at, owner.waits_since + timedelta(hours=8))

    def test_receipt_in_three_steps(self):
        """The quality control counts as the place in the shelf."""
        self.warehouse.reception_steps = "three_steps"
        order = self.purchase()
        self.ship(self.open_transfers(order))
        self.assertStates(order, received="reached", put_away="pending")
        self.ship(self.open_transfers(order))
        self.assertStates(order, put_away="pending")
        self.assertEqual(self.roles(order), ["in", "order", "put_away", "quality"])
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
        order = self.ordered
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
        order = self.ordered
        self.ship(order.picking_ids, quantity=2)
        self.open_transfers(order).action_cancel()
        self.record()
        self.assertStates(order, received="reached")
        self.pay(self.bill(order))
        self.assertEqual(self.owner(order).state, "completed")

    def test_everything_sent_back(self):
        """All goods went back to the vendor, and the purchase counts as received."""
        order = self.received
        self.send_back(order.picking_ids)
        received = self.milestone(order, "received")
        self.assertStates(order, received="pending")
        self.assertEqual(received.history[-1]["from"], "reached")
        self.assertEqual(self.roles(order), ["in", "order", "return"])
        self.assertEqual(self.owner(order).state, "cancelled")

    def test_everything_sent_back_and_billed(self):
        """Goods that went back are awaited, or one more bill of them, for ever."""
        order = self.received
        bill = self.bill(order)
        self.pay(bill)
        self.send_back(order.picking_ids)
        owner = self.owner(order)
        self.assertEqual(self._counts(order, "received"), (0, 0))
        self.assertEqual(self._counts(order, "billed"), (1, 1))
        self.assertEqual(owner.waits_for_step_id.code, "matched")
        self.assertIn("refund", owner.cause_text)
        refund = self.refund(bill)
        self.assertEqual(owner.waits_for_step_id.code, "paid")
        self.assertIn(refund.name, owner.cause_text)
        self.pay(refund)
        self.assertEqual(owner.state, "cancelled")

    def test_sent_back_before_it_is_in_the_shelf(self):
        """What went back from the door is awaited in the shelf."""
        self.warehouse.reception_steps = "two_steps"
        order = self.purchase()
        receipt = order.picking_ids
        self.ship(receipt)
        bill = self.bill(order)
        self.send_back(receipt)
        self.assertEqual(self._counts(order, "put_away"), (0, 0))
        self.assertEqual(self.owner(order).waits_for_step_id.code, "matched")
        self.refund(bill)
        self.assertEqual(self.owner(order).state, "cancelled")

    def test_sent_back_beside_a_service(self):
        """Goods went back, and the bill of what was done beside them is not awaited."""
        service = self.env["product.product"].create({"name": "Assembly", "type": "service"})
        order = self.purchase(confirm=False)
        line = {"product_id": service.id, "product_qty": 1, "price_unit": 5.0}
        order.write({"order_line": [Command.create(line)]})
        order.button_confirm()
        self.record()
        self.ship(order.picking_ids)
        self.send_back(order.picking_ids)
        owner = self.owner(order)
        self.assertEqual((owner.state, owner.waits_for_step_id.code), ("in_progress", "billed"))
        order.order_line[1:].qty_received = 1
        self.pay(self.bill(order))
        self.assertNotEqual(owner.state, "in_progress")

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
        order = self.received
        self.send_back(order.picking_ids, quantity=1)
        self.assertStates(order, received="reached")
        self.pay(self.bill(order))
        self.assertEqual(self.owner(order).state, "completed")

    def test_cancelled_and_taken_up_again(self):
        """A cancelled purchase is awaited for ever, or stays cancelled when it is ordered again."""
        order = self.ordered
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

    def test_two_receipts_merged_by_lines(self):
        """A line added later comes with the same receipt, and the purchase forgets it."""
        order = self.received
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
        bought = self.env["purchase.order"].search([("order_line.product_id", "=", self.goods.id)])
        bought -= self.ordered | self.received
        self.assertEqual(len(bought), 1)
        bought.button_confirm()
        self.record()
        self.assertEqual(self.roles(bought), ["in", "order", "sale"])
        self.assertNotEqual(self.owner(bought), self.owner(sale))
        receipt = bought.picking_ids
        self.ship(receipt)
        self.assertStates(bought, received="reached")
        self.assertEqual(receipt.integration_transaction_count, 2)
        self.ship(sale.picking_ids.filtered(lambda p: p.state == "assigned"))
        self.assertStates(sale, shipped="reached")
        self.assertEqual(self.roles(bought), ["in", "order", "sale"])

    def test_deleted_purchase(self):
        """Transactions of deleted purchases open onto an error."""
        order, owner = self.ordered, self.owner(self.ordered)
        order.button_cancel()
        order.unlink()
        self.assertFalse(owner.exists())
