"""What becomes of a purchase after it was sent, told to a vendor over HTTP."""

import json

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common_vendor import ListeningVendorCommon


@tagged("post_install", "-at_install")
class TestPurchaseChanges(ListeningVendorCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ordered = cls.purchase(quantity=5)

    def told(self):
        """:return: (method, path, status, revision, quantities) of all that the vendor was told"""
        self.drain()
        calls = [(c["method"], c["path"], json.loads(c["body"])) for c in self.partner.api_calls]
        return [
            (method, path, body["status"], body["revision"],
             [line["quantity"] for line in body.get("lines", ())])
            for method, path, body in calls
        ]  # fmt: skip

    def messages(self, order):
        return self.env["integration.message"].sudo().search([("res_id", "=", order.id)])

    def test_changed_after_sending(self):
        """The vendor ships what was ordered first."""
        order = self.ordered
        path = f"/orders/{order.name}"
        self.assertEqual(self.told(), [("POST", "/orders", "placed", 0, [5])])
        order.order_line.product_qty = 7
        self.record()
        self.assertEqual(self.told()[1:], [("PUT", path, "changed", 1, [7])])
        self.product.default_code = "LAMP"
        line = {"product_id": self.product.id, "product_qty": 1, "price_unit": 2.0}
        order.write({"order_line": [Command.create(line)]})
        self.record()
        self.assertEqual(self.told()[2:], [("PUT", path, "changed", 2, [7, 1])])
        self.assertEqual(set(self.messages(order).mapped("ordering_key")),
                         {f"purchase.order,{order.id}"})  # fmt: skip
        self.assertEqual(self.messages(order).transaction_id, self.owner(order).sudo())
        self.assertStates(order, sent="reached")

    def test_changes_that_nobody_heard_of_are_one(self):
        """The vendor is told of each of three changes that came before the first was sent."""
        order = self.ordered
        self.told()
        for quantity in (6, 7, 8):
            order.order_line.product_qty = quantity
            self.record()
        self.assertEqual([call[3:] for call in self.told()[1:]], [(3, [8])])
        states = self.messages(order).sorted("id").mapped("state")
        self.assertEqual(states, ["done", "done", "cancelled", "cancelled"])

    def test_changed_before_it_was_sent(self):
        """The vendor is told twice of what it does not know yet."""
        order = self.ordered
        order.order_line.price_unit = 9.0
        self.record()
        self.assertEqual(self.told(), [("POST", "/orders", "placed", 1, [5])])

    def test_cancelled_after_sending(self):
        """The vendor ships what was cancelled; ordered once more, it is a new order."""
        order = self.ordered
        self.told()
        order.button_cancel()
        self.record()
        path = f"/orders/{order.name}"
        self.assertEqual(self.told()[1:], [("PUT", path, "cancelled", 0, [])])
        order.button_draft()
        order.button_confirm()
        self.record()
        self.assertEqual(self.told()[2:], [("POST", "/orders", "placed", 0, [5])])

    def change_in_draft(self, order, lines):
        """Take a purchase back to a draft, change its lines there and confirm it once more."""
        order.button_cancel()
        self.record()
        order.button_draft()
        order.write({"order_line": lines})
        order.button_confirm()
        self.record()

    def test_changed_in_draft(self):
        """Nothing was sent meanwhile: the vendor ships what was ordered before the draft."""
        self.product.default_code = "LAMP"
        order = self.ordered
        self.told()
        path = f"/orders/{order.name}"
        self.change_in_draft(order, [Command.update(order.order_line.id, {"product_qty": 50})])
        self.assertEqual(self.told()[1:], [("PUT", path, "changed", 1, [50])])
        line = {"product_id": self.product.id, "product_qty": 2, "price_unit": 2.0}
        self.change_in_draft(order, [Command.create(line)])
        self.assertEqual(self.told()[2:], [("PUT", path, "changed", 2, [50, 2])])
        self.change_in_draft(order, [Command.delete(order.order_line[-1].id)])
        self.assertEqual(self.told()[3:], [("PUT", path, "changed", 3, [50])])

    def test_changed_in_draft_while_the_vendor_is_down(self):
        """The first message is sent late, as it was built; what came after it is never told."""
        order = self.ordered
        self.partner.api_answer = (503, {})
        self.told()
        self.assertEqual(self.messages(order).state, "retry")
        self.change_in_draft(order, [Command.update(order.order_line.id, {"product_qty": 50})])
        self.partner.api_answer = (200, {})
        self.messages(order).sorted("id")[0].action_retry()
        self.assertEqual(self.told()[-1][2:], ("changed", 1, [50]))

    def test_another_vendor_in_draft(self):
        """The goods are bought elsewhere, and the first vendor ships them all the same."""
        order = self.ordered
        self.system.partner_id = self.vendor
        self.told()
        order.button_cancel()
        self.record()
        order.button_draft()
        order.partner_id = self.env["res.partner"].create({"name": "Another Vendor"})
        order.button_confirm()
        self.record()
        self.assertEqual([call[2] for call in self.told()[1:]], ["cancelled"])

    def test_draft_that_was_never_placed(self):
        """Whoever writes a request for quotation changes what no vendor was sent."""
        self.told()  # of another purchase
        order = self.purchase(quantity=5, confirm=False)
        order.order_line.product_qty = 7
        order.button_confirm()
        self.record()
        self.assertEqual(self.told()[1:], [("POST", "/orders", "placed", 0, [7])])

    def test_cancelled_before_it_was_sent(self):
        """The vendor is told of a cancellation of what it never knew."""
        order = self.ordered
        order.button_cancel()
        self.record()
        self.assertEqual(self.told(), [])
        self.assertEqual(set(self.messages(order).mapped("state")), {"cancelled"})

    def test_nothing_that_concerns_the_vendor(self):
        """What the vendor confirmed itself, or what was written as it is, is told back to it."""
        order = self.ordered
        self.told()
        order.order_line.write({"product_qty": 5, "name": "Hooks"})
        order.order_line.date_planned = "2031-03-04 08:00:00"
        self.ship(order.picking_ids)
        self.bill(order)
        self.record()
        self.assertEqual(len(self.told()), 1)
        self.assertFalse(order.integration_revision)

    def test_nobody_keeps_a_change_from_the_vendor(self):
        """A buyer makes a purchase look told; what a buyer changes is not counted."""
        order = self.ordered
        buyer = new_test_user(self.env, "im_buyer", groups="purchase.group_purchase_user",
                              company_id=self.company.id)  # fmt: skip
        for values in ({"integration_told": {}}, {"integration_revision": 9}):
            with self.assertRaises(AccessError):
                order.with_user(buyer).write(values)
        order.order_line.with_user(buyer).product_qty = 6
        self.assertEqual(order.integration_revision, 1)

    def test_refused_and_corrected(self):
        """The vendor refuses an order, and its correction waits behind it for ever."""
        order = self.ordered
        self.partner.api_answer = (422, {"error": "no less than six"})
        self.told()
        self.assertEqual(self.messages(order).state, "dead")
        self.partner.api_answer = (200, {})
        order.order_line.product_qty = 6
        self.record()
        self.assertEqual(self.told()[1:], [("POST", "/orders", "placed", 1, [6])])

    def test_sent_before_revisions_were_counted(self):
        """What was sent by an older version is placed a second time."""
        order = self.ordered
        self.told()
        order.sudo().integration_told = False
        order.order_line.product_qty = 6
        self.record()
        self.assertEqual(self.told()[1:], [("PUT", f"/orders/{order.name}", "changed", 1, [6])])
