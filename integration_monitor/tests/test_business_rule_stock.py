from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .common_business_rule import BusinessRuleCase


@tagged("post_install", "-at_install")
class TestNegativeStock(BusinessRuleCase):
    """More left a location than was ever in it."""

    check_code = "negative_stock"

    def test_hit_and_closing(self):
        """One product in one location of ours, worth its cost; found until it is counted."""
        self.product.standard_price = 7
        self.rule.text = "{quantity} in {location}"
        self.stock(self.product, -103)
        exception = self.assertFound(self.product)
        self.assertEqual(exception.amount_at_stake, 21.0)
        self.assertIn("-3 in ", exception.error_message)
        self.stock(self.product, 3)
        self.assertClosed(exception)

    def test_near_miss(self):
        """Nothing left, what counting took off, lots that make up for each other."""
        self.stock(self.product, -100)
        loss = self.env["stock.location"].search(
            [("usage", "=", "inventory"), ("company_id", "=", self.company.id)], limit=1
        )
        quants = self.env["stock.quant"]
        quants._update_available_quantity(self.product, loss, -5)
        tracked = self.env["product.product"].create(
            {"name": "Tracked", "is_storable": True, "tracking": "lot"}
        )
        shelf = self.warehouse.lot_stock_id
        lot = self.env["stock.lot"].create({"name": "A", "product_id": tracked.id})
        quants._update_available_quantity(tracked, shelf, 2, lot_id=lot)
        quants._update_available_quantity(tracked, shelf, -2)
        self.assertFalse(self.sweep())
        self.rule.tolerance = 2
        self.stock(self.product, -1)
        self.assertFalse(self.sweep())
        self.rule.tolerance = 0
        self.assertFalse(self.sweep(hours=0.5))
        self.assertFound(self.product)

    def test_each_location_by_itself(self):
        """Two locations are below zero: one matter each, and one closes without the other."""
        other = self.env["stock.location"].create(
            {"name": "Shelf 2", "location_id": self.warehouse.lot_stock_id.id}
        )
        self.stock(self.product, -101)
        self.env["stock.quant"]._update_available_quantity(self.product, other, -1)
        found = self.assertFound([self.product, self.product])
        self.stock(self.product, 1)
        left = self.assertFound(self.product)
        self.assertLess(left, found)

    def shipped_before(self, hours, quantity):
        """Ship goods so many hours before now, as transfers do that nothing reserves for."""
        picking = self.order(quantity=quantity).picking_ids
        picking.move_ids.write({"quantity": quantity, "picked": True})
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        self.execute(
            "UPDATE stock_move_line SET date = %s WHERE picking_id = %s",
            self.now - timedelta(hours=hours), picking.id,
        )  # fmt: skip

    def in_date(self, hours):
        """What Odoo has as the date of the goods, so many hours before now."""
        self.execute(
            "UPDATE stock_quant SET in_date = %s WHERE product_id = %s",
            self.now - timedelta(hours=hours), self.product.id,
        )  # fmt: skip

    def test_goods_came_long_ago(self):
        """What came in January and ran out a moment ago is missing since January."""
        self.in_date(hours=2000)
        self.shipped_before(hours=0, quantity=103)
        self.in_date(hours=2000)
        self.assertFalse(self.sweep(hours=0.5))
        self.rule.text = "since {since}"
        exception = self.assertFound(self.product)
        self.assertEqual(exception.error_message, f"since {self.now} UTC")

    def test_missing_and_shipped_all_day(self):
        """A location that is missing goods and goes on shipping is never told of."""
        self.shipped_before(hours=30, quantity=101)
        self.shipped_before(hours=3, quantity=1)
        self.shipped_before(hours=0, quantity=1)
        self.in_date(hours=0)
        self.assertFound(self.product, hours=0)

    def test_missing_anew(self):
        """Goods came and ran out again: what was missing before is over."""
        self.shipped_before(hours=30, quantity=101)
        receipt = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.in_type_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "move_ids": [Command.create({
                    "product_id": self.product.id, "product_uom_qty": 5,
                    "location_id": self.env.ref("stock.stock_location_suppliers").id,
                    "location_dest_id": self.warehouse.lot_stock_id.id,
                })],
            }
        )  # fmt: skip
        self.ship(receipt)
        self.execute(
            "UPDATE stock_move_line SET date = %s WHERE picking_id = %s",
            self.now - timedelta(hours=20), receipt.id,
        )  # fmt: skip
        self.shipped_before(hours=0, quantity=7)
        self.assertFalse(self.sweep(hours=0.5))
        self.assertFound(self.product)


@tagged("post_install", "-at_install")
class TestReservationFailed(BusinessRuleCase):
    """The goods of a transfer are not there when it should leave."""

    check_code = "reservation_failed"

    def test_hit_and_closing(self):
        """Ninety-nine are there for a hundred and one; two more come in."""
        self.rule.text = "{missing} of {products}"
        order = self.order(quantity=102)
        exception = self.assertFound(order.picking_ids)
        self.assertEqual(exception.amount_at_stake, 200.0)
        self.assertEqual(exception.error_message, "2 of 1")
        self.assertEqual(exception.transaction_id, self.owner(order))
        self.stock(self.product, 2)
        order.picking_ids.action_assign()
        self.assertClosed(exception)

    def test_near_miss(self):
        """All there, for next week, reserved by hand, waits for a transfer before it."""
        self.order(quantity=2)
        later = self.order(quantity=200, commitment_date=self.now + timedelta(days=7))
        self.assertFalse(self.sweep())
        self.assertFound(later.picking_ids, hours=24 * 7)
        later.action_cancel()
        self.warehouse.out_type_id.reservation_method = "manual"
        self.order(quantity=200)
        self.assertFalse(self.sweep())

    def test_chain(self):
        """In two steps the first transfer lacks goods; the second only waits for it."""
        self.warehouse.delivery_steps = "pick_ship"
        order = self.order(quantity=200)
        pick = order.picking_ids.filtered(lambda p: p.picking_type_id.code == "internal")
        self.assertFound(pick)
