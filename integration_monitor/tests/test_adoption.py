from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..models import integration_adoption_run
from .common_adoption import AdoptionCommon


@tagged("post_install", "-at_install")
class TestAdoption(AdoptionCommon):
    """Orders from before the installation get transactions that tell what happened."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.orders = [cls.order() for _number in range(5)]

    def test_what_happened_is_told(self):
        """Adopted orders stand at their first step, or trigger the flows of their first day."""
        paid, shipped, new = self.orders[:3]
        for order in (paid, shipped):
            self.ship(order.picking_ids)
        self.pay(self.invoice(paid))
        before = {order: self.states(order) for order in (paid, shipped, new)}
        messages = self.env["integration.message"].sudo().search_count([])
        self.forget(paid, shipped, new)
        adoption = self.adoption()
        adoption.action_start()
        self.assertEqual((adoption.state, adoption.total_count), ("running", 3))
        self.run_job(adoption)
        self.assertEqual(
            (adoption.state, adoption.done_count, adoption.failed_count), ("done", 3, 0)
        )
        self.assertEqual(adoption.progress, 100.0)
        for order, states in before.items():
            self.assertEqual(self.states(order), states)
            self.assertTrue(order.integration_correlation_id)
        self.assertEqual(self.env["integration.message"].sudo().search_count([]), messages)
        milestone = self.owner(shipped).milestone_ids.filtered(
            lambda milestone: milestone.step_id.code == "shipped"
        )
        self.assertEqual(milestone.reached_at, shipped.picking_ids.date_done)

    def test_one_transfer_of_two_orders(self):
        """The second of two orders that leave together is adopted without its delivery."""
        first, second = self.orders[:2]
        empty = second.picking_ids
        second.picking_ids.move_ids.picking_id = first.picking_ids
        empty.unlink()
        self.record()
        transfer = first.picking_ids
        self.ship(transfer)
        before = {order: self.states(order) for order in (first, second)}
        self.assertEqual(before[second]["shipped"], "reached")
        self.forget(first, second)
        self.run_job(self.started_adoption())
        for order, states in before.items():
            self.assertEqual(self.states(order), states)
            links = self.owner(order).document_ids.filtered(lambda link: link.role == "out")
            self.assertIn(transfer.id, links.mapped("res_id"))

    def test_a_killed_job_goes_on(self):
        """A job that dies begins with the first order again, or never."""
        self.patch(integration_adoption_run, "BATCH", 2)
        orders = self.orders
        self.forget(*orders)
        adoption = self.adoption()
        adoption.action_start()
        self.env.cr.precommit.run()
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.assertEqual(adoption.with_env(adoption.env(cr=cr))._run_batch(), 2)
        self.env.invalidate_all()
        self.assertEqual(adoption.cursor_id, orders[3].id)
        self.assertEqual((adoption.done_count, adoption.progress), (2, 40.0))
        # Its job is gone with the worker; the sweep finds that out.
        self.jobs().unlink()
        adoption._wake_lost()
        self.assertFalse(self.jobs())
        adoption.sudo().worked_at = "2020-01-01"
        for _time in range(2):
            adoption._wake_lost()
        self.assertEqual(len(self.jobs()), 1)
        self.run_job(adoption)
        self.assertEqual((adoption.state, adoption.done_count), ("done", 5))
        self.assertTrue(all(self.owner(order) for order in orders))

    def test_slices(self):
        """A hundred thousand orders keep a worker for an hour."""
        self.patch(integration_adoption_run, "BATCH", 1)
        self.patch(integration_adoption_run, "SLICE_SECONDS", -1)
        self.forget(*self.orders[:3])
        adoption = self.adoption()
        adoption.action_start()
        for number in (1, 2, 3):
            self.run_job(adoption)
            self.assertEqual((adoption.state, adoption.done_count), ("running", number))
        self.run_job(adoption)
        self.assertEqual(adoption.state, "done")

    def test_pause_and_cancel(self):
        """A paused adoption goes on, or begins anew."""
        self.forget(self.orders[0])
        adoption = self.adoption()
        adoption.action_start()
        adoption.action_pause()
        self.run_job(adoption)
        self.assertEqual((adoption.state, adoption.done_count), ("paused", 0))
        adoption.action_start()
        self.run_job(adoption)
        self.assertEqual((adoption.state, adoption.done_count), ("done", 1))
        other = self.adoption()
        other.action_cancel()
        self.assertEqual(other.state, "cancelled")
        other.action_start()
        self.assertEqual(other.state, "cancelled")

    def test_an_odd_order_stops_no_other(self):
        """One order of ten years ago cannot be read, and none is adopted."""
        orders = self.orders[:3]
        self.forget(*orders)
        judge = type(self.env["integration.transaction"])._judge_order

        def judged(model, order, *args):
            if order["id"] == orders[1].id:
                raise ValueError("no such thing")
            return judge(model, order, *args)

        self.patch(type(self.env["integration.transaction"]), "_judge_order", judged)
        adoption = self.adoption()
        adoption.action_start()
        with self.assertLogs("odoo.addons.integration_monitor", "WARNING"):
            self.run_job(adoption)
        self.assertEqual(
            (adoption.state, adoption.done_count, adoption.failed_count), ("done", 2, 1)
        )
        self.assertEqual(adoption.failed_names, orders[1].name)

    def test_since_and_company(self):
        """Orders of other years and other companies are adopted, too."""
        old, new = self.orders[:2]
        self.forget(old, new)
        old.date_order = "2020-01-01"
        adoption = self.adoption(since="2021-01-01")
        adoption.action_start()
        self.run_job(adoption)
        self.assertTrue(self.owner(new))
        self.assertFalse(self.owner(old))
        with self.assertRaises(UserError):
            adoption.since = "2019-01-01"

    def test_one_at_a_time(self):
        """Two passes over the same orders."""
        self.adoption()
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.adoption()

    def test_after_the_installation(self):
        """Companies without orders get an adoption of nothing."""
        self.forget(self.orders[0])
        idle = self.env["res.company"].create({"name": "Without orders"})
        Adoption = self.env["integration.adoption"].sudo()
        Adoption.search([]).unlink()
        Adoption._adopt_all()
        self.assertEqual(Adoption.search([("company_id", "=", self.company.id)]).state, "running")
        self.assertFalse(Adoption.search([("company_id", "=", idle.id)]))

    def test_access(self):
        """A viewer starts jobs, or an administrator writes counters."""
        viewer, boss = (
            new_test_user(
                self.env,
                f"im_adoption_{role}",
                groups=f"base.group_user,integration_monitor.group_{role}",
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
            for role in ("viewer", "administrator")
        )
        adoption = self.adoption()
        self.assertEqual(adoption.with_user(viewer).state, "draft")
        with self.assertRaises(AccessError):
            adoption.with_user(viewer).action_start()
        with self.assertRaises(AccessError):
            adoption.with_user(boss).done_count = 7
        adoption.with_user(boss).action_start()
        self.assertEqual(adoption.state, "running")
        with self.assertRaises(UserError):
            adoption.with_user(boss).unlink()
