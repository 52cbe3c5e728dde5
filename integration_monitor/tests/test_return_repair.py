"""Goods that come back to be repaired: the order is delivered all the while."""

from odoo import Command
from odoo.tests import tagged

from .common_outcome import OutcomeCase
from .common_return import ReturnCommon


@tagged("post_install", "-at_install")
class TestReturnRepair(ReturnCommon, OutcomeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ordered, _invoice = cls.delivered()
        cls.delivery = cls.ordered.picking_ids

    def repair(self, delivery, **values):
        """:return: the done return of a delivery that leaves the order alone"""
        back = self.announce(delivery, refund=False, **values)
        self.ship(back)
        return back

    def again(self, back, refund=False):
        """:return: the transfer by which goods go to their owner again"""
        again = self.announce(back, refund=refund)
        self.assertEqual(again.picking_type_code, "outgoing")
        return again

    def test_completed_order(self):
        """An order that was shipped, invoiced and paid counts as cancelled, and has no figures."""
        order = self.ordered
        owner = self.owner(order)
        ended = owner.completed_at
        self.assertTrue(ended)
        back = self.repair(self.delivery)
        self.assertEqual(order.order_line.qty_delivered, 2)
        self.assertEqual((owner.state, owner.completed_at), ("completed", ended))
        again = self.again(back)
        self.assertEqual((owner.state, owner.completed_at), ("completed", ended))
        self.assertEqual(self.counts(order, "shipped"), (1, 1))
        shipped = owner.milestone_ids.filtered(lambda m: m.step_id.code == "shipped")
        before = shipped.reached_at, shipped.res_id
        self.ship(again)
        self.assertEqual((owner.state, owner.completed_at), ("completed", ended))
        self.assertEqual((shipped.reached_at, shipped.res_id), before)
        self.assertEqual(self.counts(order, "shipped"), (1, 1))
        links = owner.document_ids.filtered(
            lambda link: link.res_model == back._name and link.res_id in (back + again).ids
        )
        self.assertEqual(sorted(links.mapped("role")), ["again", "return"])

    def test_repair_is_done(self):
        """The goods were repaired and are with their owner, and the return counts as cancelled."""
        for refund in (False, True):
            back = self.repair(self.delivery)
            self.assertEqual(self.owner(back).state, "completed")
            self.ship(self.again(back, refund=refund))
            self.assertEqual(self.owner(back).state, "completed")
            self.assertIn("Everything of this return is done", self.owner(back).banner)

    def test_refused_beside_a_repair(self):
        """One product was repaired, the refund of another one refused: not all is undone."""
        other = self.env["product.product"].create({"name": "Shade", "is_storable": True})
        self.stock(other, 5)
        order = self.order(
            order_line=[
                Command.create({"product_id": product.id, "product_uom_qty": 1})
                for product in (self.product, other)
            ]
        )
        self.ship(order.picking_ids)
        self.pay(self.invoice(order))
        back = self.announce(order.picking_ids, refund=False)
        back.move_ids.filtered(lambda move: move.product_id == other).to_refund = True
        self.ship(back)
        self.ship(self.announce(back))
        self.assertEqual(self.owner(back).state, "completed")

    def test_sent_again_with_changed_quantities(self):
        """Odoo ticks *Update quantities* for the way to the customer: the order is open again."""
        again = self.again(self.repair(self.delivery), refund=True)
        self.assertEqual(self.owner(self.ordered).state, "completed")
        self.ship(again)
        self.assertEqual(self.owner(self.ordered).state, "completed")
        self.assertEqual(self.counts(self.ordered, "shipped"), (1, 1))

    def test_invoice_that_nobody_paid(self):
        """The customer owes the money, and Accounting is told to credit it."""
        order, invoice = self.delivered(paid=False)
        owner = self.owner(order)
        self.assertEqual(owner.waits_on, self.customer.name)
        self.repair(order.picking_ids)
        self.assertStates(order, shipped="reached", invoiced="reached", paid="pending")
        self.assertEqual((owner.cause, owner.waits_on), ("customer", self.customer.name))
        self.pay(invoice)
        self.assertEqual(owner.state, "completed")

    def test_comes_back_for_good(self):
        """What was repaired, sent again and then returned for good stays delivered."""
        self.product.invoice_policy = "delivery"
        order, invoice = self.delivered()
        again = self.again(self.repair(order.picking_ids))
        self.ship(again)
        self.ship(self.announce(again))
        self.assertEqual(order.order_line.qty_delivered, 0)
        self.pay(self.credit(invoice))
        self.assertEqual(self.owner(order).state, "cancelled")

    def test_in_part(self):
        """One of two is repaired, the other one comes back for good: one is still delivered."""
        self.repair(self.delivery, quantity=1)
        self.ship(self.announce(self.delivery, quantity=1))
        self.assertEqual(self.ordered.order_line.qty_delivered, 1)
        self.assertStates(self.ordered, shipped="reached")

    def test_outcome(self):
        """The order counts as cancelled, and the way back to the customer as a delivery."""
        again = self.again(self.repair(self.delivery))
        self.ship(again)
        self.roll_up()
        (ended,) = self.facts("order", self.owner(self.ordered))
        self.assertEqual((ended.order_count, ended.cancelled_count), (1, 0))
        self.assertTrue(self.facts("delivery", self.delivery)[0])
        self.assertFalse(self.facts("delivery", again)[0])
