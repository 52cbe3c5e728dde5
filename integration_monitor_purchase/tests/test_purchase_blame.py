"""Whom a purchase waits for, and what vendors and their systems report."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import PurchaseCommon


@tagged("post_install", "-at_install")
class TestPurchaseBlame(PurchaseCommon):
    def assertWaits(self, order, step, on, text, cause="partner"):
        owner = self.owner(order)
        self.assertEqual(
            (owner.waits_for_step_id.code, owner.waits_on, owner.cause), (step, on, cause)
        )
        self.assertIn(text, owner.cause_text)

    def test_goods_that_have_not_come(self):
        """Nobody is named while the vendor is late."""
        order = self.purchase()
        self.assertWaits(order, "received", "Bert Vendor", order.picking_ids.name)
        owner = self.owner(order)
        self.assertEqual((owner.timeliness, owner.cause_category), ("on_track", "partner"))
        order.date_planned = fields.Datetime.now() - timedelta(days=1)
        self.record()
        self.assertEqual(owner.timeliness, "missed")
        self.assertEqual(owner.promised_at, order.date_planned)

    def test_no_day_was_agreed(self):
        """Each purchase without a lead time is late when it is confirmed."""
        order = self.purchase(confirm=False)
        order.date_order = fields.Datetime.now() - timedelta(hours=2)
        order.order_line.date_planned = order.date_order
        order.button_confirm()
        self.record()
        owner = self.owner(order)
        self.assertEqual((owner.timeliness, owner.due_at), ("on_track", False))
        order.date_planned = fields.Datetime.now() + timedelta(days=1)
        self.record()
        self.assertEqual(owner.due_at, order.date_planned)

    def test_day_of_the_company(self):
        """Goods are expected a day too early, or on another one for each buyer."""
        self.company.partner_id.tz = "Pacific/Auckland"
        order = self.purchase()
        order.picking_ids.scheduled_date = "2031-03-05 20:00:00"
        self.record()
        self.assertWaits(order, "received", "Bert Vendor", "expected on 03/06/2031")

    def test_day_of_no_user(self):
        """Of a company without a time zone, whoever saves last decides which day is told."""
        self.company.partner_id.tz = False
        self.env.user.tz = "Pacific/Auckland"
        order = self.purchase()
        order.picking_ids.scheduled_date = "2031-03-05 20:00:00"
        self.env = self.env(context={})
        self.record()
        self.assertWaits(order, "received", "Bert Vendor", "expected on 03/05/2031")

    def test_goods_at_the_door(self):
        """The vendor is blamed for what our warehouse has to put away."""
        self.warehouse.reception_steps = "two_steps"
        order = self.purchase()
        self.ship(self.open_transfers(order))
        transfer = self.open_transfers(order)
        self.assertWaits(order, "put_away", self.warehouse.name, transfer.name, "team")

    def test_bill_missing_draft_and_wrong(self):
        """A missing bill, a draft and a wrong one read the same."""
        order = self.purchase()
        self.ship(order.picking_ids)
        self.assertWaits(order, "billed", "Accounting", "bill is missing", "team")
        bill = self.bill(order, post=False, price_unit=12.0)
        self.assertWaits(order, "billed", "Accounting", "draft", "team")
        bill.action_post()
        self.record()
        self.assertWaits(order, "matched", "Accounting", bill.name, "team")
        self.assertEqual(self.owner(order).cause_category, "business")
        order.order_line.price_unit = 12.0
        self.record()
        self.assertWaits(order, "paid", "Accounting", bill.name, "team")
        self.assertEqual(self.owner(order).due_at.date(), bill.invoice_date_due)

    def test_tolerance_of_the_rule(self):
        """A cent that nobody minds holds a purchase up, although the rule lets it pass."""
        rule = self.env.ref("integration_monitor_purchase.business_rule_three_way_mismatch")
        rule.sudo().tolerance = 0.5
        order = self.purchase()
        self.ship(order.picking_ids)
        self.bill(order, price_unit=10.4)
        self.assertStates(order, matched="reached")
        dear = self.purchase()
        self.ship(dear.picking_ids)
        self.bill(dear, price_unit=10.6)
        self.assertStates(dear, matched="pending")

    def test_acknowledgement_that_is_asked_for(self):
        """A vendor who was reminded and does not answer is not waited for."""
        order = self.purchase(receipt_reminder_email=True)
        self.assertWaits(order, "acknowledged", "Bert Vendor", "not acknowledged")
        order.action_acknowledge()
        self.record()
        self.assertStates(order, acknowledged="reached")
        self.assertWaits(order, "received", "Bert Vendor", order.picking_ids.name)

    def test_vendor_who_reports(self):
        """Acknowledgement and notice by message reach nothing, or a silent system is not named."""
        system = self.edi(partner_id=self.vendor.id)
        acknowledging = self.edi_flow(system, "purchase.acknowledgement")
        noticing = self.edi_flow(system, "purchase.asn")
        order = self.purchase()
        self.assertWaits(order, "acknowledged", "Vendor EDI", "has not reported")
        self.assertEqual(self.owner(order).waits_on_system_id, system)
        message = self.report(acknowledging, order)
        self.assertStates(order, acknowledged="reached", announced="pending")
        self.assertEqual(self.milestone(order, "acknowledged").sudo().message_id, message)
        self.assertWaits(order, "announced", "Vendor EDI", "has not reported")
        self.report(noticing, order.picking_ids)
        self.assertStates(order, announced="reached")
        # Each parcel is announced.
        self.ship(order.picking_ids, quantity=2)
        announced = self.milestone(order, "announced")
        self.assertEqual((announced.reached_count, announced.expected_count), (1, 2))
        self.report(noticing, self.open_transfers(order))
        self.assertStates(order, announced="reached")

    def test_notice_that_came_too_late(self):
        """Goods came without a notice, and the purchase waits for it for ever."""
        system = self.edi(partner_id=self.vendor.id)
        self.edi_flow(system, "purchase.asn")
        order = self.purchase()
        self.ship(order.picking_ids)
        self.assertStates(order, announced="skipped", received="reached")
        self.assertEqual(self.owner(order).waits_for_step_id.code, "billed")

    def test_system_of_another_vendor(self):
        """A purchase waits for the system of a vendor who has nothing to do with it."""
        other = self.env["res.partner"].create({"name": "Carl Other"})
        system = self.edi(partner_id=other.id)
        self.edi_flow(system, "purchase.acknowledgement")
        order = self.purchase()
        self.assertEqual(self.owner(order).waits_for_step_id.code, "received")

    def test_message_to_the_vendor(self):
        """A purchase that no message tells of waits for one; one that failed goes unseen."""
        system = self.edi()
        telling = self.edi_flow(
            system,
            "purchase.order",
            trigger_event="purchase.confirmed",
            trigger_domain="[('partner_ref', '=', 'EDI')]",
        )
        self.edi_flow(system, "purchase.acknowledgement")
        other = self.purchase()
        self.assertEqual(self.owner(other).waits_for_step_id.code, "received")
        self.assertStates(other, sent=None)
        order = self.purchase(partner_ref="EDI")
        owner = self.owner(order)
        message = owner.sudo().message_ids
        self.assertEqual((message.flow_id, message.res_id), (telling, order.id))
        self.assertEqual(message.correlation_id, order.integration_correlation_id)
        self.assertWaits(order, "sent", "Vendor EDI", "about to be sent", "message_pending")
        message.write({"state": "dead", "error_message": "400 unknown article",
                       "attempt_count": 1})  # fmt: skip
        owner._refresh_blame()
        self.assertWaits(order, "sent", "Vendor EDI", "does not get through", "message_failed")
        self.assertEqual(owner.status, "stuck")
        message._settle_done()
        self.record()
        self.assertStates(order, sent="reached")
        self.assertWaits(order, "acknowledged", "Vendor EDI", "has not reported")

    def test_open_breaker(self):
        """The vendor is blamed for a system that does not answer."""
        system = self.edi()
        self.edi_flow(system, "purchase.order", trigger_event="purchase.confirmed")
        order = self.purchase()
        system.endpoint_ids.write({"breaker_state": "open", "breaker_since": fields.Datetime.now()})
        owner = self.owner(order)
        owner._refresh_blame()
        self.assertEqual((owner.cause, owner.waits_on), ("breaker", "Vendor EDI"))

    def test_exception_about_a_receipt(self):
        """What a person has to look at is no reason to wait."""
        order = self.purchase()
        exception = self.env["integration.exception"].sudo().create(
            {
                "name": "Unknown article HOOK-9",
                "category": "business",
                "company_id": self.company.id,
                "transaction_id": self.owner(order).id,
            }
        )  # fmt: skip
        self.owner(order)._refresh_blame()
        self.assertEqual(self.owner(order).cause, "exception")
        exception._resolve("auto")
        self.assertEqual(self.owner(order).cause, "partner")
