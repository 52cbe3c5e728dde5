"""Ways that returned goods go: through the house, exchanged, or to the customer again."""

from odoo.tests import tagged

from .common_return import ReturnCommon


@tagged("post_install", "-at_install")
class TestReturnWays(ReturnCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ordered, cls.billed = cls.delivered()
        cls.delivery = cls.ordered.picking_ids
        cls.three_delivered = cls.delivered(quantity=3)

    def _new(self, order, *known):
        """:return: the transfers of an order that a step has made"""
        every = self.owner(order).document_ids.filtered(lambda d: d.res_model == "stock.picking")
        return (
            self.env["stock.picking"]
            .browse(every.mapped("res_id"))
            .filtered(
                lambda picking: picking not in known and picking.state not in ("done", "cancel")
            )
        )

    def _stored(self, back):
        """:return: open transfers that put the goods of a return away"""
        links = self.owner(back).document_ids.filtered(lambda link: link.role == "put_away")
        return (
            self.env["stock.picking"]
            .browse(links.mapped("res_id"))
            .filtered(lambda picking: picking.state not in ("done", "cancel"))
        )

    def test_two_steps(self):
        """Goods at the door count as put away, or the put-away is missing."""
        self.warehouse.reception_steps = "two_steps"
        back = self.announce(self.delivery)
        self.assertEqual(self.counts(back, "stored"), (0, 1))
        self.ship(back)
        self.assertStates(back, returned="reached", stored="pending", credited="pending")
        self.assertEqual(self.owner(back).waits_for_step_id.code, "stored")
        self.pay(self.credit(self.billed))
        self.assertEqual(self.owner(back).state, "in_progress")
        self.ship(self._stored(back))
        self.assertStates(back, stored="reached")
        self.assertEqual(self.owner(back).state, "completed")

    def test_three_steps(self):
        """The quality control counts as the place on the shelf."""
        self.warehouse.reception_steps = "three_steps"
        back = self.announce(self.delivery)
        self.ship(back)
        self.ship(self._stored(back))
        self.assertStates(back, stored="partial")
        self.assertEqual(self.counts(back, "stored"), (1, 2))
        self.ship(self._stored(back))
        self.assertStates(back, stored="reached")

    def test_put_away_leaves_the_order_alone(self):
        """The put-away of what came back counts as the picking of the order."""
        self.warehouse.reception_steps = "two_steps"
        order, _invoice = self.three_delivered
        self.assertEqual(self.owner(order).state, "completed")
        back = self.announce(order.picking_ids, quantity=1)
        self.ship(back)
        self.assertStates(order, allocated="reached", picked="reached", shipped="reached")
        self.assertEqual(self.owner(order).state, "completed")

    def test_pick_pack_ship(self):
        """What is returned of a delivery in three steps belongs to none."""
        self.warehouse.delivery_steps = "pick_pack_ship"
        order, invoice = self.delivered()
        delivery = order.picking_ids.filtered(lambda p: p.picking_type_code == "outgoing")
        back = self.announce(delivery)
        self.assertEqual(self.counts(back, "returned"), (0, 1))
        self.ship(back)
        self.assertEqual(self.owner(back).waits_for_step_id.code, "credited")
        self.pay(self.credit(invoice))
        self.assertEqual(self.owner(back).state, "completed")

    def test_return_of_a_pick_is_none(self):
        """What goes back to the shelf before it has left is a customer's return."""
        self.warehouse.delivery_steps = "pick_ship"
        order = self.order()
        pick = order.picking_ids
        self.ship(pick)
        back = self.announce(pick)
        self.assertFalse(self.owner(back))

    def test_exchange(self):
        """The exchange is not seen, or the customer gets goods and money."""
        back = self.announce(self.delivery, exchange=True)
        new = self._new(self.ordered, back)
        self.assertEqual(len(new), 1)
        self.assertIn("out", self.roles(back))
        self.assertStates(back, returned="pending", replaced="pending", credited=None)
        self.ship(back)
        self.assertEqual(self.owner(back).waits_for_step_id.code, "replaced")
        self.ship(new)
        self.assertStates(back, replaced="reached", credited=None)
        self.assertEqual(self.owner(back).state, "completed")

    def test_exchange_in_three_steps(self):
        """The exchange is picked, and counts as shipped."""
        self.warehouse.delivery_steps = "pick_pack_ship"
        order, _invoice = self.delivered()
        delivery = order.picking_ids.filtered(lambda p: p.picking_type_code == "outgoing")
        back = self.announce(delivery, exchange=True)
        self.ship(back)
        for _step in range(2):
            self.ship(self._new(order))
            self.assertStates(back, replaced="pending")
        self.ship(self._new(order))
        self.assertStates(back, replaced="reached")
        self.assertEqual(self.owner(back).state, "completed")

    def test_exchange_in_parts(self):
        """One of two pieces was sent anew, and the other one is forgotten."""
        back = self.announce(self.delivery, exchange=True)
        new = self._new(self.ordered, back)
        self.ship(back)
        self.ship(new, quantity=1)
        self.assertStates(back, replaced="partial", credited=None)
        self.ship(self._new(self.ordered))
        self.assertEqual(self.owner(back).state, "completed")

    def test_cancelled_exchange(self):
        """Nothing replaces what came back, and nobody returns the money."""
        back = self.announce(self.delivery, exchange=True)
        new = self._new(self.ordered, back)
        self.ship(back)
        new.action_cancel()
        self.record()
        self.assertEqual(self.owner(back).waits_for_step_id.code, "credited")
        self.pay(self.credit(self.billed))
        self.assertEqual(self.owner(back).state, "completed")

    def test_two_exchanges_of_one_order(self):
        """The exchange of the second return completes the first."""
        first = self.announce(self.delivery, quantity=1, exchange=True)
        self.ship(first)
        new = self._new(self.ordered)
        self.ship(new)
        self.assertEqual(self.owner(first).state, "completed")
        second = self.announce(self.delivery, quantity=1, exchange=True)
        self.ship(second)
        self.assertEqual(self.owner(first).state, "completed")
        self.assertStates(second, replaced="pending", credited=None)
        self.ship(self._new(self.ordered))
        self.assertEqual(self.owner(second).state, "completed")

    def test_sent_to_the_customer_again(self):
        """We refuse a return and send the goods back, and the customer's money is awaited."""
        back = self.announce(self.delivery)
        self.ship(back)
        again = self.announce(back)
        self.assertFalse(self.owner(again))
        self.ship(again)
        self.assertIn("out", self.roles(back))
        self.assertEqual(self.owner(back).state, "cancelled")

    def test_credited_goods_are_not_invoiced_again(self):
        """By ordered quantities an order waits for ever for an invoice of what came back."""
        order, invoice = self.three_delivered
        self.ship(self.announce(order.picking_ids, quantity=1))
        self.pay(self.credit(invoice, quantity=1))
        self.assertEqual(order.invoice_status, "to invoice")
        self.assertStates(order, invoiced="reached", paid="reached")
        self.assertEqual(self.owner(order).state, "completed")
        # What was credited although it stayed with the customer is invoiced again.
        self.pay(self.credit(invoice, quantity=1))
        self.assertStates(order, invoiced="partial")

    def test_order_goes_on(self):
        """A return opens its order again, or one whose goods all came back is not undone."""
        # By ordered quantities Odoo would want to invoice again what was refunded.
        self.product.invoice_policy = "delivery"
        order, invoice = self.delivered(quantity=3)
        delivery = order.picking_ids
        part = self.announce(delivery, quantity=1)
        self.ship(part)
        self.assertStates(order, shipped="reached", paid="partial")
        refund = self.credit(invoice, quantity=1)
        self.assertEqual(self.owner(order).state, "completed")
        rest = self.announce(delivery, quantity=2)
        self.ship(rest)
        self.pay(refund | self.credit(invoice, quantity=2))
        self.assertEqual(self.owner(order).state, "cancelled")

    def test_order_whose_goods_all_came_back(self):
        """The order asks for a credit note that is there, and nobody settles it."""
        self.product.invoice_policy = "delivery"
        order, _invoice = self.delivered(paid=False)
        self.ship(self.announce(order.picking_ids))
        owner = self.owner(order)
        self.assertIn("a credit note is missing", owner.cause_text)
        refund = order._create_invoices(final=True)
        self.assertEqual(refund.move_type, "out_refund")
        self.record()
        self.assertIn("has to be posted", owner.cause_text)
        refund.action_post()
        self.record()
        self.assertIn("has to be paid out", owner.cause_text)
        self.assertEqual(owner.waits_on, "Accounting")

    def test_order_whose_goods_all_came_back_is_not_late(self):
        """Nothing is to be shipped any more, and the order is late with its shipment."""
        order, invoice = self.delivered(paid=False, commitment_date="2031-03-05 10:00:00")
        self.ship(self.announce(order.picking_ids))
        owner = self.owner(order)
        self.assertStates(order, shipped="skipped", invoiced="reached", paid="pending")
        self.assertEqual(owner.waits_for_step_id.code, "paid")
        self.assertEqual(owner.due_step_id.code, "paid")
        self.assertEqual(owner.waits_on, "Accounting")
        shipped = owner.milestone_ids.filtered(lambda m: m.step_id.code == "shipped")
        self.assertEqual(shipped.history[-1]["from"], "reached")
        self.credit(invoice)
        self.assertEqual(owner.state, "cancelled")

    def test_money_of_what_came_back_altogether(self):
        """The invoice was paid, the credit note is not, and the order counts as completed."""
        order, invoice = self.delivered(commitment_date="2031-03-05 10:00:00")
        self.ship(self.announce(order.picking_ids))
        refund = self.credit(invoice)
        owner = self.owner(order)
        self.assertEqual((owner.state, owner.waits_for_step_id.code), ("in_progress", "paid"))
        self.assertIn("has to be paid out", owner.cause_text)
        self.assertNotEqual(owner.due_step_id.code, "shipped")
        self.pay(refund)
        self.assertEqual(owner.state, "cancelled")
