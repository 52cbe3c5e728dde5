"""Deliveries of which goods came back: what of them is to be invoiced in time."""

from odoo.tests import tagged

from .common_outcome import OutcomeCase
from .common_return import ReturnCommon


@tagged("post_install", "-at_install")
class TestOutcomeReturn(ReturnCommon, OutcomeCase):
    """Target one day: what left on the 3rd is to be invoiced by the 4th (New York)."""

    def sold(self, quantity, invoiced=True):
        """:return: an order that left on the 3rd, and was invoiced on the 4th if wanted"""
        order, invoice = self.delivered(quantity=quantity, invoiced=invoiced, paid=False)
        self.left(order.picking_ids, "2026-02-03 15:00:00")
        if invoice:
            self.invoiced_on(invoice, "2026-02-04")
        return order, invoice

    def moved(self, picking, at, quantity=None):
        """A transfer was done at a moment."""
        self.ship(picking, quantity=quantity)
        self.left(picking, at)
        return picking

    def judged(self, delivery):
        """:return: whether the invoice of a delivery is due, and was in time"""
        self.roll_up()
        row = self.facts("delivery", delivery)[0]
        return row.invoice_due_count, row.invoice_in_time_count

    def test_exchange(self):
        """Nobody can invoice what replaces other goods, and each exchange is late for good."""
        order, _invoice = self.sold(2)
        delivery = order.picking_ids
        back = self.announce(delivery, quantity=1, exchange=True)
        new = order.picking_ids - delivery - back
        self.moved(back, "2026-02-09 15:00:00")
        self.moved(new, "2026-02-10 15:00:00")
        self.assertEqual(self.judged(delivery), (1, 1))
        self.assertEqual(self.judged(new), (1, 1))

    def test_exchange_with_the_back_order(self):
        """The replacement leaves with the rest of the order, which was invoiced in time."""
        order = self.order(quantity=4)
        first = order.picking_ids
        self.moved(first, "2026-02-03 15:00:00", quantity=2)
        rest = order.picking_ids - first
        self.invoiced_on(self.invoice(order), "2026-02-04")
        back = self.announce(first, quantity=1, exchange=True)
        self.assertEqual(order.picking_ids, first | rest | back)
        self.moved(rest, "2026-02-05 15:00:00")
        self.moved(back, "2026-02-09 15:00:00")
        self.assertEqual(self.judged(rest), (1, 1))

    def test_replacement_leaves_first(self):
        """The customer got others before he sent anything back, which was never invoiced."""
        for invoiced in (True, False):
            order, _invoice = self.sold(1, invoiced=invoiced)
            delivery = order.picking_ids
            back = self.announce(delivery, exchange=True)
            new = order.picking_ids - delivery - back
            self.moved(new, "2026-02-05 15:00:00")
            self.assertEqual(self.judged(new), (1, int(invoiced)))

    def test_came_back_before_the_invoice(self):
        """One of three came back the same day, and two were invoiced: late for good."""
        self.product.invoice_policy = "delivery"
        order, _none = self.sold(3, invoiced=False)
        delivery = order.picking_ids
        self.moved(self.announce(delivery, quantity=1), "2026-02-03 20:00:00")
        invoice = self.invoice(order)
        self.assertEqual(invoice.invoice_line_ids.quantity, 2)
        self.invoiced_on(invoice, "2026-02-04")
        self.assertEqual(self.judged(delivery), (1, 1))

    def test_all_came_back_before_the_invoice(self):
        """Nothing is to be invoiced: neither late nor in time. Later it is late."""
        for at, judged in (("2026-02-04 20:00:00", (0, 0)), ("2026-02-06 20:00:00", (1, 0))):
            order, _none = self.sold(2, invoiced=False)
            delivery = order.picking_ids
            self.moved(self.announce(delivery), at)
            self.assertEqual(self.judged(delivery), judged)
            self.assertTrue(self.facts("delivery", delivery)[0])

    def test_credited_goods_pay_for_no_others(self):
        """Two of four left, came back and were credited; two more left, on no invoice."""
        self.product.invoice_policy = "delivery"
        order = self.order(quantity=4)
        first = order.picking_ids
        self.moved(first, "2026-02-03 15:00:00", quantity=2)
        rest = order.picking_ids - first
        invoice = self.invoice(order)
        self.invoiced_on(invoice, "2026-02-03")
        self.moved(self.announce(first), "2026-02-04 15:00:00")
        self.invoiced_on(self.credit(invoice), "2026-02-04")
        self.moved(rest, "2026-02-05 15:00:00")
        self.assertEqual(self.judged(rest), (1, 0))
        self.invoiced_on(self.invoice(order), "2026-02-06")
        self.outcomes.search([("res_id", "=", rest.id)]).unlink()
        self.assertEqual(self.judged(rest), (1, 1))

    def test_credit_without_a_return(self):
        """A price that was too high is credited and invoiced anew: it was invoiced in time."""
        order, invoice = self.sold(2)
        self.invoiced_on(self.credit(invoice), "2026-02-04")
        self.assertEqual(self.judged(order.picking_ids), (1, 1))

    def test_repaired(self):
        """What was repaired left twice, and the rest of the order is late for good."""
        order = self.order(quantity=3)
        first = order.picking_ids
        self.moved(first, "2026-02-03 15:00:00", quantity=2)
        rest = order.picking_ids - first
        self.invoiced_on(self.invoice(order), "2026-02-04")
        back = self.announce(first, refund=False)
        self.moved(back, "2026-02-05 15:00:00")
        again = self.announce(back, refund=False)
        self.moved(again, "2026-02-06 15:00:00")
        self.moved(rest, "2026-02-07 15:00:00")
        self.assertEqual(self.judged(rest), (1, 1))
