from datetime import timedelta

from odoo.tests import tagged

from .common_business_rule import BusinessRuleCase


@tagged("post_install", "-at_install")
class TestShippedNotInvoiced(BusinessRuleCase):
    """Goods leave and nobody asks money for them."""

    check_code = "shipped_not_invoiced"

    def test_hit(self):
        """What left without an invoice is found, with what it is worth in the company's money."""
        order = self.order(quantity=3)
        self.ship(order.picking_ids, 2)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 200.0)
        self.assertEqual(exception.category, "business")
        self.assertEqual(exception.partner_id, self.customer)
        self.assertEqual(exception.transaction_id, self.owner(order))
        self.assertEqual(exception.error_message, f"{order.name} of Ada Customer")

    def test_order_in_another_currency(self):
        """The amount at stake of an order in a foreign currency counts as the company's."""
        other = self.setup_other_currency("EUR", rates=[("2000-01-01", 2.0)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": other.id}
        )
        order = self.order(quantity=1, pricelist_id=pricelist.id)
        self.ship(order.picking_ids)
        self.assertEqual(order.amount_total, 200.0)
        self.assertEqual(self.assertFound(order).amount_at_stake, 100.0)

    def test_draft_invoice_is_none(self):
        """A draft that nobody posts hides that the money was never asked for."""
        order = self.order()
        self.ship(order.picking_ids)
        invoice = self.invoice(order, post=False)
        exception = self.assertFound(order)
        invoice.action_post()
        self.assertClosed(exception)

    def test_near_miss(self):
        """Invoiced in full, within the grace, not shipped yet, free of charge, a service."""
        invoiced = self.order()
        self.ship(invoiced.picking_ids)
        self.invoice(invoiced)
        self.order()
        free = self.order(confirm=False)
        free.order_line.price_unit = 0
        free.action_confirm()
        self.ship(free.picking_ids)
        service = self.env["product.product"].create({"name": "Setup", "type": "service"})
        done = self.order(product=service)
        done.order_line.qty_delivered = 2
        self.assertFalse(self.sweep())
        young = self.order()
        self.ship(young.picking_ids)
        self.assertFalse(self.sweep(hours=0.5))
        self.assertFound(young)

    def test_closes(self):
        """The invoice is posted, and the exception stays."""
        order = self.order()
        self.ship(order.picking_ids)
        exception = self.assertFound(order)
        self.invoice(order)
        self.assertClosed(exception)

    def test_other_units(self):
        """Eleven pieces invoiced of a dozen count as eleven dozens."""
        order = self.order(quantity=1, confirm=False)
        order.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        order.action_confirm()
        self.ship(order.picking_ids)
        invoice = self.invoice(order, post=False)
        invoice.invoice_line_ids.write(
            {"product_uom_id": self.env.ref("uom.product_uom_unit").id, "quantity": 11}
        )
        invoice.action_post()
        exception = self.assertFound(order)
        self.assertAlmostEqual(exception.amount_at_stake, order.amount_total / 12, places=2)

    def test_credit_note_takes_it_back(self):
        """The invoice was credited, the customer has the goods: that is no normal end."""
        order = self.order()
        self.ship(order.picking_ids)
        invoice = self.invoice(order)
        self.assertFalse(self.sweep())
        self.refund(invoice)
        self.assertFound(order)

    def in_parts(self, order, days=5):
        """One piece left so many days ago. :return: the back order"""
        first = order.picking_ids
        self.ship(first, quantity=1)
        self.moved_before(first.move_ids, days)
        return order.picking_ids - first

    def test_something_leaves_each_day(self):
        """What left first waits for its invoice, whatever leaves since."""
        self.rule.write({"grace_minutes": 1440, "watch_from": self.now - timedelta(days=30)})
        order = self.order(quantity=5)
        self.ship(self.in_parts(order), quantity=1)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 200.0)
        self.invoice(order)
        self.assertClosed(exception)

    def test_grace_of_the_last_part(self):
        """The first part was invoiced, or came back: what left today has a day."""
        self.rule.write({"grace_minutes": 1440, "watch_from": self.now - timedelta(days=30)})
        self.product.invoice_policy = "delivery"
        invoiced = self.order(quantity=5)
        back_order = self.in_parts(invoiced)
        self.invoice(invoiced)
        returned = self.order(quantity=5)
        further = self.in_parts(returned, days=6)
        back = self.send_back(returned.picking_ids - further)
        self.moved_before(back.move_ids, 5)
        self.ship(back_order + further, quantity=1)
        self.assertFalse(self.sweep())
        self.assertFound(invoiced + returned, hours=26)


@tagged("post_install", "-at_install")
class TestInvoicedNotShipped(BusinessRuleCase):
    """The customer pays for what never left."""

    check_code = "invoiced_not_shipped"

    def test_hit_and_closing(self):
        """Invoiced three, one left: two are missing until they are shipped."""
        order = self.order(quantity=3)
        self.invoice(order)
        self.ship(order.picking_ids, 1)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 200.0)
        self.ship(order.picking_ids.filtered(lambda picking: picking.state != "done"))
        self.assertClosed(exception)

    def test_near_miss(self):
        """Promised for later, a draft, and goods that came back after they were shipped."""
        later = self.order(commitment_date=self.now + timedelta(days=3))
        self.invoice(later)
        self.invoice(self.order(), post=False)
        returned = self.order()
        self.invoice(returned)
        self.ship(returned.picking_ids)
        self.send_back(returned.picking_ids)
        self.assertFalse(self.sweep())
        self.assertFound(later, hours=24 * 3 + 2)

    def test_lead_time(self):
        """Paid at once, to leave within fourteen days: missing from the fifteenth day on."""
        self.product.sale_delay = 14
        order = self.order()
        self.invoice(order)
        self.assertFalse(self.sweep(hours=24 * 13))
        exception = self.assertFound(order, hours=24 * 14 + 2)
        self.ship(order.picking_ids)
        self.assertClosed(exception)

    def test_lead_time_of_what_was_given_up(self):
        """The transfer was cancelled: nothing will leave, however long it might have taken."""
        self.product.sale_delay = 14
        order = self.order()
        self.invoice(order)
        order.picking_ids.action_cancel()
        self.assertFound(order)

    def test_lead_time_before_there_are_moves(self):
        """Nothing is planned yet, as while a vendor is asked: the line's own lead time counts."""
        self.product.sale_delay = 14
        order = self.order()
        self.invoice(order)
        self.without_moves(order)
        self.assertFalse(self.sweep(hours=24 * 13))
        self.assertFound(order, hours=24 * 14 + 2)


@tagged("post_install", "-at_install")
class TestQuantitiesDiffer(BusinessRuleCase):
    """The customer got other quantities than he ordered, and nothing more is under way."""

    check_code = "quantities_differ"

    def short(self):
        """:return: an order of three of which two left; the rest was given up"""
        order = self.order(quantity=3)
        self.ship(order.picking_ids, 2)
        order.picking_ids.filtered(lambda picking: picking.state != "done").action_cancel()
        return order

    def test_hit_and_closing(self):
        """Two of three, and no back order; the order is changed to what was agreed."""
        order = self.short()
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 100.0)
        order.order_line.product_uom_qty = 2
        self.assertClosed(exception)

    def test_more_invoiced(self):
        """The customer pays for three and ordered two."""
        order = self.order()
        self.ship(order.picking_ids)
        invoice = self.invoice(order, post=False)
        invoice.invoice_line_ids.quantity = 3
        self.assertFalse(self.sweep())
        invoice.action_post()
        self.assertFound(order)

    def test_near_miss(self):
        """A back order is under way; all came back; an exchange; within the tolerance."""
        under_way = self.order(quantity=3)
        self.ship(under_way.picking_ids, 1)
        returned = self.order()
        self.ship(returned.picking_ids)
        self.send_back(returned.picking_ids)
        exchange = self.order()
        self.ship(exchange.picking_ids)
        self.send_back_for_exchange(exchange.picking_ids)
        self.assertFalse(self.sweep())
        self.rule.tolerance = 1
        short = self.short()
        self.assertFalse(self.sweep())
        self.rule.tolerance = 0
        self.assertFound(short)

    def test_no_move_yet(self):
        """Prepaid, and nothing is planned yet, as while a vendor is asked: that is under way."""
        order = self.order()
        self.invoice(order)
        self.without_moves(order)
        self.assertFalse(self.sweep(hours=72))

    def test_given_up_before_anything_left(self):
        """Prepaid, and its only transfer was cancelled; the order is changed."""
        order = self.order()
        self.invoice(order)
        order.picking_ids.action_cancel()
        exception = self.assertFound(order)
        self.refund(order.invoice_ids)
        self.assertClosed(exception)


@tagged("post_install", "-at_install")
class TestReturnWithoutRefund(BusinessRuleCase):
    """Goods came back, and the money did not."""

    check_code = "return_without_refund"

    def returned(self, invoiced=True):
        """:return: an order of two of which one came back"""
        order = self.order()
        self.ship(order.picking_ids)
        if invoiced:
            self.invoice(order)
        self.send_back(order.picking_ids, 1)
        return order

    def test_hit_and_closing(self):
        """One of two came back: one is to be credited, and a draft credits nothing."""
        order = self.returned()
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 100.0)
        invoice = order.invoice_ids
        refund = invoice._reverse_moves()
        refund.invoice_line_ids.quantity = 1
        self.assertFound(order)
        refund.action_post()
        self.assertClosed(exception)

    def test_near_miss(self):
        """Never invoiced, nothing came back, an exchange that is not to be refunded."""
        self.returned(invoiced=False)
        kept = self.order()
        self.ship(kept.picking_ids)
        self.invoice(kept)
        exchange = self.order()
        self.ship(exchange.picking_ids)
        self.invoice(exchange)
        self.send_back_for_exchange(exchange.picking_ids)
        self.assertFalse(self.sweep())
