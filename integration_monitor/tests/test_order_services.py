"""Services of an order: it is over when they are done and invoiced, too."""

from odoo import Command
from odoo.tests import tagged

from .common_transaction import TransactionCommon


@tagged("post_install", "-at_install")
class TestOrderServices(TransactionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service = cls.env["product.product"].create(
            {
                "name": "Installation",
                "type": "service",
                "invoice_policy": "delivery",
                "list_price": 500.0,
                "taxes_id": [Command.clear()],
            }
        )
        shade = cls.shelved("Lamp Shade", "delivery")
        cls.goods_by = {"order": cls.product, "delivery": shade}
        cls.left = {policy: cls._left(goods) for policy, goods in cls.goods_by.items()}
        cls.sold = {policy: cls._sold(goods) for policy, goods in cls.goods_by.items()}

    @classmethod
    def _left(cls, goods):
        """:return: an order of goods that left, and of a service; its service line"""
        order = cls.order(
            order_line=[
                Command.create({"product_id": product.id, "product_uom_qty": 1})
                for product in (goods, cls.service)
            ]
        )
        cls.ship(order.picking_ids)
        return order, order.order_line[1:]

    @classmethod
    def _sold(cls, goods):
        """:return: an order of goods that left and are paid, and of a service; its service line"""
        order, line = cls._left(goods)
        cls.pay(cls.invoice(order))
        return order, line

    def test_over_when_the_service_is(self):
        """Everything of the order is done, while the customer waits for the installation."""
        order, line = self.sold["order"]
        owner = self.owner(order)
        self.assertEqual((order.invoice_status, owner.state), ("no", "in_progress"))
        self.assertEqual(owner.waits_for_step_id.code, "invoiced")
        self.assertEqual(owner.cause_text, "A service has to be done before it can be invoiced")
        self.assertEqual((owner.cause, owner.waits_on), ("team", "Our team"))
        line.qty_delivered = 1
        self.record()
        self.assertEqual(owner.cause_text, "The invoice has to be made and posted")
        self.assertEqual(owner.waits_on, "Accounting")
        invoice = self.invoice(order)
        self.assertEqual(owner.state, "in_progress")
        self.pay(invoice)
        self.assertEqual(owner.state, "completed")

    def test_done_in_part(self):
        """Half of the hours are invoiced, and nobody waits for the others."""
        order, line = self.sold["order"]
        line.product_uom_qty = 2
        line.qty_delivered = 1
        self.pay(self.invoice(order))
        owner = self.owner(order)
        self.assertEqual((order.invoice_status, owner.state), ("no", "in_progress"))
        line.product_uom_qty = 1
        self.record()
        self.assertEqual(owner.state, "completed")

    def test_invoiced_before_it_is_done(self):
        """A service that was paid with the order keeps it open for ever."""
        self.service.invoice_policy = "order"
        order, line = self._sold(self.product)
        self.assertFalse(line.qty_delivered)
        self.assertEqual(self.owner(order).state, "completed")

    def test_goods_that_came_back(self):
        """The goods came back and are credited: the service is forgotten, done or not."""
        for order, line in self.sold.values():
            owner = self.owner(order)
            self.send_back(order.picking_ids)
            self.pay(self.refund(order.invoice_ids))
            self.assertEqual((owner.state, owner.waits_for_step_id.code),
                             ("in_progress", "invoiced"))  # fmt: skip
            self.assertEqual(owner.cause_text, "A service has to be done before it can be invoiced")
            line.qty_delivered = 1
            self.record()
            self.assertEqual((order.invoice_status, owner.state), ("to invoice", "in_progress"))
            self.assertEqual(owner.cause_text, "The invoice has to be made and posted")
            invoice = self._invoice_service(order, line)
            self.assertEqual((owner.state, owner.waits_for_step_id.code), ("in_progress", "paid"))
            self.assertEqual(owner.waits_on, self.customer.name)
            self.pay(invoice)
            self.assertEqual(owner.state, "completed")

    def _invoice_service(self, order, line):
        """Odoo would invoice the goods anew where ordered quantities are: people take them out."""
        invoice = self.invoice(order, post=False)
        others = invoice.invoice_line_ids.filtered(lambda item: item.sale_line_ids != line)
        others.unlink()
        invoice.action_post()
        self.record()
        return invoice

    def test_goods_that_came_back_before_the_invoice(self):
        """Nothing is invoiced, the goods came back, and the service is forgotten."""
        for order, line in self.left.values():
            self.send_back(order.picking_ids)
            self.assertEqual(self.owner(order).state, "in_progress")
            line.qty_delivered = 1
            self.record()
            self.assertEqual(self.owner(order).state, "in_progress")
            self.pay(self._invoice_service(order, line))
            self.assertEqual(self.owner(order).state, "completed")

    def test_credited_with_the_goods(self):
        """Service and goods are invoiced and credited: the order waits for them again, for ever."""
        order, line = self.left["order"]
        line.qty_delivered = 1
        invoice = self.invoice(order)
        self.pay(invoice)
        self.send_back(order.picking_ids)
        self.assertEqual(self.owner(order).state, "completed")
        self.pay(self.refund(invoice))
        self.assertEqual((order.invoice_status, line.qty_to_invoice), ("to invoice", 1))
        self.assertEqual(self.owner(order).state, "cancelled")

    def test_credited_in_another_unit(self):
        """Twelve hours are credited as a dozen: the order waits for eleven of them for ever."""
        order, line = self.left["order"]
        line.write({"product_uom_qty": 12, "qty_delivered": 12})
        invoice = self.invoice(order)
        self.pay(invoice)
        self.send_back(order.picking_ids)
        refund = invoice._reverse_moves()
        item = refund.invoice_line_ids.filtered(lambda item: item.sale_line_ids == line)
        price = 12 * item.price_unit
        item.write({"product_uom_id": self.env.ref("uom.product_uom_dozen").id, "quantity": 1})
        item.price_unit = price
        refund.action_post()
        self.record()
        self.assertEqual(refund.amount_total, invoice.amount_total)
        self.pay(refund)
        self.assertEqual((order.invoice_status, line.qty_to_invoice), ("to invoice", 12))
        self.assertEqual(self.owner(order).state, "cancelled")

    def test_goods_that_do_not_come(self):
        """Goods that were called off count as a service."""
        other = self.goods_by["delivery"]
        order = self.order(
            order_line=[
                Command.create({"product_id": product.id, "product_uom_qty": 1})
                for product in (self.product, other)
            ]
        )
        picking = order.picking_ids
        called_off = picking.move_ids.filtered(lambda move: move.product_id == other)
        called_off._action_cancel()
        (picking.move_ids - called_off).write({"quantity": 1, "picked": True})
        picking.button_validate()
        self.record()
        self.pay(self.invoice(order))
        self.assertEqual((order.invoice_status, self.owner(order).state), ("no", "completed"))
        self.assertEqual(self._asked(order), 1)

    def test_asked_where_it_decides(self):
        """Each sale pays for a question about services."""
        order, _line = self.sold["order"]
        plain = self.order()
        self.ship(plain.picking_ids)
        paid = self.invoice(plain)
        self.assertEqual(self._asked(plain), 0)
        self.assertEqual(self._asked(paid, plain.picking_ids), 0)
        self.assertEqual(self._asked(order), 1)
        others = self.sold["delivery"][0] + self._sold(self.product)[0]
        self.assertEqual(self._asked(order, others), 3)

    def _asked(self, *documents):
        """:return: of how many orders services are asked when these documents are recorded"""
        for records in documents:
            records._integration_note(("state",))
        self.env.flush_all()
        self.env.cr.execute(
            """CREATE OR REPLACE FUNCTION integration_order_rest(of_order int, credits bool)
               RETURNS jsonb STABLE LANGUAGE plpgsql
               AS $$ BEGIN RAISE NOTICE 'services are asked'; RETURN NULL; END $$"""
        )
        notices = self.env.cr.connection.notices
        notices.clear()
        self.record()
        return sum("services are asked" in notice for notice in notices)
