"""When it happened: nobody was watching, but the documents have dates."""

from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .common_adoption import AdoptionDatesCommon


@tagged("post_install", "-at_install")
class TestAdoptionDates(AdoptionDatesCommon):
    """Orders of March, adopted when the suite was installed."""

    def learnt(self):
        """:return: what is usual in the company, learnt at the end of that March"""
        self.env["integration.step.duration"]._learn(datetime(2026, 3, 31))
        return self.env["integration.step.duration"].search([("company_id", "=", self.company.id)])

    def test_moments_of_the_documents(self):
        """An order of March is confirmed, invoiced and paid when the suite was installed."""
        owner = self.adopted(self.paid)
        reached = self.reached(owner)
        told = {code: reached[code] for code in ("received", "confirmed", "shipped")}
        confirmed = datetime(2026, 3, 1, 10)
        self.assertEqual(
            told,
            {"received": confirmed, "confirmed": confirmed, "shipped": datetime(2026, 3, 10, 15)},
        )
        self.assertEqual(reached["validated"], confirmed)
        self.assertEqual(owner.started_at, confirmed)
        # Of a day only the day is known: the moment of it that is nearest to the entry.
        self.assertEqual(reached["invoiced"], datetime(2026, 3, 12, 3, 59, 59))
        self.assertEqual(reached["paid"], datetime(2026, 3, 17, 3, 59, 59))
        self.assertEqual(owner.state, "completed")
        self.assertEqual(owner.completed_at, reached["paid"])

    def test_moments_of_many(self):
        """Orders that are read together are dated otherwise than a single one."""
        orders = [self.paid, self.shipped]
        self.forget(*orders)
        self.run_job(self.started_adoption())
        paid, shipped = (self.reached(self.owner(order)) for order in orders)
        self.assertEqual(paid["invoiced"], datetime(2026, 3, 12, 3, 59, 59))
        self.assertNotIn("invoiced", shipped)
        self.assertEqual(paid["confirmed"], shipped["confirmed"])

    def test_paid_with_a_credit_note(self):
        """What no payment paid was paid when the suite was installed."""
        order = self.shipped
        with freeze_time("2026-03-11 15:00:00"):
            invoice = self.invoice(order)
        with freeze_time("2026-03-20 15:00:00"):
            self.send_back(order.picking_ids)
            self.refund(invoice)
        reached = self.reached(self.adopted(order))
        self.assertEqual(reached["invoiced"], datetime(2026, 3, 12, 3, 59, 59))
        self.assertEqual(reached["paid"], datetime(2026, 3, 21, 3, 59, 59))

    def test_entered_on_its_day(self):
        """An invoice that was entered on its day is posted at the end of that day."""
        order = self.paid
        self.env.cr.execute(
            "UPDATE account_move SET create_date = '2026-03-11 14:30:00' WHERE id = ANY(%s)",
            [order.invoice_ids.ids],
        )
        reached = self.reached(self.adopted(order))
        self.assertEqual(reached["invoiced"], datetime(2026, 3, 11, 14, 30))

    def test_entered_before_its_day(self):
        """What was drafted the week before was posted then."""
        order = self.paid
        self.env.cr.execute(
            "UPDATE account_move SET create_date = '2026-03-04 14:30:00' WHERE id = ANY(%s)",
            [order.invoice_ids.ids],
        )
        reached = self.reached(self.adopted(order))
        self.assertEqual(reached["invoiced"], datetime(2026, 3, 11, 4))

    def test_late_since_its_schedule(self):
        """Goods that should have left in March are on track, due this evening."""
        owner = self.adopted(self.unpicked())
        self.assertEqual(self.reached(owner)["allocated"], datetime(2026, 3, 2, 9))
        self.assertEqual(owner.waits_for_step_id.code, "picked")
        self.assertEqual(owner.waits_since, datetime(2026, 3, 2, 9))
        self.assertEqual(owner.due_at, datetime(2026, 3, 10, 12))
        self.assertEqual(owner.timeliness, "missed")

    def test_late_before_is_no_news(self):
        """The installation writes a note on each order of ten years that is late."""
        order = self.unpicked()
        owner = self.adopted(order)
        self.assertEqual((owner.timeliness, len(self.told(order))), ("missed", 0))
        # What gets late while it is followed is news.
        self.env.cr.execute(
            "UPDATE integration_transaction SET adopted_at = adopted_at - interval '9 days'"
            " WHERE id = %s",
            [owner.id],
        )
        order.picking_ids.scheduled_date = self.env.cr.now() - timedelta(days=4)
        self.record()
        self.assertEqual((owner.timeliness, len(self.told(order))), ("missed", 1))

    def test_not_invoiced_since_the_shipment(self):
        """Nobody invoiced what left in March, and that is on track."""
        self.rule("invoiced", "clock", 1440)
        owner = self.adopted(self.shipped)
        self.assertEqual(owner.waits_for_step_id.code, "invoiced")
        self.assertEqual(owner.waits_since, datetime(2026, 3, 10, 15))
        self.assertEqual(owner.due_at, datetime(2026, 3, 11, 15))
        self.assertEqual(owner.timeliness, "missed")

    def test_finished_before(self):
        """The cycle times of ten years, all without a touch, on the day of the installation."""
        owner = self.adopted(self.paid)
        self.assertTrue(owner.adopted_at)
        outcome, steps = self.ended(owner)
        self.assertFalse(outcome)
        self.assertFalse(steps)

    def test_deliveries_from_before(self):
        """What left years ago counts as invoiced late, and on time, on the installation's day."""
        after = self.ordered()
        self.forget(self.shipped, self.paid, after)
        self.run_job(self.started_adoption())
        self.ship(after.picking_ids)
        # The moment of the adoption is that of the test's transaction, too.
        after.picking_ids.date_done += timedelta(seconds=2)
        self.ended(self.owner(after))
        told = self.env["integration.outcome"].sudo().search([("subject", "=", "delivery")])
        told = told.filtered(lambda outcome: outcome.company_id == self.company)
        self.assertEqual(told.mapped("res_id"), after.picking_ids.ids)

    def test_all_came_back_before(self):
        """What came back altogether years ago counts as cancelled."""
        order = self.shipped
        with freeze_time("2026-03-12 15:00:00"):
            self.send_back(order.picking_ids)
        owner = self.adopted(order)
        self.assertEqual(owner.state, "cancelled")
        self.assertFalse(self.ended(owner)[0])

    def test_finished_afterwards(self):
        """An order that ends while it is followed has no outcome, as it was adopted."""
        order = self.shipped
        owner = self.adopted(order)
        # The moment of the adoption is that of the test's transaction, too.
        self.env.cr.execute(
            "UPDATE integration_transaction SET adopted_at = adopted_at - interval '1 day'"
            " WHERE id = %s",
            [owner.id],
        )
        self.pay(self.invoice(order))
        self.assertEqual(owner.state, "completed")
        outcome, steps = self.ended(owner)
        self.assertEqual(outcome.order_count, 1)
        self.assertIn("paid", steps.step_id.mapped("code"))

    def test_undone_afterwards(self):
        """An adopted order that is cancelled, or comes back, while it is followed is not told."""
        cancelled, back = self.ordered(), self.shipped
        self.forget(cancelled, back)
        self.run_job(self.started_adoption())
        cancelled._action_cancel()
        self.record()
        self.send_back(back.picking_ids)
        for order in (cancelled, back):
            owner = self.owner(order)
            self.assertEqual(owner.state, "cancelled")
            self.assertEqual(self.ended(owner)[0].cancelled_count, 1)

    def test_nothing_is_learnt(self):
        """What was adopted tells what is usual, by the days of its documents."""
        self.assertEqual(self.owner(self.paid).state, "completed")
        self.assertFalse(self.learnt())
        self.adopted(self.paid)
        self.assertFalse(self.learnt())

    def test_followed_steps_are_learnt(self):
        """Steps that an adopted order reached while it was followed are not learnt from."""
        owner = self.adopted(self.paid)
        self.env.cr.execute(
            "UPDATE integration_transaction SET adopted_at = '2026-03-13' WHERE id = %s",
            [owner.id],
        )
        self.assertEqual(self.learnt().mapped("step_code"), ["paid"])

    def test_caught_up_later(self):
        """What a job records after a conflict happened when the job ran."""
        order = self.paid
        self.forget(order)
        self.env["integration.transaction"]._catch_up(order.ids)
        owner = self.owner(order)
        self.assertEqual(self.reached(owner)["confirmed"], datetime(2026, 3, 1, 10))
        self.assertEqual(self.reached(owner)["paid"], datetime(2026, 3, 17, 3, 59, 59))
        self.assertFalse(owner.adopted_at)

    def test_no_moment_to_come(self):
        """An invoice dated for tomorrow is posted tomorrow."""
        order = self.order()
        self.ship(order.picking_ids)
        invoice = self.invoice(order, post=False)
        invoice.invoice_date = self.env.cr.now() + timedelta(days=2)
        invoice.action_post()
        self.record()
        owner = self.adopted(order)
        self.assertEqual(self.reached(owner)["invoiced"], owner.adopted_at)
