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

    def test_told_to_the_purchase(self):
        """What a vendor says of a dropship transfer is filed under the order alone."""
        noticing = self.edi_flow(self.edi(), "purchase.asn")
        sale, purchase = self.dropshipped()
        transfer = purchase.picking_ids
        links = self.env["integration.transaction.document"].sudo().search(
            [("res_model", "=", "stock.picking"), ("res_id", "=", transfer.id)]
        )  # fmt: skip
        self.assertEqual(links.transaction_id, (self.owner(sale) | self.owner(purchase)).sudo())
        # Which of the two knew the transfer first is chance.
        links.filtered(lambda link: link.transaction_id == self.owner(purchase).sudo()).unlink()
        purchase._integration_note(("state",))
        self.record()
        message = self.report(noticing, transfer)
        self.assertEqual(message.transaction_id, self.owner(purchase).sudo())
        self.assertStates(purchase, shipped="reached", delivered="pending")
        self.assertStates(sale, shipped="pending")

    def test_what_a_dropship_triggers(self):
        """A message about the vendor's delivery belongs to the order, whatever triggered it."""
        system = self.edi()
        for_purchase = self.edi_flow(system, "vendor.goods", trigger_event="dropship.done")
        for_sale = self.edi_flow(system, "shop.shipped", trigger_event="picking.out.done")
        sale, purchase = self.dropshipped()
        self.ship(purchase.picking_ids)
        for flow, order in ((for_purchase, purchase), (for_sale, sale)):
            message = self.env["integration.message"].sudo().search([("flow_id", "=", flow.id)])
            self.assertEqual(message.transaction_id, self.owner(order).sudo(), flow.name)
            self.assertEqual(message.correlation_id, self.owner(order).correlation_id)
