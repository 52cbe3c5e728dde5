"""Credit notes that correct invoices, and those that answer returns: told apart by evidence."""

from odoo.tests import tagged

from .common_return_rule import ReturnRuleCase


@tagged("post_install", "-at_install")
class TestReturnCredits(ReturnRuleCase):
    """The return and the rule say the same of each credit note."""

    check_code = "return_without_refund"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.left_in_two_invoices = cls.in_two_invoices()
        cls.ten_left = cls.delivered(quantity=10, paid=False)

    def test_small_correction(self):
        """The credit note of the return is larger, and passes for the correction: the return claims
        the money of both."""
        order, first, second = self.left_in_two_invoices
        back = self.come_back(order.picking_ids, quantity=8)
        answer = self.credit(first)
        self.made_before(answer)
        self.correct(second)
        self.assertEqual(self.credits_of(back), answer)
        self.assertEqual(self.counts(back, "credited"), (1, 1))
        self.assertFalse(self.sweep())

    def test_correction_of_long_ago(self):
        """It has nothing but its place in time: a new invoice came later, by hand."""
        order, first, second = self.left_in_two_invoices
        correction = self.credit(second)
        self.made_before(correction)
        self.invoice(order)
        back = self.come_back(order.picking_ids, quantity=8)
        self.assertEqual(self.counts(back, "credited"), (0, 1))
        self.assertEqual(self.assertFound(order).amount_at_stake, 800.0)
        answer = self.credit(first)
        self.assertEqual(self.credits_of(back), answer)
        self.assertFalse(self.sweep())

    def test_correction_and_a_draft(self):
        """A draft is the largest, passes for the correction, and the posted correction for the
        answer: half of the return seems credited."""
        order, first, second = self.left_in_two_invoices
        self.correct(second)
        back = self.come_back(order.picking_ids, quantity=8)
        draft = self.credit(first, post=False)
        self.assertEqual(self.credits_of(back), draft)
        self.assertEqual(self.counts(back, "credited"), (0, 1))
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 800.0)
        draft.action_post()
        self.record()
        self.assertEqual(self.counts(back, "credited"), (1, 1))
        self.assertClosed(exception)

    def test_new_invoice_in_draft(self):
        """While the new invoice is a draft nobody is asked for money: the credit note of the
        correction is no refund, and none is missing."""
        order, invoice = self.ten_left
        new = self.correct(invoice, post=False)
        back = self.come_back(order.picking_ids, quantity=2)
        self.assertFalse(self.credits_of(back))
        self.assertEqual(self.counts(back, "credited"), (0, 0))
        self.assertFalse(self.sweep())
        new.action_post()
        self.record()
        self.assertEqual(self.counts(back, "credited"), (0, 1))
        self.assertEqual(self.assertFound(order).amount_at_stake, 200.0)

    def test_correction_that_leaves_out_what_came_back(self):
        """The new invoice asks for eight of ten: the rest of the credit note is the refund."""
        order, invoice = self.ten_left
        back = self.come_back(order.picking_ids, quantity=2)
        self.assertEqual(self.assertFound(order).amount_at_stake, 200.0)
        new = self.correct(invoice, post=False)
        new.invoice_line_ids.quantity = 8
        new.action_post()
        self.record()
        self.assertEqual(self.credits_of(back).reversed_entry_id, invoice)
        self.assertEqual(self.counts(back, "credited"), (1, 1))
        self.assertFalse(self.sweep())

    def test_given_up_and_corrected(self):
        """What never left was credited first, and the invoice was corrected after the return: both
        together leave nothing for what came back."""
        order = self.order(quantity=10)
        invoice = self.invoice(order)
        delivery = order.picking_ids
        self.ship(delivery, quantity=6)
        (order.picking_ids - delivery).action_cancel()
        given_up = self.credit(invoice, quantity=4)
        self.made_before(given_up)
        back = self.come_back(delivery, quantity=2)
        self.correct(invoice)
        self.assertEqual(self.counts(back, "credited"), (0, 1))
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 200.0)
        answer = self.credit(invoice, quantity=2)
        self.assertEqual(self.credits_of(back), answer)
        self.assertClosed(exception)

    def test_credited_in_advance(self):
        """The customer had his money before he sent anything: nobody owes him more."""
        order, invoice = self.ten_left
        self.pay(invoice)
        refund = self.credit(invoice, quantity=2)
        self.made_before(refund)
        back = self.come_back(order.picking_ids, quantity=2)
        self.assertEqual(self.credits_of(back), refund)
        self.assertEqual(self.counts(back, "credited"), (1, 1))
        self.assertFalse(self.sweep())
