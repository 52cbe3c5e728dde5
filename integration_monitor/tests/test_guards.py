"""Faults of the monitor itself: they stop neither a sale nor the messages of others."""

from unittest.mock import patch

from psycopg2.errors import InvalidSavepointSpecification, UndefinedFunction

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.queue_job.job import Job

from ..instrumentation import log_writer
from ..tools import context
from .common import IntegrationCase
from .common_subscription import SubscriptionCase
from .common_transaction import TransactionCommon

RECORDER = "odoo.addons.integration_monitor.models.integration_milestone_record"
SETTLE = "odoo.addons.integration_monitor.models.integration_message_exception"
FUNCTION, GONE = "integration_order_transfers", "integration_order_gone"


def rename_function(env, name, new_name):
    """Take away what the recorder calls, as a half finished upgrade does; or give it back."""
    env.cr.execute(SQL("ALTER FUNCTION %s RENAME TO %s", SQL(name), SQL(new_name)))


@tagged("post_install", "-at_install")
class TestRecorderGuard(TransactionCommon):
    @mute_logger(RECORDER)
    def test_fault_of_the_recorder_does_not_stop_a_sale(self):
        """Nobody can confirm an order because the monitor has a bug."""

        def broken(*_args):
            raise ZeroDivisionError

        order = self.order(confirm=False)
        target = self.registry["integration.transaction"]
        with log_writer.captured() as seen, patch.object(target, "_judge_order", broken):
            order.action_confirm()
            self.record()
        self.assertEqual(order.state, "sale")
        self.assertTrue(order.picking_ids)
        self.assertEqual([line.outcome for line in seen if line.kind == "custom"], ["error"])
        # The next change of the order catches up.
        order.commitment_date = "2030-01-01"
        self.record()
        self.assertStates(order, confirmed="reached")

    @mute_logger(RECORDER, "odoo.sql_db")
    def test_database_error_of_the_recorder_does_not_stop_a_sale(self):
        """A statement of the monitor that fails makes the whole confirmation fail."""
        order = self.order(confirm=False)
        # As a customer's own rule on the table would.
        self.env.cr.execute(
            SQL(
                "ALTER TABLE integration_transaction ADD CONSTRAINT refuse CHECK (res_id <> %s)",
                order.id,
            )
        )
        with log_writer.captured():
            order.action_confirm()
            self.record()
        order.invalidate_recordset()
        self.assertEqual(order.state, "sale")
        self.assertTrue(order.picking_ids)

    @mute_logger(RECORDER, "odoo.sql_db")
    def test_database_error_while_reading_does_not_stop_a_sale(self):
        """The first statement of the recorder that fails takes the confirmation with it."""
        rename_function(self.env, FUNCTION, GONE)
        order = self.order(confirm=False)
        with log_writer.captured() as seen:
            order.action_confirm()
            self.record()
        order.invalidate_recordset()
        self.assertEqual(order.state, "sale")
        self.assertTrue(order.picking_ids)
        self.assertFalse(self.owner(order))
        self.assertEqual([line.outcome for line in seen if line.kind == "custom"], ["error"])

    @mute_logger("odoo.sql_db")
    def test_savepoint_ends_with_the_recording(self):
        """A savepoint of each recording stays open: a long job drags thousands of them along."""
        order = self.order()
        with self.assertRaises(InvalidSavepointSpecification), self.env.cr.savepoint():
            self.env.cr.execute("RELEASE SAVEPOINT integration_record")
        # Nothing to store.
        order.picking_ids._integration_note(("state",))
        self.record()
        with self.assertRaises(InvalidSavepointSpecification), self.env.cr.savepoint():
            self.env.cr.execute("RELEASE SAVEPOINT integration_record")


@tagged("post_install", "-at_install")
class TestRecorderMakesGood(SubscriptionCase):
    def _later(self):
        """:return: the job that makes good for a fault, once"""
        job = self.env["queue.job"].search([("method_name", "=", "_record_again")])
        self.assertEqual(len(job), 1)
        return Job.load(self.env, job.uuid)

    @mute_logger(RECORDER, "odoo.sql_db")
    def test_what_a_fault_prevented_is_recorded_by_a_job(self):
        """An order that was confirmed while the monitor was broken is never seen again."""
        self.subscriber("sale.confirmed")
        rename_function(self.env, FUNCTION, GONE)
        with log_writer.captured():
            order = self._order()
            self.env.cr.flush()
        self.assertFalse(self.events())
        job = self._later()
        with self.assertRaises(UndefinedFunction), self.env.cr.savepoint():
            job.perform()
        rename_function(self.env, GONE, FUNCTION)
        job.perform()
        owner = self.env["integration.transaction"].search([("res_id", "=", order.id)])
        self.assertEqual(owner.name, order.name)
        self.assertEqual(self.events().mapped("event_code"), ["sale.confirmed"])
        self.assertEqual(self.events().res_id, order.id)

    @mute_logger(RECORDER, "odoo.sql_db")
    def test_message_is_tried_again_as_a_whole(self):
        """What a partner sent counts as done though its order is not followed."""
        order = self._order()
        rename_function(self.env, FUNCTION, GONE)
        with (
            context.bound(message_id=1),
            self.assertRaises(UndefinedFunction),
            self.env.cr.savepoint(),
        ):
            order.commitment_date = "2030-01-01"
            self.env.cr.flush()


@tagged("post_install", "-at_install")
class TestSettleGuard(IntegrationCase):
    def _break(self):
        """Let the full exception of a message fail to be made."""

        def broken(*_args, **_kwargs):
            raise ValueError("broken title")

        return patch.object(self.registry["integration.message"], "_exception_title", broken)

    @mute_logger(SETTLE)
    def test_message_that_cannot_be_settled_dies_readably(self):
        """One odd failure stays in work for ever and holds up everything behind it."""

        def refuse(*_args):
            raise ValueError("no")

        self.inbound.retry_policy_id.max_attempts = 1
        bad, _created = self.receive({"id": 1}, external_id="g1")
        with self._break(), self.handler(self.inbound, _handle=refuse):
            self.drain(self.inbound)
        self.assertEqual(bad.state, "dead")
        self.assertIn("broken title", bad.error_message)
        self.assertTrue(bad.exception_ids)
        good, _created = self.receive({"id": 2}, external_id="g2")
        self.drain(self.inbound)
        self.assertEqual(good.state, "done")

    def test_condition_on_unknown_field_is_refused(self):
        """A typing slip in a flow's condition stops every delivery of the company."""
        self.outbound.trigger_event = "picking.first.ready"
        for condition in ("[('no_such_field', '=', 1)]", "[('state'", "5"):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.outbound.trigger_domain = condition
        self.outbound.trigger_domain = "[('origin', '!=', False)]"

    def test_complaint_about_an_account_ends(self):
        """The account works again, and its exception stays in everybody's way."""
        account = self.inbound.service_user_id
        account.sudo().active = False
        self.receive({"id": 1}, external_id="g5")
        self.env.cr.precommit.run()
        exception = self.env["integration.exception"].search(
            [("dedupe_key", "=", f"account:{self.inbound.id}")]
        )
        self.assertEqual(len(exception), 1)
        self.env["integration.message"]._sweep()
        self.assertTrue(exception.is_open)
        account.sudo().active = True
        self.env["integration.message"]._sweep()
        self.assertEqual(exception.state, "resolved")

    @mute_logger(SETTLE)
    def test_sweep_goes_on_after_a_message_that_cannot_be_settled(self):
        """One odd message stops the sweep, and with it every recovery of every flow."""
        self.inbound.retry_policy_id.max_attempts = 1
        messages = self.env["integration.message"].sudo()
        for name in ("g3", "g4"):
            messages |= self.receive({"id": name}, external_id=name)[0]
        self.env.cr.precommit.run()
        messages.write(
            {
                "state": "processing",
                "attempt_count": 2,  # tried alone: no neighbour of a batch
                "claimed_at": "2000-01-01 00:00:00",
                "budget_at": "2000-01-01 00:00:00",
            }
        )
        self.env.flush_all()
        with self._break(), log_writer.captured():
            self.env["integration.message"]._sweep()
        self.assertEqual(set(messages.mapped("state")), {"dead"})
        self.assertTrue(all(message.exception_ids for message in messages))
