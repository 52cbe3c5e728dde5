from odoo.tests import tagged

from ..tools.errors import ContractError, MappingError
from .common_shop import ShopCase, sample


@tagged("post_install", "-at_install")
class TestShopOrderWoocommerce(ShopCase):
    """Orders in WooCommerce's format become the same orders in Odoo, to the cent."""

    handler = "integration.handler.shop.order.woocommerce"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.single = cls.env["product.product"].create(
            {"name": "Single", "default_code": "WOO-1", "type": "consu", "is_storable": True}
        )

    def _map_single(self):
        self.env["integration.mapping"].create(
            {
                "system_id": self.system.id,
                "kind": "product",
                "external_value": "93",
                "res_model": "product.product",
                "res_id": self.single.id,
            }
        )

    def test_published_sample(self):
        """The published order is made unchanged once its product without SKU is mapped."""
        payload = sample("woocommerce/order_created.json")
        with self.assertRaisesRegex(MappingError, "Woo Single #1.*shop id 93") as caught:
            self._handle(payload)
        self.assertEqual(caught.exception.source["value"], "93")
        self._map_single()
        order = self._handle(payload)
        self.assertMoney(order, "28.00", "1.35", "29.35")
        self.assertLines(
            order,
            [
                ("WOO-1", 2, 3.0, 0, ("State Tax 7.5%",)),
                ("Bar3", 1, 12.0, 0, ("State Tax 7.5%",)),
                ("SHOP-SHIPPING", 1, 10.0, 0, ()),
            ],
        )
        self.assertEqual(order.state, "sale")
        self.assertEqual(order.order_line[1].name, "Ship Your Idea – Color: Black, Size: M Test")
        self.assertEqual(order.partner_id.email, "john.doe@example.com")
        self.assertEqual(order.partner_id.state_id.code, "CA")

    def test_found_by_name(self):
        """A line without SKU finds the one product of exactly its name."""
        self.single.name = "Woo Single #1"
        order = self._handle(sample("woocommerce/order_created.json"))
        self.assertEqual(order.order_line[0].product_id, self.single)

    def test_update_to_completed(self):
        """The shop's own progress report changes nothing on the order."""
        self._map_single()
        order = self._handle(sample("woocommerce/order_created.json"))
        self.assertEqual(self._handle(sample("woocommerce/order_updated.json")), order)
        self.assertMoney(order, "28.00", "1.35", "29.35")

    def test_unpaid_then_paid(self):
        """An order that waits for payment is a quotation until the shop says it is paid."""
        self._map_single()
        payload = {**sample("woocommerce/order_created.json"), "status": "pending"}
        order = self._handle(payload)
        self.assertEqual(order.state, "draft")
        self._handle(sample("woocommerce/order_updated.json"))
        self.assertEqual(order.state, "sale")

    def test_prices_include_tax(self):
        """Amounts sent without tax become the prices with tax that the customer saw."""
        self._map_single()
        payload = sample("woocommerce/order_created.json")
        line = payload["line_items"][1]
        payload["line_items"] = [line]
        line.update(
            quantity=3, subtotal="24.79", subtotal_tax="5.21", total="24.79", total_tax="5.21"
        )
        line["taxes"] = [{"id": 75, "total": "5.21", "subtotal": "5.21"}]
        payload["tax_lines"][0].update(label="BTW 21%", tax_total="5.21", rate_percent=21)
        payload.update(prices_include_tax=True, cart_tax="5.21", total_tax="5.21", total="40.00")
        order = self._handle(payload)
        self.assertMoney(order, "34.79", "5.21", "40.00")
        self.assertAlmostEqual(order.order_line[0].price_unit, 10.0)
        self.assertEqual(order.order_line[0].tax_ids.name, "BTW 21% incl.")

    def test_coupon(self):
        """A coupon lowers its lines by exactly what the shop says."""
        self._map_single()
        payload = sample("woocommerce/order_created.json")
        for line, total, tax in zip(
            payload["line_items"], ("5.01", "10.03"), ("0.38", "0.75"), strict=True
        ):
            line.update(total=total, total_tax=tax)
            line["taxes"][0]["total"] = tax
        payload["tax_lines"][0]["tax_total"] = "1.13"
        payload["coupon_lines"] = [{"id": 1, "code": "spring", "discount": "2.96"}]
        payload.update(cart_tax="1.13", total_tax="1.13", discount_total="2.96", total="26.17")
        order = self._handle(payload)
        self.assertMoney(order, "25.04", "1.13", "26.17")
        self.assertEqual(order.order_line[0].price_unit, 3.0)

    def test_fee(self):
        """A fee is a line of its own."""
        self._map_single()
        payload = sample("woocommerce/order_created.json")
        payload["fee_lines"] = [
            {"id": 9, "name": "Gift wrap", "total": "2.50", "total_tax": "0.00", "taxes": []}
        ]
        payload["total"] = "31.85"
        order = self._handle(payload)
        self.assertMoney(order, "30.50", "1.35", "31.85")
        self.assertIn("SHOP-FEE", order.order_line.product_id.mapped("default_code"))

    def test_cancelled_status(self):
        """A status that ends the order cancels it."""
        self._map_single()
        order = self._handle(sample("woocommerce/order_created.json"))
        payload = {**sample("woocommerce/order_updated.json"), "status": "cancelled"}
        self._handle(payload)
        self.assertEqual(order.state, "cancel")

    def test_bad_input(self):
        """Missing currency and a negative quantity are refused in words."""
        with self.assertRaisesRegex(ContractError, "no currency"):
            self._handle({**sample("woocommerce/order_created.json"), "currency": ""})
        payload = sample("woocommerce/order_created.json")
        payload["line_items"][0]["quantity"] = -2
        with self.assertRaisesRegex(ContractError, "line 1 has the quantity -2"):
            self._handle(payload)
