# Connections of their own, as in production, are what these tests are about.
# pylint: disable=invalid-commit
from datetime import timedelta

from odoo import fields
from odoo.tests import TransactionCase, tagged

from .test_log_writer import real_cursor
from .test_subscription_concurrency import Committed

CODE = "im_real_batch"


@tagged("post_install", "-at_install")
class TestSweepLocks(TransactionCase):
    """The sweep takes back what nobody works on any more, and nothing else."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.registry.clear_cache)
        self.addCleanup(self._remove_committed)
        with self.committed() as env:
            system = env["integration.system"].create(
                {"name": CODE, "code": CODE, "environment": "test"}
            )
            flow = env["integration.flow"].create(
                {
                    "name": CODE,
                    "code": CODE,
                    "system_id": system.id,
                    "direction": "inbound",
                    "handler": "integration.handler.noop",
                    "message_type": "batch",
                }
            )
            at = fields.Datetime.now() - timedelta(minutes=1)
            values = {
                "flow_id": flow.id,
                "system_id": system.id,
                "company_id": flow.company_id.id,
                "direction": "inbound",
                "state": "processing",
                "attempt_count": 1,
                "claimed_at": at,
                "budget_at": at,
            }
            self.ids = env["integration.message"].create([values] * 3).ids

    def committed(self):
        """A connection of its own, whose work is committed in the end."""
        return Committed(self.env.cr.dbname)

    def _remove_committed(self):
        with self.committed() as env:
            env.cr.execute("DELETE FROM queue_job WHERE model_name LIKE 'integration.%'")
            flow = env["integration.flow"].search([("code", "=", CODE)])
            env.cr.execute("DELETE FROM integration_message WHERE flow_id = %s", [flow.id])
            account = flow.service_user_id
            partner = account.partner_id
            system = flow.system_id
            flow.unlink()
            system.unlink()
            account.unlink()
            partner.unlink()

    def states(self):
        with real_cursor(self.env.cr.dbname) as cr:
            cr.execute("SELECT state FROM integration_message WHERE id = ANY(%s)", [self.ids])
            return {row[0] for row in cr.fetchall()}

    def test_who_waits_behind_a_living_worker_is_left_alone(self):
        """A call hangs, and the rest of its batch is told to have lost its worker."""
        with real_cursor(self.env.cr.dbname) as worker:
            worker.execute(
                "SELECT 1 FROM integration_message WHERE id = %s FOR NO KEY UPDATE", [self.ids[0]]
            )
            with self.committed() as env:
                self.assertEqual(env["integration.message"]._recover_abandoned(), 0)
            self.assertEqual(self.states(), {"processing"})
            worker.rollback()
        with self.committed() as env:
            self.assertEqual(env["integration.message"]._recover_abandoned(), 3)
        self.assertEqual(self.states(), {"retry"})
