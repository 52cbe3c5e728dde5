from odoo.tests import tagged

from .common import IntegrationCase
from .common_shop import ShopCase, sample


@tagged("post_install", "-at_install")
class TestShopOrderEngine(ShopCase, IntegrationCase):
    """An order goes the whole way: received, refused, corrected, retried, made once."""

    def _order(self):
        return self.env["sale.order"].search([("integration_system_id", "=", self.system.id)])

    def test_received_and_made(self):
        """An accepted order is never made, or made by the superuser."""
        message, _created = self.receive(
            sample("shopify/order_created.json"), self.flow, external_id="e1", correlation_id="c-1"
        )
        self.drain(self.flow)
        self.assertEqual((message.state, message.error_message), ("done", False))
        order = self._order()
        self.assertEqual((message.res_model, message.res_id), ("sale.order", order.id))
        self.assertMoney(order, "398.00", "11.94", "409.94")
        self.assertEqual(order.integration_correlation_id, "c-1")
        self.assertEqual(order.create_uid, self.flow.service_user_id)

    def test_unknown_product_is_an_exception(self):
        """A person cannot see what is wrong, or the retry makes a second order."""
        red = self.products["IPOD2008RED"]
        red.default_code = "elsewhere"
        payload = sample("shopify/order_created.json")
        message, _created = self.receive(payload, self.flow, external_id="e1")
        self.drain(self.flow)
        self.assertEqual(message.state, "dead")
        exception = message.exception_ids
        self.assertEqual(exception.state, "open")
        self.assertIn("IPOD2008RED", exception.error_message)
        self.assertEqual(exception.category, "business")
        self.assertEqual(
            (exception.source_model, exception.source_key, exception.source_value),
            ("product.product", "default_code", "IPOD2008RED"),
        )
        self.assertAlmostEqual(exception.amount_at_stake, 409.94)
        self.assertFalse(self._order())
        red.default_code = "IPOD2008RED"
        message.action_retry()
        self.drain(self.flow)
        self.assertEqual(message.state, "done")
        self.assertEqual(exception.state, "resolved")
        self.assertEqual(len(self._order()), 1)
        again, _created = self.receive(payload, self.flow, external_id="e2")
        self.drain(self.flow)
        self.assertEqual(again.state, "done")
        self.assertEqual(again.res_id, message.res_id)
        self.assertEqual(len(self._order()), 1)

    def test_bad_orders_are_quarantined(self):
        """An order without currency, or whose total is no number, disappears or loops."""
        cases = {
            "currency": {"currency": ""},
            "lines": {"line_items": []},
            "NaN": {"total_price": "NaN"},
            "Infinity": {"total_price": "Infinity"},
            "1e300": {"total_price": "1e300"},
        }
        for name, change in cases.items():
            payload = {**sample("shopify/order_created.json"), **change}
            message, _created = self.receive(payload, self.flow, external_id=name)
            self.drain(self.flow)
            with self.subTest(name=name):
                self.assertEqual(message.state, "quarantined")
                self.assertIn(name, message.error_message)
                self.assertEqual(message.exception_ids.state, "open")
        self.assertFalse(self._order())
