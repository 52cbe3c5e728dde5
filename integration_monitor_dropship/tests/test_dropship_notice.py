"""A vendor announces by message what he sends straight to the customer."""

from datetime import datetime

from odoo.tests import new_test_user, tagged

from .common import DropshipCommon


@tagged("post_install", "-at_install")
class TestDropshipNotice(DropshipCommon):
    def test_notice_of_a_vendor(self):
        """The vendor's notice is refused: nothing is awaited of what we never see."""
        self.goods.default_code = "HOOK"
        service = new_test_user(
            self.env,
            "im_dropship_service",
            groups="integration_monitor.group_service,purchase.group_purchase_user,"
            "stock.group_stock_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        noticing = self.edi_flow(
            self.edi(), "purchase.asn", service_user_id=service.id,
            handler="integration.handler.purchase.asn",
        )  # fmt: skip
        sale, purchase = self.dropshipped()
        message = self.message(noticing, self.env["purchase.order"])
        flow = noticing.with_user(service).sudo(False)
        transfer = flow._handler()._handle(
            message.with_user(service).sudo(False),
            {
                "order": purchase.name,
                "shipment": "ASN-1",
                "expected_at": "2031-03-05T06:00:00Z",
                "lines": [{"sku": "HOOK", "quantity": 5}],
            },
        )
        self.assertEqual(transfer, purchase.picking_ids)
        self.assertEqual(transfer.scheduled_date, datetime(2031, 3, 5, 6))
        self.record()
        self.report(noticing, transfer)
        self.assertStates(purchase, shipped="reached", delivered="pending")
        self.assertIn("has not arrived", self.owner(sale).cause_text)
