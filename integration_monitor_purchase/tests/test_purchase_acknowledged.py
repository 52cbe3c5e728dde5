"""What a vendor acknowledged before it was told of a change says nothing about the change."""

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_monitor.tools.errors import BusinessError

from .common_vendor import ListeningVendorCommon


class PurchaseAcknowledgedCommon(ListeningVendorCommon):
    """A purchase that a vendor was told of and has acknowledged."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ordered = cls.purchase(quantity=5)

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
        order = self.ordered
        self.drain()
        self.acknowledge(order, ago=1)
        self.assertEqual(self.acknowledged(order), ("reached", True))
        return order

    def change(self, order, quantity):
        order.order_line.product_qty = quantity
        self.record()
        self.drain()


@tagged("post_install", "-at_install")
class TestPurchaseAcknowledged(PurchaseAcknowledgedCommon):
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
        order = self.ordered
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
        order = self.ordered
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
        order = self.ordered
        order.action_acknowledge()
        self.drain()
        self.assertTrue(order.acknowledged)


@tagged("post_install", "-at_install")
class TestPurchaseAcknowledgedLate(PurchaseAcknowledgedCommon):
    """Acknowledgements that wait in a queue while the purchase is changed."""

    def handled(self, order, payload=None, hours=1, **values):
        """Handle what the vendor sent some hours ago, as the flow's lane does."""
        sent_at = fields.Datetime.now() - timedelta(hours=hours)
        values = {"occurred_at": sent_at, "received_at": sent_at, **values}
        message = self.message(self.confirming, self.env["purchase.order"], **values)
        handler = self.confirming.with_user(self.service).sudo(False)._handler()
        mine = message.with_user(self.service).sudo(False)
        document = handler._handle(mine, {"order": order.name, **(payload or {})})
        message._settle_done({message.id: document})
        self.record()
        return message

    def changed(self):
        """:return: a purchase that the vendor acknowledged, and was told of a change since"""
        order = self.placed()
        self.change(order, 7)
        self.assertEqual(self.acknowledged(order), ("pending", False))
        return order

    def test_sent_before_the_change(self):
        """What was sent for five counts for seven, or a person has to look at it."""
        order = self.changed()
        planned = order.order_line.date_planned
        line = {"sku": "HOOK", "quantity": 5, "expected_at": "2031-03-04"}
        message = self.handled(order, {"lines": [line]})
        self.assertEqual(self.acknowledged(order), ("pending", False))
        self.assertEqual(order.order_line.date_planned, planned)
        self.assertEqual(message.transaction_id, self.owner(order).sudo())
        self.handled(order, hours=0)
        self.assertEqual(self.acknowledged(order), ("reached", True))

    def test_sent_after_the_change_by_a_slow_clock(self):
        """The vendor's clock is a minute behind, and what it answers is thrown away."""
        order = self.changed()
        now = fields.Datetime.now()
        line = {"sku": "HOOK", "expected_at": "2031-03-04"}
        self.handled(
            order,
            {"lines": [line]},
            occurred_at=now - timedelta(minutes=1),
            received_at=now + timedelta(seconds=1),
        )
        self.assertEqual(self.acknowledged(order), ("reached", True))
        self.assertEqual(str(order.order_line.date_planned), "2031-03-04 00:00:00")

    def test_received_before_the_change(self):
        """A partner who does not say when he sent it said it after it was received."""
        order = self.changed()
        self.handled(order, occurred_at=False)
        self.assertEqual(self.acknowledged(order), ("pending", False))
        self.confirming.handler = "integration.handler.noop"
        self.message(
            self.confirming, order, received_at=fields.Datetime.now() - timedelta(hours=1)
        )._settle_done()
        self.record()
        self.assertEqual(self.acknowledged(order), ("pending", False))

    def test_revision(self):
        """The vendor's clock is wrong, and decides although it says what it acknowledges."""
        order = self.changed()
        self.handled(order, {"revision": 0}, hours=-1)
        self.assertEqual(self.acknowledged(order), ("pending", False))
        self.handled(order, {"revision": 1})
        self.assertEqual(self.acknowledged(order), ("reached", True))

    def test_refusal_before_the_change(self):
        """Nobody is told that the vendor does not deliver, as the purchase was changed."""
        order = self.changed()
        for refused in ({"status": "rejected"}, {"lines": [{"sku": "X", "status": "rejected"}]}):
            with self.assertRaises(BusinessError):
                self.handled(order, refused)

    def test_changed_to_what_was_agreed(self):
        """A person changed it to what the vendor offered, and pressed Retry in vain."""
        order = self.placed()
        offer = {"lines": [{"sku": "HOOK", "quantity": 7, "expected_at": "2031-03-04"}]}
        with self.assertRaises(BusinessError):
            self.handled(order, offer)
        self.change(order, 7)
        self.handled(order, offer, by_person=True)
        self.assertEqual(self.acknowledged(order), ("reached", True))
        self.assertEqual(str(order.order_line.date_planned), "2031-03-04 00:00:00")
