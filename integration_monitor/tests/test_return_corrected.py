"""Corrected invoices of orders of which a part has not left yet."""

from odoo.tests import tagged

from .common_return_rule import ReturnRuleCase

POLICIES = ("delivery", "order")


@tagged("post_install", "-at_install")
class TestReturnCorrected(ReturnRuleCase):
    """A new invoice says how much its credit note corrects, whatever waits to leave."""

    check_code = "return_without_refund"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ahead = cls._rule(check_code="invoiced_not_shipped")
        shade = cls.shelved("Shade", "delivery")
        cls.product_by = {"order": cls.product, "delivery": shade}
        cls.six_left = {policy: cls.in_part(policy) for policy in POLICIES}
        cls.all_left_in_two_invoices = cls.in_two_invoices()

    @classmethod
    def in_part(cls, policy, asked=6):
        """:return: an order of ten, the delivery of six, the invoice of these; four wait"""
        order = cls.order(quantity=10, product=cls.product_by[policy])
        delivery = order.picking_ids
        cls.ship(delivery, quantity=6)
        return order, delivery, cls.ask_for(order, asked)

    @classmethod
    def ask_for(cls, order, quantity):
        """:return: the next invoice of an order, of so many"""
        invoice = cls.invoice(order, post=False)
        invoice.invoice_line_ids.quantity = quantity
        invoice.action_post()
        cls.record()
        return invoice

    def corrected_before(self, invoice, days, quantity=None):
        """*Reverse and Create Invoice*, so many days before. :return: both documents"""
        new = self.correct(invoice, post=False)
        if quantity is not None:
            new.invoice_line_ids.quantity = quantity
        new.action_post()
        note = invoice.reversal_move_ids
        self.made_before(note | new, days=days)
        self.record()
        return note, new

    def ship_and_ask_for_the_rest(self, order, quantity=4):
        self.ship(order.picking_ids.filtered(lambda picking: picking.state == "assigned"))
        self.ask_for(order, quantity)

    def assertOwed(self, order, back):
        """Both came back, and nobody has credited them; no invoice is ahead of the goods."""
        self.assertFalse(self.credits_of(back))
        self.assertEqual(self.counts(back, "credited"), (0, 1))
        self.assertEqual(self.counts(back, "refunded"), (0, 1))
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 200.0)
        self.assertFalse(self.sweep(rule=self.ahead))
        return exception

    def assertSettled(self, back, note):
        """The return is answered by this credit note, and nothing is wrong with the order."""
        self.assertEqual(self.credits_of(back), note)
        self.assertEqual(self.counts(back, "credited"), (1, 1))
        self.assertFalse(self.sweep())
        self.assertFalse(self.sweep(rule=self.ahead))

    def test_rest_waits(self):
        """Four of ten wait to leave, and a corrected invoice passes for the refund: nobody pays
        the customer, and the four seem to be paid."""
        for policy in POLICIES:
            with self.subTest(policy=policy):
                order, delivery, invoice = self.six_left[policy]
                _note, new = self.corrected_before(invoice, days=2)
                back = self.come_back(delivery, quantity=2)
                exception = self.assertOwed(order, back)
                answer = self.credit(new, quantity=2)
                self.assertClosed(exception)
                self.assertSettled(back, answer)
                self.ship_and_ask_for_the_rest(order)
                self.assertSettled(back, answer)

    def test_rest_follows_first(self):
        """Four more leave before anybody credits the two: the money is owed as before, unless Odoo
        asks for two less of what is invoiced as it leaves."""
        order, delivery, invoice = self.six_left["order"]
        self.corrected_before(invoice, days=2)
        back = self.come_back(delivery, quantity=2)
        self.ship_and_ask_for_the_rest(order)
        exception = self.assertOwed(order, back)
        self.assertSettled(back, self.credit(invoice, quantity=2))
        self.assertEqual(exception.state, "resolved")

        order, delivery, invoice = self.six_left["delivery"]
        self.corrected_before(invoice, days=2)
        back = self.come_back(delivery, quantity=2)
        self.ship(order.picking_ids - delivery - back)
        self.assertEqual(self.invoice(order).invoice_line_ids.quantity, 2)
        self.assertFalse(self.credits_of(back))
        self.assertEqual(self.counts(back, "credited"), (0, 0))
        self.assertFalse(self.sweep())
        self.assertFalse(self.sweep(rule=self.ahead))

    def test_new_invoice_in_draft(self):
        """Nobody is asked for money while it is one: no refund is there, and none is missing."""
        for policy in POLICIES:
            with self.subTest(policy=policy):
                order, delivery, invoice = self.six_left[policy]
                new = self.correct(invoice, post=False)
                back = self.come_back(delivery, quantity=2)
                self.assertFalse(self.credits_of(back))
                self.assertEqual(self.counts(back, "credited"), (0, 0))
                self.assertFalse(self.sweep())
                self.assertFalse(self.sweep(rule=self.ahead))
                new.action_post()
                self.record()
                self.assertOwed(order, back)
                self.assertSettled(back, self.credit(new, quantity=2))

    def test_new_invoice_bills_less(self):
        """It leaves out what came back: the rest of the credit note is the refund, also when the
        new invoice is corrected once more, and when the rest of the order follows."""
        for policy in POLICIES:
            with self.subTest(policy=policy):
                order, delivery, invoice = self.six_left[policy]
                back = self.come_back(delivery, quantity=2)
                note, new = self.corrected_before(invoice, days=3, quantity=4)
                self.assertSettled(back, note)
                self.corrected_before(new, days=2)
                self.assertSettled(back, note)
                self.ship_and_ask_for_the_rest(order)
                self.assertSettled(back, note)

    def test_corrected_twice(self):
        """Neither of the two credit notes is a refund."""
        for policy in POLICIES:
            with self.subTest(policy=policy):
                order, delivery, invoice = self.six_left[policy]
                _note, new = self.corrected_before(invoice, days=3)
                _note, new = self.corrected_before(new, days=2)
                back = self.come_back(delivery, quantity=2)
                self.assertOwed(order, back)
                answer = self.credit(new, quantity=2)
                self.ship_and_ask_for_the_rest(order)
                self.assertSettled(back, answer)

    def test_new_invoice_bills_more(self):
        """The rest has left meanwhile, and is on the new invoice, too: the credit note corrects
        what it took back, and no more."""
        for policy in POLICIES:
            with self.subTest(policy=policy):
                order, delivery, invoice = self.six_left[policy]
                self.ship(order.picking_ids - delivery)
                _note, new = self.corrected_before(invoice, days=2, quantity=10)
                back = self.come_back(delivery, quantity=2)
                self.assertOwed(order, back)
                self.assertSettled(back, self.credit(new, quantity=2))

    def test_corrected_by_hand(self):
        """Reversed, and invoiced anew on another day: nothing is invoiced before it leaves, so what
        waits hides no correction."""
        order, delivery, invoice = self.six_left["delivery"]
        self.made_before(self.credit(invoice))
        new = self.invoice(order)
        self.assertEqual(new.invoice_line_ids.quantity, 6)
        back = self.come_back(delivery, quantity=2)
        self.assertOwed(order, back)
        answer = self.credit(new, quantity=2)
        self.assertSettled(back, answer)
        self.ship_and_ask_for_the_rest(order)
        self.assertEqual(self.counts(back, "credited"), (1, 1))
        self.assertFalse(self.sweep())
        self.assertFalse(self.sweep(rule=self.ahead))

    def test_asked_for_ahead(self):
        """Somebody invoiced all at once what is invoiced as it leaves: nothing was invoiced again,
        the credit note is the refund, and only the four are ahead."""
        order, delivery, invoice = self.in_part("delivery", asked=10)
        back = self.come_back(delivery, quantity=2)
        note = self.credit(invoice, quantity=2)
        self.assertEqual(self.credits_of(back), note)
        self.assertEqual(self.counts(back, "credited"), (1, 1))
        self.assertFalse(self.sweep())
        self.assertEqual(self.sweep(rule=self.ahead).amount_at_stake, 400.0)
        self.ship(order.picking_ids.filtered(lambda picking: picking.state == "assigned"))
        self.assertSettled(back, note)

    def test_ahead_and_corrected(self):
        """All ten were invoiced when six had left, and the new invoice asks for these: what was
        ahead is corrected, too, by the button and by hand."""
        for by_hand in (False, True):
            with self.subTest(by_hand=by_hand):
                order, delivery, invoice = self.in_part("delivery", asked=10)
                if by_hand:
                    self.made_before(self.credit(invoice))
                    new = self.invoice(order)
                else:
                    _note, new = self.corrected_before(invoice, days=2, quantity=6)
                self.assertEqual(new.invoice_line_ids.quantity, 6)
                back = self.come_back(delivery, quantity=2)
                self.assertOwed(order, back)
                self.assertSettled(back, self.credit(new, quantity=2))

    def test_another_corrected_by_hand(self):
        """One invoice was corrected by the button and leaves out what came back, another by hand:
        the first has the refund, though the second credit note is as large."""
        order, first, second = self.all_left_in_two_invoices
        back = self.come_back(order.picking_ids, quantity=2)
        note, _new = self.corrected_before(first, days=3, quantity=6)
        self.made_before(self.credit(second))
        self.ask_for(order, 2)
        self.assertSettled(back, note)

    def test_two_corrected_at_once(self):
        """Each credit note stands for its own new invoice, the first of which bills less."""
        order, first, second = self.all_left_in_two_invoices
        back = self.come_back(order.picking_ids, quantity=2)
        new = self.correct(first | second, post=False)
        new[0].invoice_line_ids.quantity = 6
        new.action_post()
        self.record()
        self.assertEqual(new.invoice_line_ids.mapped("quantity"), [6, 2])
        self.assertSettled(back, first.reversal_move_ids)
