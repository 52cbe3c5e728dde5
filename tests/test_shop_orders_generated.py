import itertools
import random
import sys
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

from odoo.tests import tagged

from odoo.addons.integration_monitor.tests.common_shop import ShopCase
from odoo.addons.integration_monitor.tests.common_users import CONTEXT

SETUP = Path(__file__).resolve().parents[1] / "setup"
ORDERS = 30
AT = datetime(2026, 1, 1, tzinfo=timezone.utc)


@tagged("post_install", "-at_install")
class TestShopOrdersGenerated(ShopCase):
    """Orders as the simulated shop makes them, in all mixtures, are equal to the cent."""

    PRODUCTS = (*ShopCase.PRODUCTS, "ODD-19.99", "ODD-0.37", "ODD-33.33")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if str(SETUP) not in sys.path:
            sys.path.insert(0, str(SETUP))
            cls.addClassCleanup(sys.path.remove, str(SETUP))
        from simulators.orders import VARIANTS, make_order
        from simulators.orders.draft import SAMPLE_PRODUCTS, Product

        cls.make_order = staticmethod(make_order)
        cls.variants = [
            "+".join(parts)
            for count in (1, 2, 3)
            for parts in itertools.combinations(VARIANTS, count)
        ]
        cls.articles = [
            *SAMPLE_PRODUCTS,
            *(
                Product(sku, sku, Decimal(sku.partition("-")[2]), 100, 1, 10 + index)
                for index, sku in enumerate(cls.PRODUCTS[4:])
            ),
        ]
        cls.flow = cls.flow.with_context(**CONTEXT)
        for code in ("EUR", "GBP", "CHF", "CAD"):
            cls.env.ref(f"base.{code}").active = True

    def _compare(self, style, rounding):
        self.company.tax_calculation_rounding_method = rounding
        self.flow.handler = f"integration.handler.shop.order.{style}"
        rng = random.Random(f"{style} {rounding}")
        total = "total_price" if style == "shopify" else "total"
        for number in range(1, ORDERS + 1):
            variant = rng.choice(self.variants)
            payload = self.make_order(style, variant, number, rounding, self.articles, AT)
            with self.subTest(style=style, rounding=rounding, variant=variant, number=number):
                order = self._handle(payload)
                self.assertEqual(order.state, "sale")
                self.assertEqual(order.currency_id.name, payload["currency"])
                tax = Decimal(payload["total_tax"])
                untaxed = Decimal(payload[total]) - tax
                self.assertMoney(order, untaxed, tax, payload[total])
                self.assertNotIn("Shop adjustment", " ".join(order.order_line.mapped("name")))

    def test_shopify(self):
        """Shopify's orders, taxes rounded by line."""
        self._compare("shopify", "round_per_line")

    def test_shopify_rounded_globally(self):
        """Shopify's orders in a company that rounds taxes by document."""
        self._compare("shopify", "round_globally")

    def test_woocommerce(self):
        """WooCommerce's orders, taxes rounded by line."""
        self._compare("woocommerce", "round_per_line")

    def test_woocommerce_rounded_globally(self):
        """WooCommerce's orders in a company that rounds taxes by document."""
        self._compare("woocommerce", "round_globally")
