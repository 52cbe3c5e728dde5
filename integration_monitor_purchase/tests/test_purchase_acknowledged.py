"""What a vendor acknowledged before it was told of a change says nothing about the change."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common_vendor import ListeningVendorCommon


@tagged("post_install", "-at_install")
class TestPurchaseAcknowledged(ListeningVendorCommon):
    def acknowledge(self, order, ago=0):
        """Let the vendor acknowledge a purchase some hours ago."""
        document = self.told(self.confirming, {"order": order.name})
        message = self.message(
            self.confirming, document, occurred_at=fields.Datetime.now() - timedelta(hours=ago)
        )
        message._settle_done()
        self.record()

    def acknowledged(self, order):
        """:return: the state of the step, and whether the purchase shows it"""
        return self.milestone(order, "acknowledged").state, order.acknowledged

    def placed(self):
        """:return: a purchase that the vendor was told of and has acknowledged an hour ago"""
        order = self.purchase(quantity=5)
        self.drain()
        self.acknowledge(order, ago=1)
        self.assertEqual(self.acknowledged(order), ("reached", True))
        return order

    def change(self, order, quantity):
        order.order_line.product_qty = quantity
        self.record()
        self.drain()

    def test_change_is_told(self):
        """The vendor never answers to the change, and the purchase counts as acknowledged."""
        order = self.placed()
        owner = self.owner(order)
        self.assertEqual(owner.waits_for_step_id.code, "announced")
        self.change(order, 7)
        self.assertEqual(self.acknowledged(order), ("pending", False))
        self.assertEqual(owner.waits_for_step_id.code, "acknowledged")
        undone = self.milestone(order, "acknowledged").history[-1]["at"]
        self.assertEqual(owner.waits_since.isoformat(), undone)
        self.assertEqual((owner.waits_on, owner.waits_on_kind), ("Vendor EDI", "system"))
        # Whatever else moves it changes nothing.
        order.user_id = self.env.ref("base.user_admin")
        self.record()
        self.assertEqual(self.acknowledged(order), ("pending", False))
        self.acknowledge(order)
        self.assertEqual(self.acknowledged(order), ("reached", True))
        self.assertEqual(owner.waits_for_step_id.code, "announced")

    def test_change_is_not_told_yet(self):
        """The vendor knows nothing of the change, and its acknowledgement is awaited."""
        order = self.placed()
        self.partner.api_answer = (503, {})
        self.change(order, 7)
        self.assertEqual(self.acknowledged(order), ("reached", True))

    def test_by_a_report_alone(self):
        """A vendor whose messages no handler reads acknowledges the change in vain."""
        order = self.purchase(quantity=5)
        self.drain()
        self.confirming.handler = "integration.handler.noop"
        self.message(
            self.confirming, order, occurred_at=fields.Datetime.now() - timedelta(hours=1)
        )._settle_done()
        self.record()
        self.assertEqual(self.acknowledged(order), ("reached", False))
        self.change(order, 7)
        self.assertEqual(self.acknowledged(order), ("pending", False))
        self.report(self.confirming, order)
        self.record()
        self.assertEqual(self.acknowledged(order), ("reached", False))
        order.user_id = self.env.ref("base.user_admin")
        self.record()
        self.assertEqual(self.acknowledged(order), ("reached", False))

    def test_by_hand(self):
        """The buyer ticks what was said on the phone, and nobody asks again after a change."""
        self.confirming.active = False
        order = self.purchase(quantity=5)
        self.drain()
        order.action_acknowledge()
        self.record()
        self.change(order, 7)
        owner = self.owner(order)
        self.assertEqual(owner.waits_for_step_id.code, "acknowledged")
        self.assertIn("change", owner.cause_text)
        order.action_acknowledge()
        self.record()
        self.assertEqual(owner.waits_for_step_id.code, "announced")

    def test_cancelled_and_placed_anew(self):
        """The vendor acknowledged what was cancelled, and that counts for what is ordered anew."""
        order = self.placed()
        order.button_cancel()
        self.record()
        self.drain()
        order.button_draft()
        order.button_confirm()
        self.record()
        self.drain()
        self.assertEqual(self.acknowledged(order), ("pending", False))

    def test_told_once_more(self):
        """A message is sent a second time, and what was acknowledged in between is forgotten."""
        order = self.placed()
        self.change(order, 7)
        self.acknowledge(order)
        sent = self.env["integration.message"].sudo().search(
            [("res_id", "=", order.id), ("flow_id", "=", self.sending.id)], order="id desc", limit=1
        )  # fmt: skip
        handler = self.sending.with_user(self.service).sudo(False)._handler()
        handler._on_success(sent.with_user(self.service).sudo(False), None)
        self.record()
        self.assertEqual(self.acknowledged(order), ("reached", True))

    def test_ticked_before_it_was_sent(self):
        """What the vendor said on the phone is forgotten when the purchase is sent."""
        order = self.purchase(quantity=5)
        order.action_acknowledge()
        self.drain()
        self.assertTrue(order.acknowledged)
