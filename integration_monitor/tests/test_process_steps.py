"""The steps of order-to-cash that no transfer and no invoice of the former version told of."""

from odoo import fields
from odoo.tests import tagged

from ..tools import context
from .common_gate import GateCase


@tagged("post_install", "-at_install")
class TestProcessSteps(GateCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flow.active = False

    def _flow(self, message_type, direction, **values):
        """A flow of the finance system."""
        finance = self.env["integration.system"].sudo().search([("code", "=", "im_finance")])
        finance = finance or self.env["integration.system"].sudo().create(
            {
                "name": "Ledger", "code": "im_finance", "kind": "finance",
                "company_id": self.company.id, "environment": "test",
            }
        )  # fmt: skip
        endpoint = self.env["integration.endpoint"].sudo().search(
            [("system_id", "=", finance.id)]
        ) or self.env["integration.endpoint"].sudo().create(
            {
                "name": "Ledger API", "code": "im_finance_api", "system_id": finance.id,
                "base_url": "http://127.0.0.1:9", "allowed_networks": "127.0.0.0/8",
            }
        )  # fmt: skip
        return self.env["integration.flow"].sudo().create(
            {
                "name": message_type, "code": f"im.{message_type}", "system_id": finance.id,
                "endpoint_id": endpoint.id if direction == "outbound" else False,
                "direction": direction, "message_type": message_type,
                "style": "event" if direction == "outbound" else "webhook", **values,
            }
        )  # fmt: skip

    def _done(self, flow, order, **values):
        """A message of the flow about an order is done."""
        message = self.env["integration.message"].sudo().create(
            {
                "flow_id": flow.id, "system_id": flow.system_id.id,
                "company_id": self.company.id, "direction": flow.direction,
                "message_type": flow.message_type,
                "correlation_id": order.integration_correlation_id,
                "occurred_at": fields.Datetime.now(), **values,
            }
        )  # fmt: skip
        message._settle_done({message.id: order})
        self.record()
        return message

    def test_message_validates_an_order(self):
        """An order that came in and was checked on the way waits to be checked."""
        flow = self._flow("shop.order", "inbound")
        message = self.env["integration.message"].sudo().create(
            {
                "flow_id": flow.id, "system_id": flow.system_id.id, "direction": "inbound",
                "company_id": self.company.id, "message_type": "shop.order",
            }
        )  # fmt: skip
        with context.bound(message_id=message.id):
            order = self.order(confirm=False)
        self.assertStates(order, received="reached", validated="reached", confirmed="pending")
        self.assertEqual(self.owner(order).waits_for_step_id.code, "confirmed")
        # Nothing but the message told so, and the next look must not forget it.
        order.commitment_date = fields.Datetime.now()
        self.record()
        self.assertStates(order, validated="reached", confirmed="pending")

    def test_quotation_is_validated_when_sent(self):
        """A quotation that goes on counts as checked before anybody saw it."""
        order = self.order()
        order._action_cancel()
        order.action_draft()
        self.record()
        self.assertStates(order, validated="pending", confirmed="pending")
        self.assertEqual(self.owner(order).waits_for_step_id.code, "validated")
        self.assertEqual(self.owner(order).cause_text, "The order has to be checked")
        order.action_quotation_sent()
        self.record()
        self.assertStates(order, validated="reached", confirmed="pending")

    def test_credit_check_is_awaited_where_somebody_reports_it(self):
        """Orders wait for a credit check that nobody makes, or for none that somebody does."""
        self.assertStates(self.order(), credit_checked=None)
        flow = self._flow("finance.credit", "inbound")
        order = self.order()
        order._action_cancel()
        order.action_draft()
        order.action_quotation_sent()
        self.record()
        owner = self.owner(order)
        self.assertStates(order, credit_checked="pending")
        self.assertEqual(owner.waits_for_step_id.code, "credit_checked")
        self.assertEqual(owner.waits_on, "Ledger")
        self._done(flow, order)
        self.assertStates(order, credit_checked="reached")
        self.assertEqual(owner.waits_for_step_id.code, "confirmed")

    def test_confirmed_without_credit_check(self):
        """An order that was confirmed all the same waits for its credit check."""
        flow = self._flow("finance.credit", "inbound")
        order = self.order()
        self.assertStates(order, credit_checked="skipped", confirmed="reached")
        self.assertEqual(self.owner(order).waits_for_step_id.code, "picked")
        self._done(flow, order)
        self.assertStates(order, credit_checked="reached")

    def test_allocated_when_every_transfer_is_reserved(self):
        """An order without goods looks like one that has only to be picked."""
        scarce = self.env["product.product"].create({"name": "Scarce Lamp", "is_storable": True})
        order = self.order(product=scarce)
        owner = self.owner(order)
        self.assertStates(order, allocated="pending", picked="pending")
        self.assertEqual((owner.waits_for_step_id.code, owner.cause), ("allocated", "stock"))
        self.stock(scarce, 2)
        order.picking_ids.action_assign()
        self.record()
        self.assertStates(order, allocated="reached", picked="pending")
        order.picking_ids.do_unreserve()
        self.record()
        self.assertStates(order, allocated="pending")
        allocated = owner.milestone_ids.filtered(lambda m: m.step_code == "allocated")
        self.assertEqual([entry["from"] for entry in allocated.history], ["reached"])

    def test_release_and_allocation_wait_for_nobody(self):
        """The release is passed over because the goods are reserved already."""
        self.flow.active = True
        order = self.order()
        self.assertStates(order, released="pending", allocated="reached")
        self.assertEqual(self.owner(order).waits_for_step_id.code, "released")
        self.release(order)
        self.assertStates(order, released="reached")
        self.assertEqual(self.owner(order).waits_for_step_id.code, "picked")

    def test_invoice_sent_to_finance(self):
        """The ledger never gets an invoice, and the order counts as complete."""
        flow = self._flow("finance.invoice", "outbound", trigger_event="invoice.posted")
        order = self.order()
        self.assertStates(order, invoice_sent="pending")
        self.ship(order.picking_ids)
        invoice = self.invoice(order)
        message = self.env["integration.message"].sudo().search([("flow_id", "=", flow.id)])
        self.assertEqual((message.res_model, message.res_id), ("account.move", invoice.id))
        owner = self.owner(order)
        self.assertStates(order, invoiced="reached", invoice_sent="pending")
        self.assertEqual(owner.waits_for_step_id.code, "invoice_sent")
        self.pay(invoice)
        self.assertStates(order, paid="reached", invoice_sent="pending")
        self.assertEqual(owner.state, "in_progress")
        message._settle_done({message.id: invoice})
        self.record()
        self.assertStates(order, invoice_sent="reached")
        self.assertEqual(owner.state, "completed")

    def test_invoice_that_no_flow_was_told_of(self):
        """An invoice from before the flow was set up is awaited in the ledger for ever."""
        order = self.order()
        self.ship(order.picking_ids)
        invoice = self.invoice(order)
        self._flow("finance.invoice", "outbound", trigger_event="invoice.posted")
        self.pay(invoice)
        self.assertEqual(self.owner(order).state, "completed")
        self.assertStates(order, invoice_sent=None)

    def test_goods_and_money_side_by_side(self):
        """An invoice that is not made stays unseen while the parcel travels."""
        carrier = self.env["integration.system"].sudo().create(
            {
                "name": "Parcels", "code": "im_parcels", "kind": "carrier",
                "company_id": self.company.id, "environment": "test",
            }
        )  # fmt: skip
        for kind in ("carrier.booking", "carrier.tracking"):
            self.env["integration.flow"].sudo().create(
                {
                    "name": kind, "code": f"im.{kind}", "system_id": carrier.id,
                    "direction": "inbound", "style": "webhook", "message_type": kind,
                }
            )  # fmt: skip
        order = self.order()
        self.ship(order.picking_ids)
        owner = self.owner(order)
        # Nobody told the carrier of it: a report is what makes it his.
        report = {
            "transaction_id": owner.id, "step_code": "in_transit",
            "occurred_at": fields.Datetime.now(), "res_model": "stock.picking",
            "res_id": order.picking_ids.id,
        }  # fmt: skip
        self.env["integration.milestone"]._record([report])
        self.assertEqual(owner.waits_for_step_id.code, "invoiced")
        self.pay(self.invoice(order))
        self.assertStates(order, in_transit="reached", paid="reached")
        self.assertEqual(owner.state, "completed")
