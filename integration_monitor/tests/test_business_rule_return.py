"""Rules over orders of which goods came back, were replaced, or went to the customer again."""

from odoo.tests import tagged

from .common_return_rule import ReturnRuleCase


@tagged("post_install", "-at_install")
class TestReturnNotRefunded(ReturnRuleCase):
    """Money is owed for what came back: no more, and no less."""

    check_code = "return_without_refund"

    def test_the_rest_is_to_come(self):
        """Two of four came back and are credited; the rest is invoiced and to be shipped: the
        credit note counts for what never left, and Accounting is told to pay twice."""
        order, invoice = self.half_came_back()
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 200.0)
        self.credit(invoice, quantity=2)
        self.assertClosed(exception)
        self.ship(order.picking_ids.filtered(lambda picking: picking.state == "assigned"))
        self.assertFalse(self.sweep())

    def test_exchange(self):
        """The replacement is not there yet, and Accounting is told to credit what came back."""
        order, _invoice = self.delivered(quantity=1)
        new = self.exchange(order.picking_ids)
        self.assertEqual(new.move_ids.sale_line_id, order.order_line)
        self.assertFalse(self.sweep(hours=24 * 5))
        new.action_cancel()
        self.record()
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 100.0)
        self.credit(order.invoice_ids)
        self.assertClosed(exception)

    def test_exchange_with_a_back_order(self):
        """The replacement joins the order's back order, and Accounting is told to credit it."""
        order, _invoice, delivery = self.back_order_open()
        rest = order.picking_ids - delivery
        self.assertFalse(self.exchange(delivery, quantity=2))
        self.assertEqual(sum(rest.move_ids.mapped("product_uom_qty")), 3)
        self.assertFalse(self.sweep(hours=24 * 5))
        self.come_back(delivery, quantity=1)
        self.assertEqual(self.assertFound(order).amount_at_stake, 100.0)

    def test_exchange_in_three_steps(self):
        """The replacement is picked and not shipped: it counts once."""
        self.warehouse.delivery_steps = "pick_pack_ship"
        order, _invoice = self.delivered()
        delivery = order.picking_ids.filtered(lambda p: p.picking_type_code == "outgoing")
        self.ship(self.exchange(delivery, quantity=1))
        self.assertFalse(self.sweep())
        self.come_back(delivery, quantity=1)
        self.assertEqual(self.assertFound(order).amount_at_stake, 100.0)

    def test_sent_again(self):
        """We refused the return and sent the goods back: nothing is to be credited."""
        order, _invoice = self.delivered()
        back = self.come_back(order.picking_ids)
        exception = self.assertFound(order)
        self.ship(self.announce(back))
        self.assertClosed(exception)

    def test_corrected_invoice(self):
        """An invoice was replaced by another one, then goods came back: the credit note of the
        correction passes for the refund, and nobody pays the customer."""
        order, invoice = self.corrected()
        back = self.come_back(order.picking_ids, quantity=2)
        self.assertEqual(self.counts(back, "credited"), (0, 1))
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 200.0)
        self.credit(invoice, quantity=2)
        self.assertClosed(exception)
        self.assertEqual(self.counts(back, "credited"), (1, 1))

    def test_credited_before(self):
        """What never left was given up and credited long before other goods came back."""
        order = self.order(quantity=10)
        invoice = self.invoice(order)
        delivery = order.picking_ids
        self.ship(delivery, quantity=6)
        (order.picking_ids - delivery).action_cancel()
        refund = self.credit(invoice, quantity=4)
        self.made_before(refund)
        back = self.come_back(delivery, quantity=2)
        self.assertEqual(self.counts(back, "credited"), (0, 1))
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 200.0)
        answer = self.credit(invoice, quantity=2)
        self.assertClosed(exception)
        self.assertEqual(self.counts(back, "credited"), (1, 1))
        self.assertNotIn(self.owner(back), refund.integration_transaction_ids)
        self.assertIn(self.owner(back), answer.integration_transaction_ids)


@tagged("post_install", "-at_install")
class TestNeverLeft(ReturnRuleCase):
    """What came back and was credited hides nothing that never left."""

    check_code = "invoiced_not_shipped"

    def test_the_rest_is_overdue(self):
        """Two of four came back and are credited; the two that are paid never left."""
        order, invoice = self.half_came_back()
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 200.0)
        self.credit(invoice, quantity=2)
        self.assertEqual(self.assertFound(order), exception)
        self.assertEqual(exception.amount_at_stake, 200.0)
        self.ship(order.picking_ids.filtered(lambda picking: picking.state == "assigned"))
        self.assertClosed(exception)

    def test_near_miss(self):
        """Credited without a return, exchanged, sent again with and without its quantities."""
        conceded, invoice = self.delivered()
        self.credit(invoice, quantity=1)
        exchanged, _invoice = self.delivered()
        self.ship(self.exchange(exchanged.picking_ids, quantity=1))
        for refund in (True, False):
            order, _invoice = self.delivered()
            back = self.come_back(order.picking_ids)
            self.ship(self.announce(back, refund=refund))
        self.assertFalse(self.sweep())

    def test_corrected_invoice(self):
        """All has left, and some of it came back: no invoice is ahead of the goods."""
        order, invoice = self.corrected()
        self.come_back(order.picking_ids, quantity=2)
        self.assertFalse(self.sweep())
        self.credit(invoice, quantity=2)
        self.assertFalse(self.sweep())


@tagged("post_install", "-at_install")
class TestDiffers(ReturnRuleCase):
    """What was replaced or sent again is no difference, for ever."""

    check_code = "quantities_differ"

    def test_exchange_and_return(self):
        """Two of ten are exchanged, three more come back and are credited; a piece more that
        leaves does differ."""
        order, invoice = self.delivered(quantity=10)
        delivery = order.picking_ids
        self.ship(self.exchange(delivery, quantity=2))
        self.come_back(delivery, quantity=3)
        self.credit(invoice, quantity=3)
        self.assertEqual(order.order_line.qty_delivered, 7)
        self.assertFalse(self.sweep())

    def test_exchange_with_a_back_order(self):
        """The replacement leaves with the order's back order; later others come back for good."""
        order, invoice, delivery = self.back_order_open()
        rest = order.picking_ids - delivery
        self.exchange(delivery, quantity=2)
        self.ship(rest)
        back = self.come_back(delivery, quantity=3)
        refund = self.credit(invoice, post=False)
        for line in refund.invoice_line_ids:
            line.quantity = 3 if line.product_id == self.product else 0
        refund.action_post()
        self.record()
        self.assertEqual(order.order_line.mapped("qty_delivered"), [7, 1])
        self.assertEqual(self.counts(back, "credited"), (1, 1))
        self.assertFalse(self.sweep())

    def test_sent_again(self):
        """All that came back went to the customer again, or some of it; then it comes back."""
        for refund in (True, False):
            order, invoice = self.delivered(quantity=3)
            back = self.come_back(order.picking_ids)
            again = self.announce(back, quantity=2, refund=refund)
            self.ship(again)
            self.assertFalse(self.sweep())
            self.come_back(again, quantity=1)
            self.credit(invoice, quantity=2)
            self.assertFalse(self.sweep())

    def test_replacement_given_up(self):
        """What came back was to be replaced, and is not: he got what he ordered once."""
        order, _invoice = self.delivered()
        self.exchange(order.picking_ids).action_cancel()
        self.record()
        self.assertFalse(self.sweep())

    def test_short_for_all_that(self):
        """One of three never left, while another one was exchanged."""
        order = self.order(quantity=3)
        delivery = order.picking_ids
        self.ship(delivery, 2)
        (order.picking_ids - delivery).action_cancel()
        self.ship(self.exchange(delivery, quantity=1))
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 100.0)
        order.order_line.product_uom_qty = 2
        self.assertClosed(exception)
