from datetime import timedelta

from odoo.tests import tagged

from .common_business_rule import BusinessRuleCase
from .common_kit import KitCommon


class KitRuleCase(KitCommon, BusinessRuleCase):
    """Rules over lines whose moves bring components."""


@tagged("post_install", "-at_install")
class TestKitQuantities(KitRuleCase):
    """Kits count as kits, not as pieces of their components."""

    check_code = "quantities_differ"

    def test_hit_and_closing(self):
        """One kit of two left, the rest was given up; the order is changed."""
        order = self.kits()
        self.ship_kits(order.picking_ids, 3, 1).action_cancel()
        self.delivered(order)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 100.0)
        self.execute("UPDATE sale_order_line SET product_uom_qty = 1 WHERE order_id = %s", order.id)
        self.assertClosed(exception)

    def test_near_miss(self):
        """All of it came back; a kit was broken up by a return; a kit is under way."""
        returned = self.kits()
        self.ship_kits(returned.picking_ids, 6, 2)
        self.return_kits(returned.picking_ids, 6, 2)
        self.assertEqual(returned.order_line.qty_delivered, 0)
        broken = self.kits()
        self.ship_kits(broken.picking_ids, 6, 2)
        self.return_kits(broken.picking_ids, 1, 0)
        self.assertEqual(broken.order_line.qty_delivered, 1)
        self.ship_kits(self.kits().picking_ids, 3, 1)
        self.assertFalse(self.sweep())


@tagged("post_install", "-at_install")
class TestKitNotShipped(KitRuleCase):
    """One kit that came back hides no other that never left."""

    check_code = "invoiced_not_shipped"

    def test_hit_and_closing(self):
        order = self.kits()
        self.invoice(order)
        rest = self.ship_kits(order.picking_ids, 3, 1)
        self.return_kits(order.picking_ids - rest, 3, 1)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 100.0)
        self.ship_kits(rest, 3, 1)
        self.assertClosed(exception)

    def test_near_miss(self):
        """Both left, and one of them came back in part."""
        order = self.kits()
        self.invoice(order)
        self.ship_kits(order.picking_ids, 6, 2)
        self.return_kits(order.picking_ids, 0, 1)
        self.assertFalse(self.sweep())


@tagged("post_install", "-at_install")
class TestKitNotRefunded(KitRuleCase):
    """Money for one kit is owed, not for four pieces."""

    check_code = "return_without_refund"

    def test_hit_and_closing(self):
        order = self.kits()
        invoice = self.invoice(order)
        self.ship_kits(order.picking_ids, 6, 2)
        self.return_kits(order.picking_ids, 3, 1)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 100.0)
        self.refund(invoice)
        self.assertClosed(exception)


@tagged("post_install", "-at_install")
class TestKitNotInvoiced(KitRuleCase):
    """What left first waits for its invoice, by its share of the pieces."""

    check_code = "shipped_not_invoiced"

    def test_in_parts(self):
        """The first kit left five days ago; invoiced, the second has a day."""
        self.rule.write({"grace_minutes": 1440, "watch_from": self.now - timedelta(days=30)})
        self.product.invoice_policy = "delivery"
        order = self.kits()
        first = order.picking_ids
        rest = self.ship_kits(first, 3, 1)
        self.moved_before(first.move_ids, 5)
        exception = self.assertFound(order)
        self.invoice(order)
        self.assertClosed(exception)
        self.ship_kits(rest, 3, 1)
        self.assertFalse(self.sweep())
        self.assertFound(order, hours=26)


@tagged("post_install", "-at_install")
class TestKitNotReserved(KitRuleCase):
    """Components have no price of their own: each piece is its share of the kit."""

    check_code = "reservation_failed"

    def test_hit_and_closing(self):
        """Nothing is there: two kits are at stake, with the shades there six pieces of eight."""
        order = self.kits(stock=False)
        exception = self.assertFound(order.picking_ids, hours=48)
        self.assertEqual(exception.amount_at_stake, 200.0)
        other = self.kits(stock=False)
        self.stock(self.shade, 2)
        other.picking_ids.action_assign()
        both = self.assertFound(order.picking_ids + other.picking_ids, hours=48)
        self.assertEqual((both - exception).amount_at_stake, 150.0)
        self.stock(self.screw, 12)
        other.picking_ids.action_assign()
        self.assertFalse(self.sweep(48) & (both - exception))
