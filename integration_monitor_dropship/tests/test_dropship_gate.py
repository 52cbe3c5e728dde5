"""Gates in front of deliveries that a vendor makes."""

from odoo.tests import tagged

from odoo.addons.integration_monitor.tests.common_gate import GateCase

from .common import DropshipCommon


@tagged("post_install", "-at_install")
class TestDropshipGate(GateCase, DropshipCommon):
    """Customers pay first, also for what a vendor ships."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.goods.invoice_policy = "order"

    def test_goods_of_an_order_that_is_not_paid(self):
        """The gate keeps back the shelf's goods, and the vendor's goods leave unpaid."""
        gate = self.gate("paid", name="Pay first")
        sale, purchase = self.dropshipped()
        transfer = self.ready(purchase.picking_ids)
        self.assertEqual(transfer.picking_type_code, "dropship")
        self.assertHeld(transfer.button_validate)
        self.assertHeld(transfer.move_ids._action_done)
        self.assertIn(sale.name, transfer.integration_gate_text)
        self.assertIn(transfer, gate._held_documents())
        self.assertEqual((self.owner(sale).cause, self.owner(purchase).cause),
                         ("gate", "partner"))  # fmt: skip
        invoice = self.invoice(sale)
        self.assertHeld(transfer.button_validate)
        self.pay(invoice)
        # Nobody has paid the vendor, and that is another matter.
        self.assertFalse(transfer.integration_gate_text)
        transfer.button_validate()
        self.record()
        self.assertEqual(transfer.state, "done")

    def test_warehouses(self):
        """A dropship has no warehouse of its own: that of its order counts."""
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "IMOTH"})
        gate = self.gate("paid", warehouse_ids=other.ids)
        _sale, purchase = self.dropshipped()
        transfer = self.ready(purchase.picking_ids)
        self.assertFalse(transfer.integration_gate_text)
        gate.warehouse_ids = self.warehouse
        transfer.invalidate_recordset(["integration_gate_text"])
        self.assertTrue(transfer.integration_gate_text)
        self.assertHeld(transfer.button_validate)

    def test_goods_that_go_back_to_their_vendor(self):
        """A customer has to pay before a vendor gets back what was wrong."""
        route = self.warehouse.mto_pull_id.route_id
        route.active = True
        self.goods.route_ids = route | self.warehouse.buy_pull_id.route_id
        self.gate("paid")
        sale = self.sell(self.goods)
        purchase = sale.stock_reference_ids.purchase_ids
        self.confirm(purchase)
        self.ship(purchase.picking_ids)
        back = self.send_back(purchase.picking_ids)
        self.assertEqual((back.state, back.location_dest_id.usage), ("done", "supplier"))
        self.assertIn(back.id, self.owner(sale).document_ids.mapped("res_id"))

    def test_override(self):
        """Who is entitled lets a dropship pass."""
        self.gate("paid")
        _sale, purchase = self.dropshipped()
        transfer = self.ready(purchase.picking_ids)
        transfer.with_user(self.boss)._integration_override_gate("A customer of old")
        transfer.button_validate()
        self.assertEqual(transfer.state, "done")

    def test_receipts_are_not_deliveries(self):
        """What comes in to the house is kept back by no gate for what leaves."""
        self.gate("paid", unlinked="hold")
        receipt = self.ready(self.purchase(product=self.product).picking_ids)
        self.assertFalse(receipt.integration_gate_text)
        receipt.button_validate()
        self.assertEqual(receipt.state, "done")
