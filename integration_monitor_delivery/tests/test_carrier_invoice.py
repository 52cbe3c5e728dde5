from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from odoo.addons.integration_monitor.tests.common_users import new_user

from .common import CarrierCase


class InvoiceCase(CarrierCase):
    """A carrier whose reports invoice what is delivered."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["account.chart.template"].try_loading(
            "generic_coa", company=cls.company, install_demo=False
        )
        cls.bank = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )


@tagged("post_install", "-at_install")
class TestCarrierInvoice(InvoiceCase):
    """An order is invoiced with its last parcel, once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = new_user(
            cls.env, "label_clerk", "stock.group_stock_user", company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )  # fmt: skip
        cls.order, cls.shipped = cls._shipped()
        cls.env.cr.flush()

    def test_invoice_and_payment(self):
        """A delivered order is invoiced and paid once, however often the carrier reports it."""
        self.tracking_flow.write({"invoice_on_delivery": True, "payment_journal_id": self.bank.id})
        order, picking = self.order, self.shipped
        self._book(picking)
        self._track("TRK1", "delivered")
        self._track("TRK1", "delivered")
        invoice = order.invoice_ids
        self.assertEqual(len(invoice), 1)
        self.assertEqual(invoice.state, "posted")
        self.assertEqual(invoice.amount_total, order.amount_total)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))

    def test_invoice_is_the_accounts_work(self):
        """Invoices and payments are made with all rights, whatever the account may do."""
        seen = []
        for model, name in (("account.move", "action_post"), ("account.payment", "create")):
            original = getattr(self.registry[model], name)

            def spy(records, *args, _original=original, **kwargs):
                seen.append((records.env.su, records.env.uid))
                return _original(records, *args, **kwargs)

            self.startPatcher(patch.object(self.registry[model], name, spy))
        self.test_invoice_and_payment()
        self.assertIn((False, self.service.id), seen)
        self.assertNotIn(True, [su for su, _uid in seen])

    def test_account_without_the_right_to_invoice(self):
        """An account that may not invoice does so all the same, or the parcel is forgotten."""
        self.tracking_flow.invoice_on_delivery = True
        order, picking = self.order, self.shipped
        self._book(picking)
        self.service.group_ids -= self.env.ref("account.group_account_invoice")
        self._track("TRK1", "delivered")
        self.assertTrue(picking.integration_delivered_at)
        self.assertFalse(order.invoice_ids)
        self.assertTrue(self._refused(order).is_open)

    def _refused(self, order):
        """:return: the exceptions about an order that was delivered and not invoiced"""
        return self.env["integration.exception"].search(
            [("res_model", "=", "sale.order"), ("res_id", "=", order.id)]
        )

    def test_negative_invoice(self):
        """The discount is larger than what was delivered: the parcel arrived all the same."""
        self.tracking_flow.invoice_on_delivery = True
        order = self._order((1, 2, 3), id=2, name="#1002")
        picking = self._first(order)
        release = self._release(picking)
        event = self._shipment(release, picking, IPOD2008GREEN=1, IPOD2008RED=0, IPOD2008BLACK=0)
        self._ship(event)
        picking.backorder_ids.action_cancel()
        order.order_line.filtered(lambda line: line.price_unit < 0).price_unit = -10000
        self._book(picking)
        self._track("TRK1", "delivered")
        self.assertEqual(picking.integration_tracking_status, "delivered")
        self.assertFalse(order.invoice_ids)
        self.assertIn("less was delivered", self._refused(order).error_message)

    def test_late_event_after_a_return(self):
        """A late event pays money out: it refunds what came back, and registers the payment."""
        self.test_invoice_and_payment()
        order, picking = self.order, self.shipped
        invoices = order.invoice_ids
        wizard = self.env["stock.return.picking"].create({"picking_id": picking.id})
        for line in wizard.product_return_moves:
            line.quantity = line.move_id.quantity
            line.to_refund = True
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back.move_ids.picked = True
        back.button_validate()
        self._track("TRK1", "delivered", at="2024-08-09T10:00:00Z")
        self.assertEqual(order.invoice_ids, invoices)

    def _label_off(self, picking, numbers):
        """Let a clerk of the warehouse, who has nothing to do with invoices, correct numbers."""
        picking.with_user(self.clerk).carrier_tracking_ref = numbers

    def test_label_that_was_cancelled_is_taken_off(self):
        """All that travels arrived, a clerk says, and nobody invoices it."""
        self.tracking_flow.write({"invoice_on_delivery": True, "payment_journal_id": self.bank.id})
        order, picking = self.order, self.shipped
        self._book(picking, tracking="A,B")
        self._track("A", "delivered")
        self._track("B", "cancelled")
        self.assertFalse(order.invoice_ids)
        self._label_off(picking, "A")
        invoice = order.invoice_ids
        self.assertEqual((invoice.state, invoice.create_uid), ("posted", self.service))
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        # The carrier repeats itself.
        self._track("A", "delivered")
        self.assertEqual(order.invoice_ids, invoice)

    def test_parcel_that_was_sent_again(self):
        """The first delivery never arrived as such, and its order is invoiced by nobody."""
        self.tracking_flow.invoice_on_delivery = True
        order, picking = self.order, self.shipped
        self._book(picking, tracking="ONE,TWO")
        self._track("ONE", "return_to_sender")
        self._sent_again(picking).carrier_tracking_ref = "AGAIN"
        self._track("AGAIN", "delivered")
        self.assertFalse(order.invoice_ids)
        self._track("TWO", "failure")
        self.assertFalse(order.invoice_ids)
        self._track("TWO", "delivered")
        self.assertEqual(order.invoice_ids.state, "posted")

    def test_label_is_taken_off_where_nobody_invoices(self):
        """Another carrier's flow invoices on delivery, this one does not."""
        self._make_flow(
            "integration.handler.carrier.tracking", "other.tracking",
            message_type="carrier.tracking", invoice_on_delivery=True,
        )  # fmt: skip
        order, picking = self.order, self.shipped
        self._book(picking, tracking="A,B")
        self._track("A", "delivered")
        self._label_off(picking, "A")
        self.assertTrue(picking.integration_delivered_at)
        self.assertFalse(order.invoice_ids)

    def test_label_is_taken_off_what_cannot_be_invoiced(self):
        """The clerk is refused his correction as Odoo refuses the invoice."""
        self.tracking_flow.invoice_on_delivery = True
        order, picking = self.order, self.shipped
        self._book(picking, tracking="A,B")
        self._track("A", "delivered")
        self.service.group_ids -= self.env.ref("account.group_account_invoice")
        self._label_off(picking, "A")
        self.assertTrue(picking.integration_delivered_at)
        self.assertTrue(self._refused(order).is_open)

    def test_parcels_that_an_earlier_version_noted(self):
        """It did not note by which flow they were told: there is one that invoices."""
        self.tracking_flow.invoice_on_delivery = True
        order, picking = self.order, self.shipped
        self._book(picking, tracking="A,B")
        self._track("A", "delivered")
        picking.sudo().integration_parcels = {"A": picking.integration_parcels["A"][:2]}
        self._label_off(picking, "A")
        self.assertEqual(order.invoice_ids.state, "posted")

    def test_unpaid_order_is_invoiced_only(self):
        """An order that the customer pays on delivery counts as paid before anybody paid."""
        self.tracking_flow.invoice_on_delivery = True
        order, picking = self._shipped(id=2, name="#1002", financial_status="pending")
        self._book(picking)
        self._track("TRK1", "delivered")
        self.assertEqual(order.invoice_ids.state, "posted")
        self.assertEqual(order.invoice_ids.payment_state, "not_paid")


@tagged("post_install", "-at_install")
class TestCarrierInvoiceChain(InvoiceCase):
    """In a warehouse that picks, packs and ships, what is not picked has no delivery yet."""

    delivery_steps = "pick_pack_ship"

    def _deliver(self, picking, number, **changes):
        """Ship a released transfer and report its parcel as delivered; return the delivery."""
        release = self._release(picking)
        done = self._ship(self._shipment(release, picking, number=f"SHP-{number}", **changes))
        out = done.filtered(lambda p: p.picking_type_code == "outgoing")
        self._book(out, tracking=number)
        self._track(number, "delivered")
        return out

    def test_last_parcel(self):
        """The first of two parcels is invoiced, with the discount of the whole order."""
        self.tracking_flow.invoice_on_delivery = True
        order = self._order((1, 2, 3))
        picking = self._first(order)
        self._deliver(picking, "ONE", IPOD2008RED=0, IPOD2008BLACK=0)
        self.assertFalse(order.invoice_ids)
        self._deliver(picking.backorder_ids, "TWO")
        self.assertEqual(order.invoice_ids.state, "posted")
        self.assertEqual(order.invoice_ids.amount_total, order.amount_total)

    def test_rest_is_cancelled(self):
        """The customer does without the rest: what he got is invoiced."""
        self.tracking_flow.invoice_on_delivery = True
        order = self._order((1, 2, 3))
        picking = self._first(order)
        release = self._release(picking)
        done = self._ship(self._shipment(release, picking, IPOD2008BLACK=1))
        picking.backorder_ids.action_cancel()
        self._book(done.filtered(lambda p: p.picking_type_code == "outgoing"))
        self._track("TRK1", "delivered")
        self.assertEqual(order.invoice_ids.state, "posted")
