import json
from datetime import datetime

from odoo.tests import tagged

from odoo.addons.integration_monitor.tools.errors import BusinessError, ContractError

from .common_vendor import VendorCommon


@tagged("post_install", "-at_install")
class TestPurchaseHandlers(VendorCommon):
    """A vendor's system takes purchases, confirms them and announces what comes."""

    def sent(self, order):
        """:return: the payload of a purchase, and the request"""
        message = self.message(self.sending, order).with_user(self.service).sudo(False)
        handler = message.flow_id._handler()
        payload = handler._prepare(message)
        json.dumps(payload)
        return payload, payload and handler._request(message, payload)

    def test_placed_purchase_is_sent(self):
        order = self.purchase(quantity=5, price=9.5)
        message = self.env["integration.message"].sudo().search(
            [("flow_id", "=", self.sending.id), ("res_id", "=", order.id)]
        )  # fmt: skip
        self.assertEqual(message.transaction_id, self.owner(order).sudo())
        payload, request = self.sent(order)
        self.assertEqual(request, {"method": "POST", "path": "/orders"})
        self.assertEqual(payload["order"], order.name)
        self.assertEqual((payload["total"], payload["currency"]), (47.5, order.currency_id.name))
        [line] = payload["lines"]
        self.assertEqual((line["sku"], line["quantity"], line["price"]), ("HOOK", 5, 9.5))
        self.assertEqual(line["line_id"], order.order_line.id)

    def test_vendor_code_goes_first(self):
        self.env["product.supplierinfo"].create(
            {
                "partner_id": self.vendor.id,
                "product_tmpl_id": self.goods.product_tmpl_id.id,
                "product_code": "B-77",
            }
        )
        self.assertEqual(self.sent(self.purchase())[0]["lines"][0]["sku"], "B-77")

    def test_not_sent(self):
        """A cancelled purchase is not sent, one without a code waits for a person."""
        order = self.purchase()
        order.button_cancel()
        self.assertIsNone(self.sent(order)[0])
        self.goods.default_code = False
        with self.assertRaises(BusinessError) as caught:
            self.sent(self.purchase())
        self.assertEqual(caught.exception.source["value"], self.goods.id)

    def test_other_vendors_are_not_told(self):
        self.system.partner_id = self.env["res.partner"].create({"name": "Another Vendor"})
        order = self.purchase()
        self.assertFalse(
            self.env["integration.message"].sudo().search_count(
                [("flow_id", "=", self.sending.id), ("res_id", "=", order.id)]
            )
        )  # fmt: skip

    def test_dates_are_taken_over(self):
        order = self.purchase()
        payload = {
            "order": order.name,
            "reference": "V-1",
            "lines": [{"sku": "HOOK", "quantity": 5, "expected_at": "2031-03-04T10:00:00+02:00"}],
        }
        self.assertEqual(self.told(self.confirming, payload), order)
        self.assertEqual(order.order_line.date_planned, datetime(2031, 3, 4, 8))
        self.assertEqual((order.partner_ref, order.acknowledged), ("V-1", True))
        self.told(self.confirming, payload)  # twice changes nothing
        self.assertEqual(order.order_line.date_planned, datetime(2031, 3, 4, 8))

    def test_other_terms_are_for_a_person(self):
        """Nothing is taken over of what a person has to decide, not even the date."""
        order = self.purchase(quantity=5, price=10)
        planned = order.order_line.date_planned
        line = {"line_id": order.order_line.id, "expected_at": "2031-03-04"}
        for terms in ({"quantity": 4}, {"price": "10.50"}, {"status": "rejected"}):
            with self.assertRaises(BusinessError) as caught:
                self.told(self.confirming, {"order": order.name, "lines": [{**line, **terms}]})
            self.assertIn(order.name, str(caught.exception))
        self.assertEqual(order.order_line.date_planned, planned)
        self.assertFalse(order.acknowledged)
        # Changed to what was agreed, the same message fits.
        order.order_line.product_qty = 4
        self.told(self.confirming, {"order": order.name, "lines": [{**line, "quantity": 4}]})
        self.assertTrue(order.acknowledged)

    def test_refused_altogether(self):
        order = self.purchase()
        payload = {"order": order.name, "status": "rejected", "reason": "Sold out"}
        with self.assertRaisesRegex(BusinessError, "Sold out"):
            self.told(self.confirming, payload)

    def test_odd_messages(self):
        order = self.purchase()
        for payload in ([], {}, {"order": order.name, "status": "perhaps"}):
            with self.assertRaises(ContractError):
                self.told(self.confirming, payload)
        for payload in ({"order": "P999"}, {"order": order.name, "lines": [{"sku": "NAIL"}]}):
            with self.assertRaises(BusinessError):
                self.told(self.confirming, payload)
        order.button_cancel()
        with self.assertRaisesRegex(BusinessError, "not placed"):
            self.told(self.confirming, {"order": order.name})

    def test_another_vendors_purchase_is_none_of_his(self):
        order = self.purchase()
        self.system.partner_id = self.env["res.partner"].create({"name": "Another Vendor"})
        with self.assertRaises(BusinessError):
            self.told(self.confirming, {"order": order.name})
