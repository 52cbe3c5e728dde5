from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestSweeper(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.env["queue.job"].search([("method_name", "=", "_drain")]).unlink()

    def drains(self):
        """:return: number of drain jobs of the lane that wait"""
        self.env.cr.precommit.run()
        jobs = self.env["queue.job"].search(
            [("method_name", "=", "_drain"), ("state", "=", "pending")]
        )
        return len(jobs.filtered(lambda job: job.records.ids == self.inbound.ids))

    def abandon(self, external_id, seconds=60):
        """Leave a claimed message behind, as a killed worker does."""
        message, _created = self.receive({"id": 1}, external_id=external_id)
        self.env.cr.precommit.run()
        message.write(
            {
                "state": "processing",
                "attempt_count": message.attempt_count + 1,
                "claimed_at": fields.Datetime.now() - timedelta(seconds=seconds),
                "budget_at": fields.Datetime.now(),
            }
        )
        self.env.flush_all()
        return message

    def test_killed_worker_loses_nothing(self):
        """A server was killed, and one order is in work for ever."""
        message = self.abandon("k1")
        result = self.env["integration.message"]._sweep()
        self.assertGreaterEqual(result["recovered"], 1)
        self.assertEqual(message.state, "retry")
        self.assertEqual(message.attempt_count, 1)
        self.drain(self.inbound)
        self.assertEqual(message.state, "done")

    def test_young_claim_is_left_alone(self):
        """The sweep takes a message away from a worker that is fast."""
        message = self.abandon("k2", seconds=5)
        self.env["integration.message"]._sweep()
        self.assertEqual(message.state, "processing")

    def test_message_that_kills_workers_dies(self):
        """One poisonous message kills a worker each minute, all night."""
        self.inbound.retry_policy_id.max_attempts = 1
        message = self.abandon("k3")
        self.env["integration.message"]._sweep()
        self.assertEqual(message.state, "dead")
        self.assertTrue(message.exception_ids)

    def test_lost_wake_up_is_repeated(self):
        """The queue lost a job, and the order waits until the next one comes."""
        message, _created = self.receive({"id": 1}, external_id="k4")
        self.env.cr.precommit.run()
        self.env["queue.job"].search([("method_name", "=", "_drain")]).unlink()
        message.sudo().received_at = fields.Datetime.now() - timedelta(seconds=10)
        self.env.flush_all()
        self.assertGreaterEqual(self.env["integration.message"]._sweep()["woken"], 1)
        self.assertEqual(self.drains(), 1)
        self.env["integration.message"]._sweep()
        self.assertEqual(self.drains(), 1)

    def test_future_retry_is_not_woken_early(self):
        """The sweep enqueues a job each minute for a message that waits for hours."""
        message, _created = self.receive({"id": 1}, external_id="k5")
        self.env.cr.precommit.run()
        self.env["queue.job"].search([("method_name", "=", "_drain")]).unlink()
        message.sudo().write(
            {
                "state": "retry",
                "received_at": fields.Datetime.now() - timedelta(hours=1),
                "next_attempt_at": fields.Datetime.now() + timedelta(hours=1),
            }
        )
        self.env.flush_all()
        self.env["integration.message"]._sweep()
        self.assertEqual(self.drains(), 0)

    def test_cron_is_set(self):
        """Nothing sweeps, because the scheduled action is missing or off."""
        cron = self.env.ref("integration_monitor.ir_cron_sweep")
        self.assertTrue(cron.active)
        self.assertEqual((cron.interval_number, cron.interval_type), (1, "minutes"))
        with self.enter_registry_test_mode():
            cron.method_direct_trigger()

    def test_archived_account_breaks_nothing(self):
        """The service account was archived, and since then no order can be confirmed."""
        self.inbound.service_user_id.active = False
        message, created = self.receive({"id": 1}, external_id="k6")
        self.assertEqual(self.drains(), 0)
        self.assertTrue(created)
        self.assertEqual(message.state, "pending")
        exception = self.env["integration.exception"].search(
            [("flow_id", "=", self.inbound.id), ("is_open", "=", True)]
        )
        self.assertIn("service account", exception.name)

    def test_account_that_became_administrator(self):
        """Somebody makes the service account an administrator, and handlers may do everything."""
        self.inbound.service_user_id.group_ids |= self.env.ref("base.group_system")
        message, _created = self.receive({"id": 1}, external_id="k7")
        self.assertEqual(self.drains(), 0)
        self.drain(self.inbound)
        self.assertEqual(message.state, "pending")
        exception = self.env["integration.exception"].search(
            [("dedupe_key", "=", f"account:{self.inbound.id}")]
        )
        self.assertIn("administrator", exception.error_message)
        self.inbound.service_user_id.group_ids -= self.env.ref("base.group_system")
        self.env["integration.message"]._sweep()
        self.assertFalse(exception.is_open)
