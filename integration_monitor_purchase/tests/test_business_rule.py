from odoo import Command
from odoo.tests import tagged

from odoo.addons.integration_monitor.tests.common_business_rule import BusinessRuleCase

from .common import PurchaseCommon


class PurchaseRuleCase(PurchaseCommon, BusinessRuleCase):
    """A rule over purchases."""

    def received(self, quantity=5, **values):
        """:return: a purchase whose goods came"""
        order = self.purchase(quantity=quantity, **values)
        self.ship(order.picking_ids)
        return order


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

    def test_another_currency(self):
        """What is owed in another currency counts as the company's."""
        other = self.setup_other_currency("EUR", rates=[("2000-01-01", 2.0)])
        order = self.received(currency_id=other.id)
        self.assertEqual(self.assertFound(order).amount_at_stake, 25.0)


@tagged("post_install", "-at_install")
class TestThreeWayMismatch(PurchaseRuleCase):
    """Somebody pays for what was neither ordered nor received."""

    check_code = "three_way_mismatch"

    def test_quantity(self):
        """Six billed of five received, until the refund is posted."""
        order = self.received()
        bill = self.bill(order, quantity=6)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 10.0)
        self.assertFalse(self.owner(order).sudo().cause == "exception")
        refund = self.refund_of(bill, quantity=1)
        self.assertEqual(refund.state, "posted")
        self.assertClosed(exception)

    def refund_of(self, bill, **values):
        refund = bill._reverse_moves([{"invoice_date": bill.invoice_date}])
        refund.invoice_line_ids.write(values)
        refund.action_post()
        self.record()
        return refund

    def test_price(self):
        """A dearer bill is found until the purchase says so, too; a cent within the tolerance
        is none."""
        order = self.received()
        self.bill(order, price_unit=12.0)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 10.0)
        order.order_line.price_unit = 12.0
        self.assertClosed(exception)
        self.rule.tolerance = 0.5
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
        self.bill(self.received())
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
        early = self.goods.copy({"purchase_method": "purchase",
                                 "supplier_taxes_id": [Command.clear()]})  # fmt: skip
        self.bill(self.purchase(product=early))
        self.received()
        self.assertFalse(self.sweep())

    def test_two_bills_of_one_line(self):
        """Each of two bills is right by itself, and together they ask for too much."""
        order = self.received()
        self.bill(order, quantity=5)
        self.assertFalse(self.sweep())
        again = order.invoice_ids.copy({"invoice_date": order.invoice_ids.invoice_date})
        again.invoice_line_ids.purchase_line_id = order.order_line
        again.action_post()
        self.record()
        self.assertEqual(self.assertFound(order).amount_at_stake, 50.0)
