"""Whom an order waits for whose goods a vendor ships."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import DropshipCommon


@tagged("post_install", "-at_install")
class TestDropshipBlame(DropshipCommon):
    def assertWaits(self, order, step, on, text, cause="purchase", kind="partner"):
        owner = self.owner(order)
        self.assertEqual(
            (owner.waits_for_step_id.code, owner.waits_on, owner.cause, owner.waits_on_kind),
            (step, on, cause, kind),
        )
        self.assertIn(text, owner.cause_text)

    def test_purchase_that_nobody_confirmed(self):
        """The order waits for an invoice, or nobody knows why, while the purchase is a draft."""
        sale = self.sell(self.goods)
        purchase = self.bought(sale)
        text = f"{purchase.name}: The purchase has to be confirmed"
        self.assertWaits(sale, "shipped", "Purchasing", text, kind="team")
        self.assertEqual(self.owner(sale).waits_on_user_id, purchase.user_id)
        self.assertIn(text, sale.integration_banner)

    def test_purchase_to_be_approved(self):
        """Salespeople ask the buyer for what a manager has to approve."""
        sale = self.sell(self.goods)
        self.bought(sale).write({"state": "to approve"})
        self.record()
        self.assertWaits(sale, "shipped", "Purchasing", "has to be approved", kind="team")

    def test_goods_that_the_vendor_has_not_shipped(self):
        """The warehouse is blamed for what the vendor has to ship."""
        sale, purchase = self.dropshipped()
        transfer = purchase.picking_ids
        self.assertWaits(purchase, "shipped", "Bert Vendor", transfer.name, cause="partner")
        text = f"{purchase.name}: {transfer.name} has not been shipped, expected on"
        self.assertWaits(sale, "shipped", "Bert Vendor", text)
        self.assertEqual(self.owner(sale).cause_category, "partner")
        self.ship(transfer)
        self.assertEqual(self.owner(sale).cause, "team")

    def test_acknowledgement(self):
        """A vendor who was asked to confirm and does not answer is not named on the order."""
        sale = self.sell(self.goods)
        purchase = self.bought(sale)
        purchase.receipt_reminder_email = True
        self.confirm(purchase)
        text = f"{purchase.name}: The vendor has not acknowledged the purchase"
        self.assertWaits(sale, "shipped", "Bert Vendor", text)
        purchase.action_acknowledge()
        self.record()
        self.assertWaits(sale, "shipped", "Bert Vendor", "has not been shipped")

    def test_message_that_failed(self):
        """The vendor is blamed although he was never told of the purchase."""
        system = self.edi()
        self.edi_flow(system, "purchase.order", trigger_event="purchase.confirmed")
        sale, purchase = self.dropshipped()
        self.assertWaits(sale, "shipped", "Vendor EDI", "about to be sent", kind="system")
        message = self.owner(purchase).sudo().message_ids
        message.write({"state": "dead", "error_message": "400 unknown article",
                       "error_class": "client", "attempt_count": 1})  # fmt: skip
        self.owner(purchase)._refresh_blame()
        text = f"{purchase.name}: Vendor EDI refuses what we send"
        self.assertWaits(sale, "shipped", "Vendor EDI", text, kind="system")
        self.assertEqual(self.owner(sale).waits_on_system_id, system)
        message._settle_done()
        self.record()
        self.assertWaits(sale, "shipped", "Bert Vendor", "has not been shipped")

    def test_shipment_that_was_announced(self):
        """The notice of a shipment reaches nothing, or counts as the delivery."""
        noticing = self.edi_flow(self.edi(), "purchase.asn")
        sale, purchase = self.dropshipped()
        self.assertWaits(sale, "shipped", "Vendor EDI", "has not reported", kind="system")
        self.report(noticing, purchase.picking_ids)
        self.assertStates(purchase, shipped="reached", delivered="pending")
        self.assertWaits(purchase, "delivered", "Bert Vendor", "has not arrived", cause="partner")
        self.assertWaits(sale, "shipped", "Bert Vendor", "has not arrived")
        self.ship(purchase.picking_ids)
        self.assertStates(sale, shipped="reached")

    def test_carrier_who_reports(self):
        """What the carrier tells of the vendor's parcel reaches nothing."""
        _sale, purchase = self.dropshipped()
        owner = self.owner(purchase)
        for step in ("in_transit", "delivered"):
            self.env["integration.milestone"]._record(
                [
                    {
                        "transaction_id": owner.id,
                        "step_code": step,
                        "occurred_at": fields.Datetime.now(),
                        "res_model": "stock.picking",
                        "res_id": purchase.picking_ids.id,
                    }
                ]
            )
            self.assertStates(purchase, **{step: "reached"})
        self.assertStates(purchase, shipped="pending")

    def test_cancelled_purchase(self):
        """The vendor is waited for who will never ship."""
        sale, purchase = self.dropshipped()
        purchase.button_cancel()
        self.record()
        text = f"{purchase.name} was cancelled, and nothing else brings the goods"
        self.assertWaits(sale, "shipped", "Sales", text, kind="team")

    def test_two_vendors(self):
        """Of two vendors the one is named who has shipped."""
        sale, purchases = self.dropshipped(self.goods, self.shade)
        first = self.bought(sale, self.vendor)
        self.assertWaits(sale, "shipped", "Bert Vendor", first.name)
        self.ship(first.picking_ids)
        self.assertWaits(sale, "shipped", "Carla Vendor", (purchases - first).name)

    def test_own_goods_first(self):
        """A vendor is blamed while our own goods lie on the shelf."""
        sale, _purchase = self.dropshipped(self.product, self.goods, quantity=2)
        self.assertEqual(self.owner(sale).cause, "team")
        self.assertEqual(self.owner(sale).waits_on, self.warehouse.name)

    def test_own_goods_missing(self):
        """A vendor is blamed for what is missing on the shelf."""
        lamp = self.env["product.product"].create({"name": "Scarce Lamp", "is_storable": True})
        sale, _purchase = self.dropshipped(lamp, self.goods, quantity=2)
        self.assertEqual(
            (self.owner(sale).waits_for_step_id.code, self.owner(sale).cause),
            ("allocated", "stock"),
        )

    def test_promise_to_the_customer(self):
        """The vendor's date counts, although the customer was promised an earlier one."""
        now = fields.Datetime.now()
        sale = self.sell(self.goods, commitment_date=now + timedelta(days=2))
        purchase = self.bought(sale)
        purchase.date_planned = now + timedelta(days=9)
        self.confirm(purchase)
        owner = self.owner(purchase)
        self.assertEqual(owner.promised_at, sale.commitment_date)
        self.assertEqual(owner.due_at, sale.commitment_date)
        self.assertEqual(owner.timeliness, "on_track")
        sale.commitment_date = now - timedelta(hours=1)
        self.record()
        self.assertEqual(owner.promised_at, sale.commitment_date)
        self.assertEqual(owner.timeliness, "missed")
        sale.commitment_date = now + timedelta(days=20)
        self.record()
        self.assertEqual(owner.promised_at, purchase.date_planned)
