"""Rules over orders of which goods came back, and short ways to what makes them hard."""

from odoo import Command

from .common_business_rule import BusinessRuleCase
from .common_return import ReturnCommon


class ReturnRuleCase(ReturnCommon, BusinessRuleCase):
    """A rule, and the buttons of returns."""

    def exchange(self, delivery, quantity=None):
        """The customer sends goods back for others. :return: the transfer of the others"""
        orders = delivery.sale_id
        before = orders.picking_ids
        back = self.announce(delivery, quantity=quantity, exchange=True)
        self.ship(back)
        return orders.picking_ids - before - back

    def come_back(self, delivery, quantity=None):
        """Goods come back for good. :return: the transfer that brought them"""
        back = self.announce(delivery, quantity=quantity)
        self.ship(back)
        return back

    def credits_of(self, back):
        """:return: the credit notes that a return claims"""
        links = self.owner(back).document_ids.filtered(lambda link: link.role == "refund")
        return self.env["account.move"].browse(links.mapped("res_id"))

    @classmethod
    def in_two_invoices(cls):
        """:return: an order of ten that has left, the invoice of eight and that of two"""
        order, _none = cls.delivered(quantity=10, invoiced=False)
        first = cls.invoice(order, post=False)
        first.invoice_line_ids.quantity = 8
        first.action_post()
        return order, first, cls.invoice(order)

    def made_before(self, bills, days=2):
        """Invoices and credit notes were made so many days before."""
        self.execute(
            "UPDATE account_move SET create_date = create_date - make_interval(days => %s)"
            " WHERE id = ANY(%s)",
            days,
            bills.ids,
        )

    def corrected(self):
        """:return: an order of ten that was shipped, and the invoice that replaced its first one"""
        order, invoice = self.delivered(quantity=10, paid=False)
        return order, self.correct(invoice)

    def correct(self, invoices, post=True):
        """*Reverse and Create Invoice*. :return: the new invoices, in the order of the former"""
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoices.ids)
            .create({"journal_id": invoices.journal_id.id})
        )
        wizard.modify_moves()
        other = wizard.new_move_ids.sorted("id")
        if post:
            other.action_post()
        self.record()
        return other

    def back_order_open(self):
        """:return: an order of ten that left and of one of other goods that waits, and its invoice;
        and the transfer that brought the ten"""
        other = self.env["product.product"].create(
            {"name": "Shade", "is_storable": True, "invoice_policy": "order"}
        )
        order = self.order(
            order_line=[
                Command.create({"product_id": product.id, "product_uom_qty": quantity})
                for product, quantity in ((self.product, 10), (other, 1))
            ]
        )
        delivery = order.picking_ids
        delivery.action_assign()
        for move in delivery.move_ids:
            move.quantity = 10 if move.product_id == self.product else 0
            move.picked = move.product_id == self.product
        delivery.with_context(skip_backorder=True).button_validate()
        self.record()
        return order, self.invoice(order), delivery

    @classmethod
    def rest_waits(cls, quantity=10, left=6):
        """:return: an order that is invoiced and left in part, its delivery and the back order"""
        order = cls.order(quantity=quantity)
        delivery = order.picking_ids
        cls.ship(delivery, quantity=left)
        cls.invoice(order)
        return order, delivery, order.picking_ids - delivery

    def exchange_merged(self, delivery, waiting, quantity):
        """Goods come back for others, which Odoo adds to a move that waits. :return: the return"""
        (move,) = waiting.move_ids
        demand, known = move.product_uom_qty, delivery.sale_id.picking_ids
        back = self.announce(delivery, quantity=quantity, exchange=True)
        self.assertEqual(delivery.sale_id.picking_ids - known, back)
        self.assertEqual(waiting.move_ids, move)
        self.assertEqual(move.product_uom_qty, demand + quantity)
        self.ship(back)
        return back

    def half_came_back(self):
        """:return: an order of four that is invoiced, two of which left and came back; the rest
        waits; and its invoice"""
        order = self.order(quantity=4)
        invoice = self.invoice(order)
        first = order.picking_ids
        self.ship(first, quantity=2)
        self.come_back(first)
        return order, invoice
