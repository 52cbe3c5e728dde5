from datetime import timedelta

from odoo import Command, fields
from odoo.tests import Form, tagged

from odoo.addons.integration_monitor.tests.common_business_rule import BusinessRuleCase

from .common import PurchaseCommon


class PurchaseRuleCase(PurchaseCommon, BusinessRuleCase):
    """A rule over purchases."""

    @classmethod
    def received(cls, quantity=5, **values):
        """:return: a purchase whose goods came"""
        order = cls.purchase(quantity=quantity, **values)
        cls.ship(order.picking_ids)
        return order

    def refund_of(self, bill, **values):
        refund = bill._reverse_moves([{"invoice_date": bill.invoice_date}])
        refund.invoice_line_ids.write(values)
        refund.action_post()
        self.record()
        return refund


@tagged("post_install", "-at_install")
class TestReceiptWithoutBill(PurchaseRuleCase):
    """Goods came in, and what is owed for them is in no book."""

    check_code = "receipt_without_bill"

    def test_hit_and_closing(self):
        """What came without a bill is found, with what it costs, until the bill is posted."""
        order = self.received()
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 50.0)
        self.assertEqual(exception.partner_id, self.vendor)
        self.assertEqual(exception.transaction_id, self.owner(order))
        bill = self.bill(order, post=False)
        self.assertFound(order)
        bill.action_post()
        self.assertClosed(exception)

    def test_part(self):
        """A bill for two of five hides the other three."""
        order = self.received()
        self.bill(order, quantity=2)
        self.assertEqual(self.assertFound(order).amount_at_stake, 30.0)

    def test_near_miss(self):
        """Billed, sent back, free of charge, not here yet, within the grace."""
        self.bill(self.received())
        self.send_back(self.received().picking_ids)
        self.received(price=0)
        self.purchase()
        self.assertFalse(self.sweep())
        order = self.received()
        self.assertFalse(self.sweep(hours=0.5))
        self.assertFound(order)

    def in_parts(self, **values):
        """Two pieces came five days ago. :return: the purchase, the rest is under way"""
        self.rule.write({"grace_minutes": 1440, "watch_from": self.now - timedelta(days=30)})
        order = self.purchase(**values)
        first = order.picking_ids
        self.ship(first, quantity=2)
        self.moved_before(first.move_ids, 5)
        return order

    def test_something_comes_each_day(self):
        """What came first waits for its bill, whatever comes since."""
        order = self.in_parts()
        self.ship(self.open_transfers(order), quantity=1)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 30.0)
        self.bill(order)
        self.assertClosed(exception)

    def test_grace_of_the_last_part(self):
        """What came first is billed: what came today has a day."""
        order = self.in_parts()
        self.bill(order)
        self.ship(self.open_transfers(order), quantity=1)
        self.assertFalse(self.sweep())
        self.assertFound(order, hours=26)

    def test_another_currency(self):
        """What is owed in another currency counts as the company's."""
        other = self.setup_other_currency("EUR", rates=[("2000-01-01", 2.0)])
        order = self.received(currency_id=other.id)
        self.assertEqual(self.assertFound(order).amount_at_stake, 25.0)


@tagged("post_install", "-at_install")
class TestThreeWayMismatch(PurchaseRuleCase):
    """Somebody pays for what was neither ordered nor received."""

    check_code = "three_way_mismatch"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unbilled = cls.received()
        cls.billed = cls.received()
        cls.bill_of_all = cls.bill(cls.billed)

    def test_quantity(self):
        """Six billed of five received, until the refund is posted."""
        order = self.unbilled
        bill = self.bill(order, quantity=6)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 10.0)
        self.assertFalse(self.owner(order).sudo().cause == "exception")
        refund = self.refund_of(bill, quantity=1)
        self.assertEqual(refund.state, "posted")
        self.assertClosed(exception)

    def test_price(self):
        """A dearer bill is found until the purchase says so, too; a cent within the tolerance
        is none."""
        order = self.unbilled
        self.bill(order, price_unit=12.0)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 10.0)
        order.order_line.price_unit = 12.0
        self.assertClosed(exception)
        with Form(self.rule) as form:
            form.tolerance = 0.5
        self.bill(self.received(), price_unit=10.5)
        self.assertFalse(self.sweep())

    def test_never_came(self):
        """The rest was given up, the bill is paid: nobody is told that less came than ordered."""
        order = self.purchase()
        self.ship(order.picking_ids, quantity=2)
        self.bill(order)
        self.assertFalse(self.sweep())  # it may come yet
        self.open_transfers(order).action_cancel()
        self.record()
        exception = self.assertFound(order)
        order.order_line.product_qty = 2
        self.record()
        self.assertClosed(exception)

    def test_near_miss(self):
        """In order, in other units, with a discount, billed before it comes, not billed at all."""
        self.assertTrue(self.billed.invoice_ids)
        self.assertFalse(self.unbilled.invoice_ids)
        dozens = self.purchase(quantity=1, confirm=False)
        dozens.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        dozens.order_line.price_unit = 120.0
        dozens.button_confirm()
        self.ship(dozens.picking_ids)
        unit = self.env.ref("uom.product_uom_unit").id
        self.bill(dozens, product_uom_id=unit, quantity=12, price_unit=10.0)
        cheap = self.purchase(confirm=False)
        cheap.order_line.discount = 10
        cheap.button_confirm()
        self.ship(cheap.picking_ids)
        self.bill(cheap, discount=0, price_unit=9.0)
        early = self.env["product.product"].create(
            {
                "name": "Early Hook",
                "is_storable": True,
                "purchase_method": "purchase",
                "supplier_taxes_id": [Command.clear()],
            }
        )
        ordered = self.purchase(product=early)
        bill = self.bill(ordered)
        self.assertEqual(bill.invoice_line_ids.quantity, 5)
        self.assertFalse(self.sweep())
        # One piece more than was ordered is too much, whatever came.
        more = bill.copy({"invoice_date": bill.invoice_date})
        more.invoice_line_ids.write({"purchase_line_id": ordered.order_line.id, "quantity": 1})
        more.action_post()
        self.record()
        self.assertFound(ordered)

    def test_service(self):
        """The freight is billed as ordered: nobody enters that it came, or should have to."""
        freight = self.env["product.product"].create(
            {"name": "Freight", "type": "service", "purchase_method": "purchase",
             "supplier_taxes_id": [Command.clear()]}
        )  # fmt: skip
        order = self.purchase(quantity=1, product=freight)
        self.bill(order)
        self.assertEqual(order.order_line.qty_received, 0)
        self.assertStates(order, matched="reached")
        self.assertFalse(self.sweep(hours=72))
        dear = self.purchase(quantity=1, product=freight)
        self.bill(dear, quantity=2)
        self.assertEqual(self.assertFound(dear).amount_at_stake, 10.0)

    def test_sent_back_and_credited(self):
        """Two of five went back and are credited: what stays is paid, and nothing differs."""
        order, bill = self.billed, self.bill_of_all
        self.send_back(order.picking_ids, quantity=2)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 20.0)
        self.refund_of(bill, quantity=2)
        self.assertEqual(order.order_line.qty_received, 3)
        self.assertClosed(exception)

    def test_sent_back_and_replaced(self):
        """What came in place of two that went back counts as more than was ordered."""
        order = self.billed
        back = self.send_back(order.picking_ids, quantity=2)
        self.send_back(back)
        self.assertEqual(order.order_line.qty_received, 5)
        self.assertFalse(self.sweep())
        short = self.purchase()
        self.ship_short(short.picking_ids, 4)
        bill = self.bill(short)
        self.send_back(short.picking_ids, quantity=1)
        self.refund_of(bill, quantity=1)
        self.assertFound(short)

    def test_within_the_tolerance(self):
        """A difference that nobody minds opens an exception, or hides one that is greater."""
        with Form(self.rule) as form:
            form.tolerance = 0.5
        order = self.unbilled
        self.bill(order, quantity=5.4)
        self.assertEqual(order.invoice_ids.invoice_line_ids.quantity, 5.4)
        self.assertFalse(self.sweep())
        other = self.received()
        self.bill(other, quantity=5.6)
        self.assertEqual(self.assertFound(other).amount_at_stake, 6.0)

    def advance(self, order, amount=20):
        """Pay a vendor in advance, as Odoo's matching of bills writes it. :return: the bill"""
        fee = self.env["product.product"].create({"name": "Advance", "type": "service"})
        bill = self.env["account.move"].create(
            {
                "move_type": "in_invoice",
                "partner_id": self.vendor.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create(
                        {"product_id": fee.id, "price_unit": amount, "tax_ids": [Command.clear()]}
                    )
                ],
            }
        )
        self.env["bill.to.po.wizard"].create(
            {"purchase_order_id": order.id, "partner_id": self.vendor.id}
        ).with_context(active_ids=[-bill.invoice_line_ids.id]).action_add_downpayment()
        bill.action_post()
        self.record()
        self.assertTrue(order.order_line.filtered("is_downpayment"))
        return bill

    def test_down_payment(self):
        """A vendor is paid in advance: nothing differs, neither for the rule nor for the step."""
        order = self.purchase()
        self.advance(order)
        self.assertFalse(self.sweep(hours=72))
        matched = self.milestone(order, "matched")
        self.assertEqual((matched.reached_count, matched.expected_count), (1, 2))
        self.ship(order.picking_ids)
        self.bill(order)
        self.assertFalse(self.sweep(hours=72))
        self.assertEqual(matched.state, "reached")

    def test_too_much_beside_a_down_payment(self):
        """The advance hides no bill that asks for more than came."""
        order = self.purchase()
        self.advance(order)
        self.ship(order.picking_ids)
        goods = order.order_line.filtered("product_qty")
        bill = self.bill(order, post=False)
        bill.invoice_line_ids.filtered(lambda line: line.purchase_line_id == goods).quantity = 6
        bill.action_post()
        self.record()
        self.assertEqual(self.assertFound(order).amount_at_stake, 10.0)
        # The advance is in order, the bill is not.
        self.assertEqual(self.milestone(order, "matched").reached_count, 1)

    def test_two_bills_of_one_line(self):
        """Each of two bills is right by itself, and together they ask for too much."""
        order = self.billed
        self.assertFalse(self.sweep())
        again = order.invoice_ids.copy({"invoice_date": order.invoice_ids.invoice_date})
        again.invoice_line_ids.purchase_line_id = order.order_line
        again.action_post()
        self.record()
        self.assertEqual(self.assertFound(order).amount_at_stake, 50.0)
