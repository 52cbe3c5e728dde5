"""Purchases whose goods go on to customers: each knows the other, and blame follows."""

from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .common import PurchaseCommon


@tagged("post_install", "-at_install")
class TestPurchaseSupply(PurchaseCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.ref("stock.route_warehouse0_mto").active = True
        routes = cls.env.ref("stock.route_warehouse0_mto") | cls.warehouse.buy_pull_id.route_id
        cls.goods.write(
            {
                "route_ids": [Command.set(routes.ids)],
                "taxes_id": [Command.clear()],
                "seller_ids": [Command.create({"partner_id": cls.vendor.id, "price": 10.0})],
            }
        )
        cls.sale, cls.draft = cls.made_to_order()
        cls.other_sale, cls.bought = cls.made_to_order()
        cls.bought.button_confirm()
        cls.record()

    def assertWaits(self, order, step, on, text, cause="purchase"):
        owner = self.owner(order)
        self.assertEqual(
            (owner.waits_for_step_id.code, owner.waits_on, owner.cause), (step, on, cause)
        )
        self.assertIn(text, owner.cause_text)

    @classmethod
    def made_to_order(cls, **values):
        """:return: a sales order and the draft purchase for it"""
        sale = cls.order(product=cls.goods, quantity=5, **values)
        return sale, sale.stock_reference_ids.purchase_ids

    def _ready(self, sale):
        return sale.picking_ids.filtered(lambda picking: picking.state == "assigned")

    def test_in_one_step(self):
        """Nobody can tell why a delivery waits for goods that were bought for it."""
        sale, purchase = self.made_to_order()
        self.assertEqual(len(purchase), 1)
        self.assertWaits(
            sale, "allocated", "Purchasing", f"{purchase.name}: The purchase has to be confirmed"
        )
        self.assertEqual(self.roles(sale), ["order", "out", "purchase"])
        purchase.button_confirm()
        self.record()
        receipt = purchase.picking_ids
        self.assertWaits(
            sale, "allocated", "Bert Vendor",
            f"{purchase.name}: {receipt.name} has not arrived, expected on",
        )  # fmt: skip
        self.assertEqual(self.owner(sale).waits_on_kind, "partner")
        self.assertEqual(self.roles(purchase), ["in", "order", "sale"])
        self.assertNotEqual(self.owner(sale).correlation_id, self.owner(purchase).correlation_id)
        self.ship(receipt)
        self.assertEqual(self.owner(sale).waits_for_step_id.code, "picked")
        self.assertEqual(self.owner(sale).cause, "team")
        self.ship(self._ready(sale))
        self.assertStates(sale, shipped="reached")
        self.assertStates(purchase, received="reached", billed="pending")

    def test_in_three_steps(self):
        """Goods that came and lie at the door are blamed on the vendor."""
        self.warehouse.write({"reception_steps": "three_steps", "delivery_steps": "pick_pack_ship"})
        sale, purchase = self.made_to_order()
        self.assertWaits(sale, "allocated", "Purchasing", purchase.name)
        purchase.button_confirm()
        self.record()
        self.assertWaits(sale, "allocated", "Bert Vendor", "has not arrived")
        self.ship(self.open_transfers(purchase).filtered(lambda p: p.state == "assigned"))
        self.assertStates(purchase, received="reached", put_away="pending")
        self.assertWaits(sale, "allocated", self.warehouse.name, "has to be put away")
        for _step in range(2):
            self.ship(self.open_transfers(purchase).filtered(lambda p: p.state == "assigned"))
        self.assertStates(purchase, put_away="reached")
        self.assertEqual(self.owner(sale).waits_for_step_id.code, "picked")
        while ready := self._ready(sale):
            self.ship(ready)
        self.assertStates(sale, packed="reached", shipped="reached")
        self.assertEqual(self.owner(purchase).waits_for_step_id.code, "billed")

    def test_two_orders(self):
        """Of two orders that one purchase serves the second is not told."""
        first, purchase = self.sale, self.draft
        second, other = self.made_to_order()
        (purchase | other).action_merge()
        purchase = (purchase | other).filtered(lambda order: order.state != "cancel")
        self.record()
        for sale in (first, second):
            self.assertWaits(sale, "allocated", "Purchasing", purchase.name)
        purchase.button_confirm()
        self.record()
        self.assertEqual(self.roles(purchase), ["in", "order", "sale", "sale"])
        for sale in (first, second):
            self.assertWaits(sale, "allocated", "Bert Vendor", "has not arrived")
        self.ship(purchase.picking_ids)
        for sale in (first, second):
            self.assertEqual(self.owner(sale).waits_for_step_id.code, "picked")

    def test_goods_go_back_to_the_vendor(self):
        """What a vendor gets back is told as shipped to the customer."""
        sale, purchase = self.other_sale, self.bought
        self.ship(purchase.picking_ids)
        events = []
        emit = "odoo.addons.integration_monitor.models.integration_flow_trigger.IntegrationFlow"
        with patch(f"{emit}._emit_for_events", lambda flows, found: events.extend(found) or False):
            back = self.send_back(purchase.picking_ids)
        self.assertEqual(back.location_dest_id.usage, "supplier")
        self.assertEqual(sale.order_line.qty_delivered, 0)
        self.assertStates(sale, picked="pending", shipped="pending")
        self.assertEqual(self.roles(sale), ["in", "order", "out", "purchase", "sent_back"])
        told = {event.code for event in events if event.transaction_id == self.owner(sale).id}
        self.assertFalse(told & {"picking.out.done", "picking.first.ready", "picking.first.done"})
        again = self.send_back(back)
        self.assertIn(again, sale.picking_ids | purchase.picking_ids)
        self.assertEqual(self.roles(sale), ["in", "in", "order", "out", "purchase", "sent_back"])
        sale._action_cancel()
        self.record()
        self.assertEqual(self.owner(sale).state, "cancelled")
        self.assertStates(sale, shipped="pending")

    def test_cancelled_purchase(self):
        """The vendor of a cancelled purchase is waited for."""
        sale, purchase = self.other_sale, self.bought
        purchase.button_cancel()
        self.record()
        self.assertEqual(self.owner(purchase).state, "cancelled")
        owner = self.owner(sale)
        self.assertNotEqual(owner.waits_on, "Bert Vendor")
        self.assertNotEqual(owner.cause, "purchase")

    def test_message_that_failed(self):
        """The vendor is blamed, who was never told of the purchase."""
        system = self.edi()
        self.edi_flow(system, "purchase.order", trigger_event="purchase.confirmed")
        sale, purchase = self.sale, self.draft
        purchase.button_confirm()
        self.record()
        message = self.owner(purchase).sudo().message_ids
        message.write({"state": "dead", "error_message": "400", "attempt_count": 1})
        self.owner(purchase)._refresh_blame()
        self.assertWaits(
            sale, "allocated", "Vendor EDI", f"{purchase.name}: purchase.order does not get"
        )
        self.assertEqual(self.owner(sale).waits_on_system_id, system)

    def test_stock_is_no_purchase(self):
        """What is bought for the shelf explains an order that lacks something else."""
        lamp = self.env["product.product"].create({"name": "Scarce Lamp", "is_storable": True})
        sale = self.order(
            order_line=[
                Command.create({"product_id": product.id, "product_uom_qty": 1})
                for product in (self.goods, lamp)
            ],
            picking_policy="one",
        )
        self.assertEqual(self.owner(sale).cause, "stock")

    def test_purchase_that_is_not_followed(self):
        """Without a transaction of the purchase a guess is made."""
        sale, purchase = self.other_sale, self.bought
        self.owner(purchase).sudo().unlink()
        self.owner(sale)._refresh_blame()
        self.assertEqual(self.owner(sale).cause, "unknown")

    def test_shown_by_the_order_alone(self):
        """The badge of an order shows how its purchase stands, or a purchase shows its order's."""
        sale, purchase = self.other_sale, self.bought
        for document in (sale, purchase):
            document.invalidate_recordset()
            self.assertEqual(document.integration_transaction_ids, self.owner(document))
            self.assertEqual(document.integration_waits_on, self.owner(document).waits_on)

    def test_events_of_a_purchase_go_with_it(self):
        """A message about a purchase is filed under the order that it was for."""
        self.edi_flow(self.edi(), "purchase.order", trigger_event="purchase.confirmed")
        purchase = self.draft
        purchase.button_confirm()
        self.record()
        [message] = (
            self.env["integration.message"]
            .sudo()
            .search([("res_model", "=", "purchase.order"), ("res_id", "=", purchase.id)])
        )
        self.assertEqual(message.transaction_id, self.owner(purchase))
        self.assertEqual(message.correlation_id, purchase.integration_correlation_id)

    def test_deleted(self):
        """Links to deleted documents stay behind."""
        sale, purchase = self.sale, self.draft
        purchase.button_cancel()
        purchase.unlink()
        self.record()
        self.assertNotIn("purchase", self.roles(sale))

    def test_statements(self):
        """Ten orders that wait for purchases cost ten times as many statements as one."""
        sales = self.env["sale.order"].concat(*(self.made_to_order()[0] for _ in range(10)))
        purchase = sales.stock_reference_ids.purchase_ids
        purchase.button_confirm()
        self.record()
        # Nothing has changed, so the end of the savepoint is a statement of its own.
        for documents, most in ((sales, 3), (purchase, 2)):
            counts = []
            for some in (documents[:1], documents[:1], documents):
                self.env.flush_all()
                self.env.cr.precommit.clear()
                some._integration_note(("state",))
                before = self.env.cr.sql_log_count
                self.env["integration.milestone"].sudo()._record_pending()
                counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(counts[1], counts[2], documents._name)
            self.assertLessEqual(counts[1], most, documents._name)

    def test_drafts_cost_nothing(self):
        """Each purchase that somebody writes is recorded as a draft."""
        root = type(self.env["integration.transaction"])
        with patch.object(root, "_root_reading", side_effect=AssertionError):
            order = self.purchase(confirm=False)
            order.order_line.product_qty = 9
            self.record()
        self.assertFalse(self.owner(order))
