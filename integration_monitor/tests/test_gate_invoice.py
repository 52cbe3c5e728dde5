from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common_gate import GateCase


@tagged("post_install", "-at_install")
class TestGateInvoice(GateCase):
    """Customer invoices that a gate keeps back."""

    def test_invoice_waits(self):
        """A customer is billed for what was not shipped."""
        self.gate("shipped", document_step="invoice")
        order = self.order()
        invoice = self.invoice(order, post=False)
        self.assertHeld(invoice.action_post)
        self.assertHeld(lambda: invoice._post(soft=False))
        self.assertHeld(lambda: invoice.write({"state": "posted"}))
        self.ship(order.picking_ids)
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")

    def test_shared_invoice_waits_for_each_order(self):
        """One of two orders was shipped, and both are billed."""
        self.gate("shipped", document_step="invoice")
        orders = self.order() | self.order()
        invoice = self.invoice(orders, post=False)
        self.assertEqual(len(invoice), 1)
        self.ship(orders[0].picking_ids)
        self.assertHeld(invoice.action_post, orders[1].name)
        self.ship(orders[1].picking_ids)
        invoice.action_post()
        self.assertEqual(invoice.state, "posted")

    def test_credit_notes_pass(self):
        """A customer does not get his money back."""
        order = self.order()
        invoice = self.invoice(order)
        self.gate("shipped", document_step="invoice")
        self.assertEqual(self.refund(invoice).state, "posted")

    def test_auto_posting_leaves_held_ones(self):
        """One held invoice stops all others, or a hundred of them starve the rest."""
        self.gate("shipped", document_step="invoice")
        orders = self.order() | self.order() | self.order()
        invoices = self.env["account.move"]
        for order in orders:
            invoices |= self.invoice(order, post=False)
        self.ship(orders[0].picking_ids)
        today = fields.Date.today()
        invoices.write({"auto_post": "at_date", "date": today, "invoice_date": today})
        # The scheduled action commits after each batch.
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["account.move"]._autopost_draft_entries(batch_size=1)
        self.env.invalidate_all()
        self.assertEqual(invoices.mapped("state"), ["posted", "draft", "draft"])
        self.assertFalse(
            [
                body
                for body in invoices[1].message_ids.mapped("body")
                if "could not be posted" in body
            ]
        )

    def test_scheduling_is_no_posting(self):
        """An invoice that is only scheduled for next month is refused."""
        self.gate("shipped", document_step="invoice")
        invoice = self.invoice(self.order(), post=False)
        invoice.invoice_date = fields.Date.today() + timedelta(days=40)
        invoice._post(soft=True)
        self.assertEqual((invoice.state, invoice.auto_post), ("draft", "at_date"))
