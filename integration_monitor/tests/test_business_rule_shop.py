from datetime import timedelta

from odoo import fields
from odoo.fields import Command
from odoo.tests import tagged

from .common_business_rule import BusinessRuleCase
from .common_shop import ShopCase, sample


@tagged("post_install", "-at_install")
class TestPriceDiffers(ShopCase):
    """Somebody changes prices of an order that the customer has paid for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = fields.Datetime.now()
        cls.rule = cls.env["integration.business.rule"].create(
            {
                "name": "Other price",
                "check_code": "price_differs",
                "text": "{total} instead of {stated} {currency}: {lines}",
                "company_ids": cls.company.ids,
                "watch_from": cls.now - timedelta(days=1),
            }
        )

    def sweep(self, hours=2):
        self.rule.sudo()._sweep_safely(self.now + timedelta(hours=hours))
        self.assertFalse(self.rule.last_error)
        return self.rule.exception_ids.filtered("is_open")

    def test_as_in_the_shop(self):
        """Published orders, with discounts, rounding and shipping, are what the shop stated."""
        order = self._handle(sample("shopify/order_created.json")).sudo()
        self.assertEqual(order.integration_external_total, 409.94)
        woo = self._make_flow(
            "integration.handler.shop.order.woocommerce", "testshop.woo", message_type="shop.order"
        )
        self.env["product.product"].create({"name": "Woo Single #1"})
        self._handle(sample("woocommerce/order_created.json"), flow=woo)
        self.assertFalse(self.sweep())

    def test_hit_and_closing(self):
        """A line gets ten more; the price is set back."""
        order = self._handle(sample("shopify/order_created.json")).sudo()
        line = order.order_line[0]
        price = line.price_unit
        line.write({"price_unit": price + 10, "tax_ids": [Command.clear()]})
        exception = self.sweep()
        self.assertEqual((exception.res_model, exception.res_id), ("sale.order", order.id))
        self.assertIn("instead of 409.94 USD", exception.error_message)
        self.assertIn(line.name.splitlines()[0][:20], exception.error_message)
        self.assertGreaterEqual(exception.amount_at_stake, 10)
        line.price_unit = price
        order.order_line[1].tax_ids = order.order_line[1].tax_ids
        total = order.amount_total
        self.rule.tolerance = abs(total - 409.94)
        self.assertFalse(self.sweep())
        self.assertEqual(exception.resolution, "auto")

    def test_prices_that_make_up_for_each_other(self):
        """The total is the same, and two lines have other prices."""
        order = self._handle(sample("shopify/order_created.json")).sudo()
        first, second = order.order_line[:2]
        first.price_unit += 5
        second.price_unit -= 5
        self.assertEqual(order.amount_total, 409.94)
        self.assertEqual(self.sweep().res_id, order.id)

    def test_near_miss(self):
        """Orders of no shop, cancelled ones, and those whose version a person accepted."""
        order = self._handle(sample("shopify/order_created.json")).sudo()
        order.order_line[0].price_unit += 10
        copy = order.copy()
        self.assertFalse(copy.integration_external_total)
        self.assertEqual(self.sweep().res_id, order.id)
        self.flow.with_user(self.service)._handler()._accept_version(
            self._message(), sample("shopify/order_created.json")
        )
        self.assertFalse(self.sweep())
        order.integration_external_total = 409.94
        self.assertTrue(self.sweep())
        order._action_cancel()
        self.assertFalse(self.sweep())


@tagged("post_install", "-at_install")
class TestDuplicateOrder(BusinessRuleCase):
    """One order arrives, or is typed in, twice."""

    check_code = "duplicate_order"

    def again(self, order, minutes=10, **values):
        """Place an order of the same goods so many minutes later. :return: that order"""
        again = self.order(quantity=order.order_line.product_uom_qty, confirm=False, **values)
        again.action_confirm()
        again.date_order = order.date_order + timedelta(minutes=minutes)
        return again

    def test_same_goods(self):
        """The same within ten minutes; one of the two is cancelled."""
        self.rule.text = "{document} like {other}"
        order = self.order()
        again = self.again(order)
        exception = self.assertFound(again)
        self.assertEqual(exception.error_message, f"{again.name} like {order.name}")
        self.assertEqual(exception.amount_at_stake, 200.0)
        order.action_cancel()
        self.assertClosed(exception)

    def test_same_reference(self):
        """The customer's number comes back after a day, by another address of his."""
        order = self.order(client_order_ref="PO 77")
        address = self.env["res.partner"].create(
            {"name": "Yard", "parent_id": self.customer.id, "type": "delivery"}
        )
        again = self.again(order, 60 * 24, partner_id=address.id, client_order_ref=" po 77")
        exception = self.assertFound(again, hours=48)
        again.order_line.product_uom_qty = 9
        self.assertClosed(exception)

    def test_same_reference_of_a_shop(self):
        """A shop gives each number once, whatever became of the goods; another shop may, too."""
        shops = self.env["integration.system"].create(
            [
                {"name": name, "code": name.lower(), "company_id": self.company.id}
                for name in ("Storefront", "Marketplace")
            ]
        )
        order = self.order(client_order_ref="#1001")
        again, other = (
            self.again(order, 60 * 24 + minute, client_order_ref="#1001") for minute in (0, 1)
        )
        again.order_line.product_uom_qty = 9
        other.order_line.product_uom_qty = 7
        # What the import writes as superuser.
        (order + again).sudo().integration_system_id = shops[0]
        other.sudo().integration_system_id = shops[1]
        self.assertFound(again, hours=48)

    def test_called_off_twice(self):
        """A framework number comes back with other quantities, or in other units."""
        order = self.order(client_order_ref="FRAME-2026")
        more = self.again(order, 20, client_order_ref="FRAME-2026")
        more.order_line.product_uom_qty = 3
        dozens = self.again(order, 30, client_order_ref="FRAME-2026")
        dozens.order_line.product_uom_id = self.env.ref("uom.product_uom_dozen")
        self.assertFalse(self.sweep(hours=48))

    def test_branches(self):
        """Branches order the same at once: to their own addresses, or by their own numbers."""
        shops = self.env["res.partner"].create(
            [
                {"name": name, "parent_id": self.customer.id, "type": "delivery"}
                for name in ("North", "South")
            ]
        )
        order = self.order(partner_shipping_id=shops[0].id)
        self.again(order, 5, partner_shipping_id=shops[1].id)
        chain = self.env["res.partner"].create({"name": "Chain"})
        numbered = self.order(partner_id=chain.id, client_order_ref="PO-1")
        self.again(numbered, 5, partner_id=chain.id, client_order_ref="PO-2")
        self.assertFalse(self.sweep())

    def test_number_left_out(self):
        """Typed in without the number that the shop's order has."""
        order = self.order(client_order_ref="PO-1")
        again = self.again(order, 5)
        last = self.again(order, 8, client_order_ref="PO-2")
        self.rule.text = "{document} like {other}"
        found = self.assertFound(again + last)
        self.assertEqual(
            sorted(found.mapped("error_message")),
            sorted([f"{again.name} like {order.name}", f"{last.name} like {again.name}"]),
        )

    def test_another_order_in_between(self):
        """An order of the same amount, for other goods, hides nothing."""
        other = self.env["product.product"].create(
            {"name": "Harbor Bell", "list_price": 100.0, "taxes_id": [Command.clear()]}
        )
        order = self.order(client_order_ref="PO-1")
        self.again(order, 2, product=other, client_order_ref="PO-1")
        self.again(order, 3, client_order_ref="PO-3")
        again = self.again(order, 4, client_order_ref="PO-1")
        self.rule.text = "{document} like {other}"
        self.assertEqual(self.sweep().mapped("error_message"), [f"{again.name} like {order.name}"])

    def test_near_miss(self):
        """Two hours later, other goods, another customer, a quotation, an old reference."""
        order = self.order(client_order_ref="PO 77")
        self.again(order, 120)
        other = self.env["product.product"].create(
            {"name": "Harbor Bell", "list_price": 100.0, "taxes_id": [Command.clear()]}
        )
        self.again(order, 3, product=other)
        neighbour = self.env["res.partner"].create({"name": "Bob"})
        self.again(order, 4, partner_id=neighbour.id, client_order_ref="PO 77")
        self.order(confirm=False)
        order.date_order -= timedelta(days=31)
        self.rule.watch_from -= timedelta(days=60)
        self.again(order, 60 * 24 * 31 + 600, client_order_ref="PO 77")
        self.assertFalse(self.sweep(hours=48))


@tagged("post_install", "-at_install")
class TestUnmappedValue(BusinessRuleCase):
    """Orders wait because nobody said what a partner's word means."""

    check_code = "unmapped_value"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system = cls.env["integration.system"].create(
            {"name": "Test shop", "code": "unmapped", "company_id": cls.company.id}
        )
        cls.flow = cls.env["integration.flow"].create(
            {
                "name": "Orders",
                "code": "unmapped.orders",
                "system_id": cls.system.id,
                "message_type": "shop.order",
            }
        )
        cls.rule.text = "{value} of {system} ({kind}): {messages}, {waiting}"

    def waiting(self, number, value="SKU-1"):
        """:return: the exception of a message that waits for a product"""
        message = (
            self.env["integration.message"]
            .sudo()
            .create(
                {
                    "flow_id": self.flow.id,
                    "system_id": self.system.id,
                    "company_id": self.company.id,
                    "direction": "inbound",
                    "message_type": "shop.order",
                    "state": "dead",
                }
            )
        )
        return self.env["integration.exception"]._open(
            [
                {
                    "name": f"Order {number}",
                    "dedupe_key": f"test:{number}",
                    "flow_id": self.flow.id,
                    "message_id": message.id,
                    "error_class": "business",
                    "error_message": "Not known",
                    "source_model": "product.product",
                    "source_key": "default_code",
                    "source_value": value,
                    "amount_at_stake": 50.0,
                }
            ]
        )

    def mapping(self):
        """:return: a mapping of the system to the product"""
        return self.env["integration.mapping"].create(
            {
                "system_id": self.system.id,
                "external_value": "LAMP",
                "res_model": "product.product",
                "res_id": self.product.id,
            }
        )

    def test_one_matter_for_all_messages(self):
        """Two orders wait for one value; their amounts do not count twice."""
        orders = self.waiting(1) + self.waiting(2)
        exception = self.assertFound(self.system)
        self.assertEqual(exception.error_message, "SKU-1 of Test shop (Product Variant): 2, 100")
        self.assertEqual(exception.amount_at_stake, 0)
        self.assertEqual(exception.source_value, "SKU-1")
        orders[0]._resolve()
        self.assertEqual(self.sweep(), exception)
        orders[1]._resolve()
        self.assertClosed(exception)

    def test_mapping_to_nothing(self):
        """The product is archived: the next order will fail; it is restored."""
        mapping = self.mapping()
        self.product.active = False
        exception = self.assertFound(mapping)
        self.product.active = True
        self.assertClosed(exception)

    def test_near_miss(self):
        """A usable mapping, a failure of another kind, and what just failed."""
        self.mapping()
        self.waiting(1).sudo().source_model = "sale.order"
        self.assertFalse(self.sweep())
        self.waiting(2)
        self.assertFalse(self.sweep(hours=0.5))
