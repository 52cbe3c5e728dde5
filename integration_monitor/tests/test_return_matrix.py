"""Which documents belong to which return, and what they do to its milestones."""

from odoo.tests import tagged

from .common_return import ReturnCommon


@tagged("post_install", "-at_install")
class TestReturnMatrix(ReturnCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ordered, cls.billed = cls.delivered()
        cls.delivery = cls.ordered.picking_ids
        cls.announced = cls.announce(cls.delivery)
        cls.three_delivered = cls.delivered(quantity=3)

    def test_full_return(self):
        """Everything came back and was refunded, and nobody sees how far that is."""
        back = self.announced
        owner = self.owner(back)
        self.assertEqual(owner.process_id.code, "returns")
        self.assertEqual((owner.name, owner.partner_id), (back.name, self.customer))
        self.assertEqual(owner.amount_total, 200)
        self.assertEqual((owner.state, owner.waits_for_step_id.code), ("in_progress", "returned"))
        self.assertStates(
            back, announced="reached", return_label=None, in_transit=None, returned="pending",
            stored=None, replaced=None, credited="pending", refunded="pending",
        )  # fmt: skip
        self.assertEqual(self.roles(back), ["return", "sale"])
        self.ship(back)
        self.assertStates(back, returned="reached", credited="pending")
        self.assertEqual(owner.waits_for_step_id.code, "credited")
        refund = self.credit(self.billed)
        self.assertStates(back, credited="reached", refunded="pending")
        self.assertEqual(owner.waits_for_step_id.code, "refunded")
        self.pay(refund)
        self.assertStates(back, refunded="reached")
        self.assertEqual((owner.state, owner.cause), ("completed", "none"))
        self.assertEqual(self.roles(back), ["payment", "refund", "return", "sale"])

    def test_own_correlation(self):
        """The return writes into the transaction of its order, or is known by no id."""
        order, back = self.ordered, self.announced
        self.assertTrue(back.integration_correlation_id)
        self.assertEqual(back.integration_correlation_id, self.owner(back).correlation_id)
        self.assertNotEqual(back.integration_correlation_id, order.integration_correlation_id)
        self.assertFalse(self.delivery.integration_correlation_id)

    def test_order_and_return_know_each_other(self):
        """From the order nobody finds its return, or the order shows the state of its return."""
        order, back = self.ordered, self.announced
        links = self.owner(order).document_ids.filtered(lambda link: link.role == "return")
        self.assertEqual(links.mapped("res_id"), back.ids)
        sold = self.owner(back).document_ids.filtered(lambda link: link.role == "sale")
        self.assertEqual((sold.document_name, sold.res_id), (order.name, order.id))
        self.assertEqual(order.integration_transaction_ids, self.owner(order))
        self.assertEqual(back.integration_transaction_ids, self.owner(order) | self.owner(back))

    def test_part_of_the_goods(self):
        """A credit note of one piece is taken for all that came back, or the other way round."""
        order, invoice = self.delivered(quantity=5)
        back = self.announce(order.picking_ids, quantity=2)
        self.assertEqual(self.owner(back).amount_total, 200)
        self.ship(back)
        first = self.credit(invoice, quantity=1)
        self.assertStates(back, credited="partial", refunded="pending")
        self.assertEqual(self.counts(back, "credited"), (1, 2))
        second = self.credit(invoice, quantity=1)
        self.assertStates(back, credited="reached")
        self.pay(first)
        self.assertStates(back, refunded="partial")
        self.pay(second)
        self.assertEqual(self.owner(back).state, "completed")

    def test_short_return(self):
        """One of two pieces came, and the return counts as complete."""
        back = self.announced
        self.ship(back, quantity=1)
        self.assertEqual(self.counts(back, "returned"), (1, 2))
        rest = self.env["stock.picking"].search([("backorder_id", "=", back.id)])
        self.assertFalse(self.owner(rest))
        self.assertEqual(self.roles(back), ["return", "return", "sale"])
        self.ship(rest)
        self.assertEqual(self.counts(back, "returned"), (2, 2))

    def test_rest_of_a_return_is_given_up(self):
        """One of two pieces never comes, and its money is returned for ever."""
        back = self.announced
        self.ship(back, quantity=1)
        self.env["stock.picking"].search([("backorder_id", "=", back.id)]).action_cancel()
        self.record()
        self.assertStates(back, returned="reached")
        self.pay(self.credit(self.billed, quantity=1))
        self.assertEqual(self.owner(back).state, "completed")

    def test_two_returns_of_one_delivery(self):
        """The credit note of the first return closes the second."""
        order, invoice = self.three_delivered
        delivery = order.picking_ids
        first = self.announce(delivery, quantity=1)
        self.ship(first)
        second = self.announce(delivery, quantity=2)
        self.ship(second)
        refund = self.credit(invoice, quantity=1)
        self.assertStates(first, credited="reached")
        self.assertStates(second, credited="pending")
        self.pay(refund)
        self.assertEqual(self.owner(first).state, "completed")
        self.assertEqual(self.owner(second).state, "in_progress")
        self.pay(self.credit(invoice, quantity=2))
        self.assertEqual(self.owner(second).state, "completed")

    def test_one_refund_of_two_returns(self):
        """A credit note of all goods answers the first return alone."""
        order, invoice = self.three_delivered
        delivery = order.picking_ids
        first = self.announce(delivery, quantity=1)
        second = self.announce(delivery, quantity=2)
        self.ship(first | second)
        refund = self.credit(invoice)
        for back in (first, second):
            self.assertStates(back, credited="reached")
            self.assertIn(self.owner(back), refund.integration_transaction_ids)
        self.pay(refund)
        for back in (first, second):
            self.assertEqual(self.owner(back).state, "completed")

    def test_goods_of_two_orders(self):
        """A delivery of two orders comes back, and the return belongs to one of them."""
        orders = self.order() | self.order()
        merged = orders[0].picking_ids
        orders[1].picking_ids.move_ids.picking_id = merged
        self.ship(merged)
        invoice = self.invoice(orders)
        self.pay(invoice)
        back = self.announce(merged)
        sold = self.owner(back).document_ids.filtered(lambda link: link.role == "sale")
        self.assertEqual(sorted(sold.mapped("res_id")), orders.ids)
        self.assertEqual(self.owner(back).amount_total, 400)
        self.ship(back)
        self.pay(self.credit(invoice))
        self.assertEqual(self.owner(back).state, "completed")

    def test_without_refund(self):
        """Goods that come back for a repair wait for a credit note."""
        order, _invoice = self.delivered()
        back = self.announce(order.picking_ids, refund=False)
        self.assertEqual(self.counts(back, "credited"), (0, 0))
        self.ship(back)
        self.assertStates(back, returned="reached", credited=None, refunded=None)
        self.assertEqual(self.owner(back).state, "completed")

    def test_before_the_invoice(self):
        """What nobody was asked money for waits for a credit note."""
        self.product.invoice_policy = "delivery"
        order, _none = self.delivered(invoiced=False)
        back = self.announce(order.picking_ids, quantity=1)
        self.ship(back)
        self.assertEqual(self.owner(back).state, "completed")
        self.invoice(order)
        self.assertEqual(self.owner(back).state, "completed")

    def test_invoice_after_the_return(self):
        """The invoice asks for what came back, and nobody waits for a credit note."""
        order, _none = self.delivered(invoiced=False)
        back = self.announce(order.picking_ids)
        self.ship(back)
        self.assertEqual(self.owner(back).state, "completed")
        self.invoice(order)
        self.assertEqual(self.owner(back).state, "in_progress")
        self.assertEqual(self.owner(back).waits_for_step_id.code, "credited")

    def test_cancelled_return(self):
        """A return that nobody sends is awaited for ever."""
        back = self.announced
        back.action_cancel()
        self.record()
        self.assertEqual(self.owner(back).state, "cancelled")
        self.assertFalse(self.owner(back).waits_for_step_id)
        self.assertEqual(self.owner(self.ordered).state, "completed")

    def test_refund_reset_to_draft(self):
        """A credit note is taken back, and the return stays credited."""
        back = self.announced
        self.ship(back)
        refund = self.credit(self.billed)
        refund.button_draft()
        self.record()
        self.assertStates(back, credited="pending")
        credited = self.owner(back).milestone_ids.filtered(lambda m: m.step_id.code == "credited")
        self.assertEqual([entry["to"] for entry in credited.history], ["pending"])
        refund.action_post()
        self.record()
        self.assertStates(back, credited="reached")
        self.assertEqual(self.counts(back, "credited"), (1, 1))

    def test_cancelled_refund(self):
        """The credit note was cancelled, and nobody waits for another one."""
        back = self.announced
        self.ship(back)
        refund = self.credit(self.billed)
        refund.button_draft()
        refund.button_cancel()
        self.record()
        self.assertStates(back, credited="pending")
        self.credit(self.billed)
        self.assertStates(back, credited="reached")

    def test_refund_paid_and_unreconciled(self):
        """The bank sends the money back, and the return stays done."""
        back = self.announced
        self.ship(back)
        refund = self.credit(self.billed)
        self.pay(refund)
        self.assertEqual(self.owner(back).state, "completed")
        refund.line_ids.remove_move_reconcile()
        self.record()
        self.assertStates(back, refunded="pending")
        self.assertEqual(self.owner(back).state, "in_progress")
        self.pay(refund)
        self.assertEqual(self.owner(back).state, "completed")

    def test_invoice_that_nobody_paid(self):
        """The credit note settles the invoice, and money that nobody has is to be returned."""
        order, invoice = self.delivered(paid=False)
        back = self.announce(order.picking_ids)
        self.ship(back)
        self.credit(invoice)
        self.assertStates(back, credited="reached", refunded="reached")
        self.assertEqual(self.owner(back).state, "completed")

    def test_deleted_return_takes_its_transaction_along(self):
        """Transactions of deleted returns open onto an error."""
        back = self.announced
        owner = self.owner(back)
        back.action_cancel()
        back.unlink()
        self.record()
        self.assertFalse(owner.exists())

    def test_delivery_without_an_order(self):
        """What was delivered by hand comes back, and stops the recorder."""
        kind = self.warehouse.out_type_id
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": kind.id,
                "partner_id": self.customer.id,
                "location_id": kind.default_location_src_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "move_ids": [
                    (0, 0, {
                        "product_id": self.product.id, "product_uom_qty": 1,
                        "location_id": kind.default_location_src_id.id,
                        "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                    })
                ],
            }
        )  # fmt: skip
        picking.action_confirm()
        self.ship(picking)
        self.assertFalse(self.owner(picking))
        back = self.announce(picking)
        self.assertEqual(self.owner(back).partner_id, self.customer)
        self.ship(back)
        self.assertEqual(self.owner(back).state, "completed")
