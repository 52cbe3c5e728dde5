from odoo.tests import tagged

from odoo.addons.integration_monitor.tests.common_business_rule import BusinessRuleCase

from .common import DropshipCommon


@tagged("post_install", "-at_install")
class TestDropshipQuantities(DropshipCommon, BusinessRuleCase):
    """Prepaid goods that a vendor ships: what he was not asked for yet is under way."""

    check_code = "quantities_differ"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.goods.invoice_policy = "order"

    def prepaid(self):
        """:return: an order that is paid, whose purchase is a draft"""
        order = self.sell(self.goods)
        self.invoice(order)
        return order

    def test_not_ordered_yet(self):
        """A purchase in draft, and none at all."""
        order = self.prepaid()
        self.assertEqual(self.bought(order).state, "draft")
        self.assertFalse(order.order_line.move_ids)
        self.assertFalse(self.sweep(hours=72))

    def test_more_is_asked_for(self):
        """Five came, two more are to be ordered of the vendor: until that is given up."""
        order = self.prepaid()
        first = self.bought(order)
        self.confirm(first)
        self.ship(first.picking_ids)
        order.order_line.product_uom_qty = 7
        self.record()
        further = self.bought(order) - first
        self.assertEqual(further.state, "draft")
        self.assertFalse(self.sweep(hours=72))
        further.button_cancel()
        self.record()
        exception = self.assertFound(order, hours=72)
        order.order_line.product_uom_qty = 5
        self.assertClosed(exception)
