"""Transfers that moved less than demanded, where the rest was given up by *No Backorder*.

Their moves are done and keep their demand: what counts is what moved.
"""

from odoo.tests import tagged

from .common_outcome import OutcomeCase
from .common_return import ReturnCommon


@tagged("post_install", "-at_install")
class TestNoBackOrder(ReturnCommon):
    def test_part_of_a_return(self):
        """Six of ten came back, and the order counts as undone, while the customer keeps four."""
        order, _invoice = self.delivered(quantity=10)
        back = self.announce(order.picking_ids)
        self.ship_short(back, 6)
        self.assertEqual((back.state, back.move_ids.product_uom_qty), ("done", 10))
        self.assertEqual(order.order_line.qty_delivered, 4)
        self.assertStates(order, shipped="reached")
        self.assertEqual(self.owner(order).state, "completed")
        rest = self.announce(order.picking_ids - back, quantity=4)
        rest.move_ids.picked = True
        rest.button_validate()
        self.record()
        self.assertEqual(order.order_line.qty_delivered, 0)
        self.assertEqual(self.owner(order).state, "cancelled")

    def test_all_of_a_short_delivery(self):
        """Six of ten left and came back, and the order waits for its invoice for ever."""
        self.product.invoice_policy = "delivery"
        order = self.order(10)
        self.ship_short(order.picking_ids, 6)
        self.assertEqual(self.owner(order).state, "in_progress")
        self.send_back(order.picking_ids)
        self.assertEqual(order.order_line.qty_delivered, 0)
        self.assertEqual(self.owner(order).state, "cancelled")

    def test_all_of_a_short_delivery_as_ordered(self):
        """Ten are to be invoiced as ordered, six left and came back: the order is cancelled, while
        Odoo wants its invoice."""
        order = self.order(10)
        self.ship_short(order.picking_ids, 6)
        self.send_back(order.picking_ids)
        owner = self.owner(order)
        self.assertEqual((order.invoice_status, owner.state), ("to invoice", "in_progress"))
        self.assertEqual(owner.cause_text, "The invoice has to be made and posted")
        self.assertEqual(owner.waits_on, "Accounting")
        # What came back and was credited is not to be invoiced again, whatever Odoo says.
        invoice = self.invoice(order)
        self.pay(invoice)
        self.assertEqual((owner.state, order.invoice_status), ("cancelled", "invoiced"))
        self.pay(self.credit(invoice))
        self.assertEqual((owner.state, order.invoice_status), ("cancelled", "to invoice"))

    def test_short_delivery_credited_in_part(self):
        """Ten are invoiced, six left and came back, and are credited: all is settled."""
        order = self.order(10)
        invoice = self.invoice(order)
        self.pay(invoice)
        self.ship_short(order.picking_ids, 6)
        self.send_back(order.picking_ids)
        self.pay(self.credit(invoice, quantity=6))
        self.assertEqual(self.owner(order).state, "cancelled")
        line = order.order_line
        line.product_uom_qty = 12
        order.picking_ids.filtered(lambda picking: picking.state != "done").action_cancel()
        self.record()
        self.assertEqual((line.qty_to_invoice, self.owner(order).state), (8, "in_progress"))

    def test_dozens_in_thirds(self):
        """What came back in parts is a rounding less than what left, and counts as kept."""
        self.env["ir.config_parameter"].sudo().set_param("stock.propagate_uom", "1")
        order = self.order(1, confirm=False)
        order.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        order.action_confirm()
        delivery = order.picking_ids
        self.ship(delivery)
        self.assertEqual(delivery.move_ids.product_uom, order.order_line.product_uom_id)
        for part in (0.33, 0.33):
            self.send_back(delivery, quantity=part)
        self.assertStates(order, shipped="reached")
        self.send_back(delivery, quantity=0.34)
        self.assertEqual(order.order_line.qty_delivered, 0)
        self.assertEqual(self.owner(order).state, "cancelled")


@tagged("post_install", "-at_install")
class TestOutcomeNoBackOrder(OutcomeCase):
    def judged(self, order):
        """:return: whether the invoice of a delivery was due, and in time"""
        self.invoiced_on(order.invoice_ids, "2026-02-04")
        self.left(order.picking_ids, "2026-02-03 15:00:00")
        self.roll_up()
        row = self.facts("delivery", order.picking_ids)[0]
        return row.invoice_due_count, row.invoice_in_time_count

    def test_less_than_ordered(self):
        """What left was invoiced the same day, and never counts as in time."""
        self.product.invoice_policy = "delivery"
        order = self.order(10)
        self.ship_short(order.picking_ids, 6)
        self.assertEqual(self.invoice(order).invoice_line_ids.quantity, 6)
        self.assertEqual(self.judged(order), (1, 1))

    def test_more_than_ordered(self):
        """Twelve left of ten that were ordered, and ten on the invoice are all."""
        order = self.order(10)
        self.ship(order.picking_ids, quantity=12)
        self.assertEqual(order.order_line.qty_delivered, 12)
        self.assertEqual(self.invoice(order).invoice_line_ids.quantity, 10)
        self.assertEqual(self.judged(order), (1, 0))
