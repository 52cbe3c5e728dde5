"""Later versions of a shop's order: none is lost, none comes back, none is told twice."""

from odoo.tests import tagged

from ..tools.errors import BusinessError, MappingError
from .common_shop import ShopCase, sample


@tagged("post_install", "-at_install")
class TestShopOrderVersions(ShopCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.woo_flow = cls._make_flow(
            "integration.handler.shop.order.woocommerce", "shop.woo.versions"
        )
        cls.env["product.product"].create({"name": "Woo Single #1"})  # the sample has no SKU

    def _shopify(self, at, **values):
        """An update of the Shopify sample, changed at this hour."""
        return {
            **sample("shopify/order_created.json"),
            "updated_at": f"2030-01-01T{at:02d}:00:00Z",
            **values,
        }

    def _woo(self, at, status, **values):
        return self._handle(
            {
                **sample("woocommerce/order_created.json"),
                "date_modified_gmt": f"2030-01-01T{at:02d}:00:00",
                "status": status,
                **values,
            },
            flow=self.woo_flow,
        )

    def _larger(self, at):
        """The customer adds a piece."""
        payload = self._shopify(at)
        payload["line_items"][0]["quantity"] += 1
        return payload

    def test_failed_payment_is_tried_again(self):
        """A card is refused once, the second works, and the order is never made."""
        order = self._woo(1, "pending")
        self.assertEqual(order.state, "draft")
        self.assertEqual(self._woo(2, "failed"), order)
        self.assertEqual(order.state, "draft")
        self.assertEqual(self._woo(3, "processing"), order)
        self.assertEqual(order.state, "sale")

    def test_first_seen_as_failed(self):
        """An order that Odoo first hears of when its payment fails stays empty for ever."""
        self._woo(1, "failed")
        order = self._woo(2, "processing")
        self.assertEqual(order.state, "sale")
        self.assertTrue(order.amount_total)

    def test_refunded_before_it_is_shipped(self):
        """The customer has his money back, and the goods are sent to him."""
        for payload, flow in (
            (self._shopify(1, financial_status="refunded"), self.flow),
            (self._shopify(1, financial_status="voided"), self.flow),
        ):
            with self.assertRaisesRegex(BusinessError, "before the order came here"):
                self._handle(payload, flow=flow)
        order = self._woo(1, "processing")
        self.assertTrue(order.integration_shop_collected)
        with self.assertRaisesRegex(BusinessError, "has not left yet"):
            self._woo(2, "refunded")
        order._action_cancel()
        self.assertEqual(self._woo(2, "refunded"), order)
        self.assertFalse(order.integration_shop_collected)

    def test_a_refund_that_a_person_accepted(self):
        """Each later version of a refunded order asks the same question again."""
        order = self._woo(1, "processing")
        payload = {
            **sample("woocommerce/order_created.json"),
            "date_modified_gmt": "2030-01-01T02:00:00",
            "status": "refunded",
        }
        message = self.env["integration.message"].new({"flow_id": self.woo_flow.id})
        self.env[self.woo_flow.handler]._accept(message, payload)
        self.assertEqual(self._woo(3, "refunded"), order)

    def test_a_refund_after_the_goods_left(self):
        """A return is paid back, and somebody is to cancel what was delivered long ago."""
        order = self._woo(1, "processing")
        for picking in order.picking_ids:
            picking.move_ids.write({"quantity": 1, "picked": True})
            picking.with_context(skip_backorder=True)._action_done()
        self.assertEqual(self._woo(2, "refunded"), order)
        self.assertEqual(order.state, "sale")

    def test_shop_takes_a_cancelled_order_up_again(self):
        """A cancellation is taken back in the shop, and Odoo keeps the order cancelled."""
        first = self._woo(1, "processing")
        self.assertEqual(self._woo(2, "cancelled"), first)
        self.assertEqual(first.state, "cancel")
        again = self._woo(3, "processing")
        self.assertNotEqual(again, first)
        self.assertEqual((first.state, again.state), ("cancel", "sale"))
        self.assertEqual(again.amount_total, first.amount_total)
        self.assertEqual(self._woo(3, "processing"), again)
        # What is delivered late changes nothing any more.
        self.assertEqual(self._woo(2, "cancelled"), again)
        self.assertEqual(again.state, "sale")

    def test_cancelled_before_it_was_known(self):
        """The place of a cancelled order is kept, and taken when the shop goes on with it."""
        place = self._woo(2, "cancelled")
        self.assertEqual(self._woo(1, "processing"), place)
        again = self._woo(3, "processing")
        self.assertEqual(again.state, "sale")
        self.assertTrue(again.amount_total)

    def test_cancelled_here_and_going_on_in_the_shop(self):
        """Somebody cancels an order in Odoo, and nobody learns that the shop sells on."""
        order = self._handle(self._shopify(1))
        order.with_context(disable_cancel_warning=True)._action_cancel()
        self.assertEqual(self._handle(self._shopify(1)), order)
        with self.assertRaisesRegex(BusinessError, "was cancelled in Odoo"):
            self._handle(self._shopify(2))
        self._accept(self._shopify(2))
        self.assertEqual(self._handle(self._shopify(3, tags="x")), order)

    def _accept(self, payload):
        flow = self.flow.with_user(self.service)
        message = self._message(flow=flow.sudo()).with_user(self.service)
        flow._handler()._accept(message, payload)

    def test_change_that_a_person_accepted(self):
        """A change was followed by hand, and each later update of the order fails again."""
        order = self._handle(self._shopify(1))
        with self.assertRaises(BusinessError):
            self._handle(self._larger(2))
        self._accept(self._larger(2))
        self.assertEqual(self._handle({**self._larger(3), "tags": "packed"}), order)
        with self.assertRaises(BusinessError):
            self._handle(self._shopify(4))

    def test_refused_cancellation_that_a_person_accepted(self):
        """The return is arranged, and each later update tells of the cancellation again."""
        order = self._handle(self._shopify(1))
        order.picking_ids.move_ids.quantity = 1
        order.picking_ids.move_ids.picked = True
        order.picking_ids._action_done()
        cancelled = {"cancelled_at": "2030-01-01T02:00:00Z"}
        with self.assertRaisesRegex(BusinessError, "was shipped with"):
            self._handle(self._shopify(2, **cancelled))
        self._accept(self._shopify(2, **cancelled))
        self.assertEqual(self._handle(self._shopify(3, **cancelled)), order)
        self.assertEqual(order.state, "sale")

    def test_stake_names_order_and_version(self):
        """A refused change stands alone: no order, no transaction, and the order looks fine."""
        order = self._handle(self._shopify(1))
        flow = self.flow.with_user(self.service)
        message = self._message(flow=flow.sudo()).with_user(self.service)
        stake = flow._handler()._stake(message, self._larger(2))
        self.assertEqual(stake["document"], order)
        self.assertGreater(stake["version"], "2030-01-01T01")

    def test_money_that_the_shop_has_not(self):
        """An invoice counts as paid although the shop waits for the money."""
        for state, collected in (("pending", False), ("paid", True), ("authorized", True)):
            payload = self._shopify(1, id=f"9{len(state)}", financial_status=state)
            self.assertEqual(self._handle(payload).integration_shop_collected, collected)
        order = self._handle(self._shopify(1, id="77", financial_status="pending"))
        self._handle(self._shopify(2, id="77", financial_status="paid"))
        self.assertTrue(order.integration_shop_collected)

    def test_archived_product(self):
        """An order is confirmed with an article that is not for sale any more."""
        product = self.products["IPOD2008RED"]
        product.default_code = "other"
        self.env["integration.mapping"].create(
            {
                "system_id": self.system.id,
                "kind": "product",
                "external_value": "IPOD2008RED",
                "res_model": "product.product",
                "res_id": product.id,
            }
        )
        product.active = False
        with self.assertRaises(MappingError):
            self._handle(self._shopify(1))
