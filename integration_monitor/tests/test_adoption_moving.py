"""Orders from before the installation that move before the job of their adoption reaches them."""

from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .common_adoption import AdoptionDatesCommon
from .common_return import ReturnCommon


@tagged("post_install", "-at_install")
class TestDatesBeforeAdoption(AdoptionDatesCommon, ReturnCommon):
    """What happened long ago has the date of its documents, what happens now has that of now."""

    def unnoticed(self, order):
        """:return: the order, as if the suite had been installed just now"""
        self.forget(order)
        return order

    def test_saved(self):
        """An order that was over in March ends today, as somebody corrects its salesperson."""
        order = self.unnoticed(self.paid)
        order.user_id = self.env.ref("base.user_admin")
        self.record()
        owner, confirmed = self.owner(order), datetime(2026, 3, 1, 10)
        reached = self.reached(owner)
        self.assertEqual(reached["received"], confirmed)
        self.assertEqual(reached["confirmed"], confirmed)
        self.assertEqual(reached["shipped"], datetime(2026, 3, 10, 15))
        self.assertEqual(reached["invoiced"], datetime(2026, 3, 12, 3, 59, 59))
        self.assertEqual(reached["paid"], datetime(2026, 3, 17, 3, 59, 59))
        self.assertEqual((owner.state, owner.completed_at), ("completed", reached["paid"]))
        self.assertIn("payment", owner.document_ids.mapped("role"))
        self.assertTrue(owner.adopted_at)
        outcome, steps = self.ended(owner)
        self.assertFalse(outcome)
        self.assertFalse(steps)

    def test_late_before_is_no_news(self):
        """A note tells of a delay of March, as somebody saves the order."""
        order = self.unnoticed(self.unpicked())
        order.user_id = self.env.ref("base.user_admin")
        self.record()
        owner = self.owner(order)
        self.assertEqual(self.reached(owner)["allocated"], datetime(2026, 3, 2, 9))
        self.assertEqual((owner.timeliness, len(self.told(order))), ("missed", 0))

    def test_delivered(self):
        """An order of March is confirmed when it is delivered; or its delivery counts for none."""
        order = self.unnoticed(self.ordered())
        self.ship(order.picking_ids)
        owner = self.owner(order)
        reached = self.reached(owner)
        self.assertEqual(reached["confirmed"], datetime(2026, 3, 1, 10))
        self.assertEqual(reached["shipped"], order.picking_ids.date_done)
        self.ended(owner)
        told = self.env["integration.outcome"].sudo().search([("subject", "=", "delivery")])
        self.assertIn(order.picking_ids.id, told.mapped("res_id"))

    def test_invoiced(self):
        """What left in March left today; or the bill that is posted today bears that date."""
        order = self.unnoticed(self.shipped)
        invoice = self.invoice(order, post=False)
        invoice.invoice_date = self.env.cr.now() - timedelta(days=3)
        invoice.action_post()
        self.record()
        reached = self.reached(self.owner(order))
        self.assertEqual(reached["shipped"], datetime(2026, 3, 10, 15))
        self.assertEqual(reached["invoiced"], self.env.cr.now().replace(microsecond=0))

    def test_paid(self):
        """The invoice of March was posted when it is paid."""
        order = self.shipped
        with freeze_time("2026-03-11 15:00:00"):
            invoice = self.invoice(order)
        self.unnoticed(order)
        self.pay(invoice)
        owner = self.owner(order)
        reached = self.reached(owner)
        self.assertEqual(reached["invoiced"], datetime(2026, 3, 12, 3, 59, 59))
        self.assertEqual(reached["paid"], self.env.cr.now().replace(microsecond=0))
        # It ended while it was followed.
        self.assertEqual(self.ended(owner)[0].order_count, 1)

    def test_quotation(self):
        """A quotation from before that is confirmed now counts as an order from before."""
        with freeze_time("2026-03-01 10:00:00"):
            order = self.order(confirm=False)
        self.env.cr.execute(
            "UPDATE sale_order SET integration_correlation_id = NULL WHERE id = %s", [order.id]
        )
        self.env.invalidate_all()
        order.action_confirm()
        self.record()
        owner = self.owner(order)
        now = self.env.cr.now().replace(microsecond=0)
        self.assertEqual(self.reached(owner)["confirmed"], now)
        self.assertFalse(owner.adopted_at)

    def test_return(self):
        """A return that was announced in March, and is received now."""
        order = self.shipped
        with freeze_time("2026-03-12 15:00:00"):
            back = self.announce(order.picking_ids, 1)
        self.env.cr.execute(
            "DELETE FROM integration_transaction WHERE res_model = %s AND res_id = %s",
            [back._name, back.id],
        )
        self.unnoticed(order)
        self.ship(back)
        self.assertTrue(self.owner(back).adopted_at)
        self.assertTrue(self.owner(order).adopted_at)
        self.assertEqual(self.reached(self.owner(order))["shipped"], datetime(2026, 3, 10, 15))

    def test_new_documents(self):
        """What is made while it is followed costs a further statement, or counts as adopted."""
        dates, seen = type(self.env["integration.transaction"])._date, []

        def dated(model, orders, notes=None):
            seen.extend(order["name"] for order in orders)
            return dates(model, orders, notes)

        self.patch(type(self.env["integration.transaction"]), "_date", dated)
        order = self.order()
        self.ship(order.picking_ids)
        self.pay(self.invoice(order))
        back = self.send_back(order.picking_ids)
        self.assertFalse(seen)
        self.assertFalse(self.owner(order).adopted_at)
        self.assertTrue(self.owner(back))
        self.assertFalse(self.owner(back).adopted_at)
