"""Orders as if the engine had been installed after them, and the job that adopts them."""

from datetime import datetime

from freezegun import freeze_time

from odoo.tools import SQL

from .common_deadline import DeadlineCommon
from .common_transaction import TransactionCommon


class AdoptionCommon(TransactionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.jobs().unlink()

    @classmethod
    def jobs(cls):
        """:return: the jobs of adoptions"""
        return cls.env["queue.job"].sudo().search([("method_name", "=", "_run")])

    def forget(self, *orders):
        """Let orders be as if the engine had been installed after them."""
        for order in orders:
            owner = self.owner(order)
            self.env.cr.execute(SQL("DELETE FROM integration_transaction WHERE id = %s", owner.id))
            self.env.cr.execute(
                SQL(
                    "UPDATE sale_order SET integration_correlation_id = NULL WHERE id = %s",
                    order.id,
                )
            )
        self.env.invalidate_all()

    def adoption(self, **values):
        values = {"company_id": self.company.id, **values}
        return self.env["integration.adoption"].sudo().create(values)

    def started_adoption(self):
        adoption = self.adoption()
        adoption.action_start()
        return adoption

    def run_job(self, adoption):
        """Run the job on a cursor of its own, as the queue does."""
        self.env.cr.precommit.run()
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            adoption.with_env(adoption.env(cr=cr))._run()
        self.env.invalidate_all()


class AdoptionDatesCommon(AdoptionCommon, DeadlineCommon):
    """The company is in New York, where a day of March ends at four in the morning (UTC).

    Of two orders of that March one has left, the other one is paid as well.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "America/New_York"
        cls.shipped = cls.ordered()
        cls.paid = cls.ordered()
        with freeze_time("2026-03-10 15:00:00"):
            cls.ship((cls.shipped | cls.paid).picking_ids)
        with freeze_time("2026-03-11 15:00:00"):
            invoice = cls.invoice(cls.paid)
        with freeze_time("2026-03-16 15:00:00"):
            cls.pay(invoice)

    @classmethod
    def ordered(cls, moment="2026-03-01 10:00:00"):
        """:return: an order that was confirmed at a moment"""
        with freeze_time(moment):
            return cls.order()

    def adopted(self, order):
        """:return: the transaction of an order from before the installation"""
        self.forget(order)
        self.run_job(self.started_adoption())
        return self.owner(order)

    def reached(self, owner):
        """:return: when steps were reached, by their codes"""
        return {one.step_id.code: one.reached_at for one in owner.milestone_ids if one.reached_at}

    def ended(self, owner):
        """:return: the outcome and the steps that were written of a transaction"""
        outcomes = self.env["integration.outcome"].sudo()
        outcomes._roll_up_batch(self.env.cr.now())
        found = outcomes.search([("subject", "=", "order"), ("res_id", "=", owner.id)])
        steps = self.env["integration.outcome.step"].sudo()
        return found, steps.search([("transaction_id", "=", owner.id)])

    def unpicked(self):
        """:return: an order whose goods were reserved in March, and should have left then"""
        self.rule("picked", "transfer")
        order = self.ordered()
        order.picking_ids.scheduled_date = datetime(2026, 3, 10, 12)
        self.record()
        self.env.cr.execute(
            "UPDATE stock_move_line SET create_date = '2026-03-02 09:00:00' WHERE picking_id = %s",
            [order.picking_ids.id],
        )
        return order

    def told(self, order):
        """:return: the notes on an order that tell it is late, after a tick"""
        self.env["integration.transaction"].sudo()._tick()
        return order.message_ids.filtered(lambda message: "late since" in (message.body or ""))
