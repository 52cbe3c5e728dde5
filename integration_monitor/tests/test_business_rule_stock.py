from datetime import timedelta

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
