from datetime import timedelta

from odoo import Command
from odoo.tests import Form, tagged

from .test_business_rule import PurchaseRuleCase


@tagged("post_install", "-at_install")
class TestThreeWayMismatchSince(PurchaseRuleCase):
    """A difference has a day before somebody must look, and each new document gives it another."""

    check_code = "three_way_mismatch"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule.write({"grace_minutes": 1440, "watch_from": cls.now - timedelta(days=30)})
        cls.ordered = cls.purchase(quantity=10)
        cls.unbilled = cls.received()

    def came(self, order, quantity, days=0):
        """So many pieces of what is open came so many days ago."""
        receipt = self.open_transfers(order)
        self.ship(receipt, quantity=quantity)
        self.moved_before(receipt.move_ids.filtered(lambda move: move.state == "done"), days)

    def all_came(self, days):
        """:return: a purchase of five pieces, which came so many days ago"""
        self.moved_before(self.unbilled.picking_ids.move_ids, days)
        return self.unbilled

    def billed(self, order, quantity, days=0, **values):
        """So many pieces were billed so many days ago. :return: the bill"""
        bill = self.bill(order, quantity=quantity, **values)
        self.entered_before(bill, days)
        return bill

    def entered_before(self, bill, days):
        self.execute(
            """UPDATE account_move SET create_date = create_date - make_interval(days => %s),
                      invoice_date = invoice_date - %s WHERE id = %s""",
            days, days, bill.id,
        )  # fmt: skip

    def assertSinceToday(self, order):
        """The day of grace began today."""
        self.assertFalse(self.sweep())
        self.assertFound(order, hours=26)

    def test_receipt_that_makes_it_no_better(self):
        """Something comes each day, and nobody is ever told of the bill that asks for too much."""
        order = self.ordered
        self.came(order, 2, days=5)
        self.billed(order, 4, days=5)
        self.came(order, 1)
        self.assertFound(order)

    def test_right_in_between(self):
        """What was too much came meanwhile: the bill of today has its day."""
        order = self.ordered
        self.came(order, 2, days=6)
        self.billed(order, 4, days=5)
        self.came(order, 3, days=4)
        self.billed(order, 3)
        self.assertSinceToday(order)

    def test_bill_after_the_goods(self):
        """The goods came long ago, the bill that asks for too much today."""
        order = self.all_came(days=5)
        self.billed(order, 6)
        self.assertSinceToday(order)

    def dated(self, bill, days):
        """A bill bears the date of so many days later than today."""
        self.execute(
            "UPDATE account_move SET invoice_date = invoice_date + %s WHERE id = %s", days, bill.id
        )

    def test_bill_of_another_day(self):
        """The vendor's bill bears last week's date, and was entered today."""
        order = self.all_came(days=9)
        self.dated(self.billed(order, 6), -5)
        self.assertSinceToday(order)

    def test_bill_that_is_dated_ahead(self):
        """Nobody owes it before."""
        order = self.all_came(days=9)
        self.dated(self.billed(order, 6), 4)
        self.assertFalse(self.sweep(hours=48))
        self.assertFound(order, hours=24 * 6)

    def test_first_bill_of_another_price(self):
        """The dear bill of last week hides behind the right one of today."""
        order = self.ordered
        self.came(order, 10, days=6)
        self.billed(order, 4, days=5, price_unit=12.0)
        self.billed(order, 6)
        self.assertFound(order)

    def test_later_bill_of_another_price(self):
        """The right bill of last week takes its day from the dear one of today."""
        order = self.ordered
        self.came(order, 10, days=6)
        self.billed(order, 4, days=5)
        self.billed(order, 6, price_unit=12.0)
        self.assertSinceToday(order)

    def test_rest_is_called_off(self):
        """Until today the rest could come."""
        order = self.purchase()
        self.came(order, 2, days=6)
        self.billed(order, 2, days=5)
        self.open_transfers(order).action_cancel()
        self.record()
        self.assertSinceToday(order)
        cancelled = order.order_line.move_ids.filtered(lambda move: move.state == "cancel")
        self.execute(
            "UPDATE stock_move SET write_date = write_date - interval '4 days' WHERE id = %s",
            cancelled.id,
        )
        self.assertFound(order)

    def test_goods_that_went_back(self):
        """All was right until the goods went back, and no refund came."""
        order = self.all_came(days=6)
        self.billed(order, 5, days=5)
        back = self.send_back(order.picking_ids)
        self.assertSinceToday(order)
        self.moved_before(back.move_ids, 3)
        self.assertFound(order)

    def test_goods_that_went_back_and_are_credited(self):
        """All was right with the refund: the bill that asks for too much has its day."""
        order = self.all_came(days=6)
        bill = self.billed(order, 5, days=5)
        back = self.send_back(order.picking_ids, quantity=2)
        self.moved_before(back.move_ids, 4)
        exception = self.assertFound(order)
        refund = self.refund_of(bill, quantity=2)
        self.assertClosed(exception)
        self.entered_before(refund, 3)
        again = bill.copy({"invoice_date": bill.invoice_date})
        again.invoice_line_ids.write({"purchase_line_id": order.order_line.id, "quantity": 1})
        again.action_post()
        self.record()
        self.assertSinceToday(order)

    def test_more_came_than_ordered(self):
        """Seven of five came and were billed: since the day on which the sixth came."""
        order = self.purchase()
        self.came(order, 7, days=3)
        self.billed(order, 7)
        self.assertSinceToday(order)
        self.entered_before(order.invoice_ids, 2)
        self.assertFound(order)


@tagged("post_install", "-at_install")
class TestBilledFirst(PurchaseRuleCase):
    """Bills come with the order, before the goods, and the vendor owes what went back."""

    check_code = "three_way_mismatch"

    def billed_first(self, short=None):
        """:return: a purchase of ten, billed as ordered, that came, or so many of them; its bill"""
        early = self.env["product.product"].create(
            {
                "name": "Early Hook",
                "is_storable": True,
                "purchase_method": "purchase",
                "supplier_taxes_id": [Command.clear()],
            }
        )
        order = self.purchase(quantity=10, product=early)
        bill = self.bill(order)
        if short:
            self.ship_short(order.picking_ids, short)
            return order, bill
        self.ship(order.picking_ids)
        self.assertFalse(self.sweep())
        return order, bill

    def test_goods_that_went_back(self):
        """Four of ten went back, then all: no refund came, and nobody is told."""
        order, bill = self.billed_first()
        receipt = order.picking_ids
        self.send_back(receipt, quantity=4)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 40.0)
        self.refund_of(bill, quantity=4)
        self.assertClosed(exception)
        self.send_back(receipt, quantity=6)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 60.0)
        self.refund_of(bill, quantity=6)
        self.assertClosed(exception)

    def test_since_they_went_back(self):
        """The day of grace begins with the way back, not with the receipt."""
        self.rule.write({"grace_minutes": 1440, "watch_from": self.now - timedelta(days=30)})
        order, bill = self.billed_first()
        self.moved_before(order.picking_ids.move_ids, 6)
        self.execute(
            "UPDATE account_move SET create_date = create_date - interval '8 days',"
            " invoice_date = invoice_date - 8 WHERE id = %s",
            bill.id,
        )
        back = self.send_back(order.picking_ids)
        self.assertFalse(self.sweep())
        self.moved_before(back.move_ids, 3)
        self.assertFound(order)

    def test_rest_is_called_off(self):
        """Ten are billed and seven came: what is asked for three of them is at stake."""
        order, bill = self.billed_first(short=7)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 30.0)
        self.send_back(order.picking_ids, quantity=2)
        self.assertEqual(self.assertFound(order).amount_at_stake, 50.0)
        self.refund_of(bill, quantity=5)
        self.assertEqual(self.assertFound(order).amount_at_stake, 0.0)
        # Less came than was ordered, until the purchase says so, too.
        order.order_line.product_qty = 7
        self.record()
        self.assertClosed(exception)

    def test_since_the_rest_is_called_off(self):
        """The day of grace begins when the rest will not come any more."""
        self.rule.write({"grace_minutes": 1440, "watch_from": self.now - timedelta(days=30)})
        order, bill = self.billed_first(short=7)
        self.execute(
            "UPDATE account_move SET create_date = create_date - interval '8 days',"
            " invoice_date = invoice_date - 8 WHERE id = %s",
            bill.id,
        )
        self.assertFalse(self.sweep())
        self.moved_before(order.picking_ids.move_ids, 3)
        self.assertFound(order)

    def test_exchange(self):
        """The vendor replaces what went back: nothing is owed, and until then it is to come."""
        order, _bill = self.billed_first()
        receipt = order.picking_ids
        wizard = Form(
            self.env["stock.return.picking"].with_context(
                active_id=receipt.id, active_ids=receipt.ids, active_model="stock.picking"
            )
        ).save()
        wizard.product_return_moves.quantity = 4
        back = self.env["stock.picking"].browse(wizard.action_create_exchanges()["res_id"])
        self.ship(back)
        self.assertFalse(self.sweep(hours=72))
        self.ship(self.open_transfers(order))
        self.assertEqual(order.order_line.qty_received, 10)
        self.assertFalse(self.sweep(hours=72))
