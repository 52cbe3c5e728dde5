"""An order is what the shop's id says: two orders may have one name."""

from odoo.tests import tagged

from .common import IntegrationCase
from .common_shop import ShopCase, sample

NAME = "77"


@tagged("post_install", "-at_install")
class TestShopOrderNames(ShopCase, IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_shop = cls.env["integration.system"].create(
            {"name": "Other shop", "code": "othershop", "company_id": cls.company.id}
        )
        cls.woo_flow = cls._make_flow(
            "integration.handler.shop.order.woocommerce",
            "othershop.orders",
            system_id=cls.other_shop.id,
        )
        cls.env["product.product"].create({"name": "Woo Single #1"})  # the sample has no SKU
        cls.formats = (
            (cls.flow, "shopify/order_created.json", {"name": f"#{NAME}"}),
            (cls.woo_flow, "woocommerce/order_created.json", {"number": NAME}),
        )

    def deliver(self, flow, payload):
        """Receive an order and work on it. :return: its message"""
        self.delivered = getattr(self, "delivered", 0) + 1
        message, _created = self.receive(payload, flow, external_id=f"msg_{self.delivered}")
        self.drain(flow)
        return message

    def orders(self, flow):
        """Return the shop's ids of the sales orders that a flow made."""
        made = self.env["sale.order"].search([("integration_flow_id", "=", flow.id)])
        return sorted(made.mapped("integration_external_key"))

    def refused(self, path, **values):
        """Return an order whose goods nobody knows."""
        payload = {**sample(path), **values}
        payload["line_items"][0].update(sku="NOPE-77", name="NOPE-77")
        return payload

    def test_same_name_other_id(self):
        """An order that waits for its goods is cancelled, because another one of its name came."""
        for flow, path, name in self.formats:
            with self.subTest(path):
                first = self.deliver(flow, self.refused(path, id=880000001, **name))
                second = self.deliver(flow, {**sample(path), "id": 880000002, **name})
                self.assertEqual(second.state, "done")
                self.assertEqual((first.state, first.superseded_by_id.id), ("dead", False))
                self.assertEqual(first.exception_ids.state, "open")
                self.assertIn(f"#{NAME}", first.exception_ids.name)
                self.assertEqual(self.orders(flow), ["880000002"])

    def test_retried_when_the_goods_are_known(self):
        """Of two orders with one name only one is ever made."""
        for flow, path, name in self.formats:
            with self.subTest(path):
                first = self.deliver(flow, self.refused(path, id=880000001, **name))
                self.deliver(flow, {**sample(path), "id": 880000002, **name})
                product = self.env["product.product"].create(
                    {"name": "Found", "default_code": "NOPE-77"}
                )
                first.exception_ids.action_retry()
                self.drain(flow)
                self.assertEqual((first.state, first.exception_ids.state), ("done", "resolved"))
                self.assertEqual(self.orders(flow), ["880000001", "880000002"])
                product.default_code = False

    def test_each_has_an_exception_of_its_own(self):
        """Several failed orders share one exception: one is worked on, the others are forgotten."""
        for flow, path, name in self.formats:
            with self.subTest(path):
                unreadable = {**sample(path), **name, "currency": ""}
                messages = [
                    self.deliver(flow, payload)
                    for payload in (
                        self.refused(path, id=1, **name),
                        self.refused(path, id=2, **name),
                        {**unreadable, "id": 3},
                        {**unreadable, "id": 4},
                        {**unreadable, "id": None},
                        {**unreadable, "id": None, "note": "another"},
                    )
                ]
                for message in messages:
                    exception = message.exception_ids
                    self.assertEqual((len(exception), exception.occurrence_count), (1, 1))
                    self.assertIn(NAME, exception.name)
                messages[0].exception_ids.action_discard()
                messages[2].exception_ids.action_discard()
                self.assertEqual(
                    [message.state == "cancelled" for message in messages],
                    [True, False, True, False, False, False],
                )

    def test_later_version_of_the_same_order(self):
        """The order is there, renamed or not, and what failed before stays open."""
        for flow, path, name in self.formats:
            with self.subTest(path):
                failed = [
                    self.deliver(flow, self.refused(path, id=5, **name)),
                    self.deliver(flow, {**sample(path), **name, "id": "5", "currency": ""}),
                ]
                exception = failed[1].exception_ids
                self.assertEqual(exception.occurrence_count, 2)
                done = self.deliver(flow, {**sample(path), "id": 5, "name": "#8", "number": "8"})
                self.assertEqual(done.state, "done")
                for message in failed:
                    self.assertEqual((message.state, message.superseded_by_id), ("cancelled", done))
                self.assertEqual((exception.state, exception.resolution), ("resolved", "auto"))

    def test_same_id_in_another_shop(self):
        """The order of one shop closes the failure of another shop's order."""
        path = "shopify/order_created.json"
        second = self._make_flow(self.handler, "othershop.more", system_id=self.other_shop.id)
        first = self.deliver(self.flow, self.refused(path, id=6))
        failed = self.deliver(second, self.refused(path, id=6))
        self.assertEqual(first.exception_ids.occurrence_count, 1)
        self.assertEqual(self.deliver(second, {**sample(path), "id": 6}).state, "done")
        self.assertEqual((first.state, failed.state), ("dead", "cancelled"))
        self.assertEqual(first.exception_ids.state, "open")

    def test_corrected_into_another_order(self):
        """Support corrects a wrong id, and an order that was never made counts as made."""
        path = "shopify/order_created.json"
        first = self.deliver(self.flow, self.refused(path, id=7))
        second = self.deliver(self.flow, self.refused(path, id=7))
        second.payload = second.payload.replace('"id": 7,', '"id": 8,').replace(
            "NOPE-77", "IPOD2008GREEN"
        )
        second.action_retry()
        self.drain(self.flow)
        self.assertEqual(self.orders(self.flow), ["8"])
        self.assertEqual((first.state, second.state), ("dead", "done"))
        self.assertEqual(first.exception_ids.state, "open", "somebody still looks after it")
        first.exception_ids.action_discard()
        self.assertEqual(first.state, "cancelled")
