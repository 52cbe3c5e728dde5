# Connections of their own, as in production, are what these tests are about.
# pylint: disable=invalid-commit
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import TransactionCase, tagged
from odoo.tools import mute_logger

from .test_log_writer import real_cursor
from .test_subscription_concurrency import Committed

CODE = "im_real_batch"
SWEEP = "odoo.addons.integration_monitor.models.integration_message_sweep"


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

    def held(self, env):
        """:return: ids of messages that are shown as held, though nothing holds them"""
        message = env["integration.message"].browse(self.ids[0])
        values = {
            "flow_id": message.flow_id.id,
            "system_id": message.system_id.id,
            "company_id": message.company_id.id,
            "direction": "inbound",
            "state": "pending",
            "held": True,
            "hold_reason": "paused",
        }
        return env["integration.message"].create([values] * 2).ids

    def claimed_meanwhile(self, message_id):
        """Let a lane claim a message between two parts of the sweep."""
        messages = self.env.registry["integration.message"]
        before = messages._set_clock_right

        def claim(records, now):
            with real_cursor(self.env.cr.dbname) as lane:
                lane.execute(
                    "UPDATE integration_message SET state = 'processing', held = FALSE,"
                    " hold_reason = NULL, claimed_at = now() AT TIME ZONE 'UTC' WHERE id = %s",
                    [message_id],
                )
                lane.commit()
            return before(records, now)

        return patch.object(messages, "_set_clock_right", claim)

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

    @mute_logger("odoo.sql_db")
    def test_a_claim_undoes_nothing(self):
        """A lane is quicker than the sweep by one message, and who died stays in work."""
        with self.committed() as env:
            held = self.held(env)
        with self.claimed_meanwhile(held[0]), self.committed() as env:
            self.assertGreaterEqual(env["integration.message"]._sweep()["recovered"], 3)
        self.assertEqual(self.states(), {"retry"})

    @mute_logger("odoo.sql_db")
    def test_parts_are_committed_by_themselves(self):
        """The scheduled action keeps what it locked until it is through, and then fails."""
        with self.committed() as env:
            held = self.held(env)

        def broken(replays):
            raise ValueError("a fault in one part")

        replay = patch.object(self.env.registry["integration.replay"], "_wake_lost", broken)
        with self.claimed_meanwhile(held[0]), replay, self.committed() as env:
            messages = env["integration.message"].with_context(ir_cron_progress_id=-1)
            with self.assertLogs(SWEEP, "ERROR"), self.assertRaises(ValueError):
                messages._sweep()
            # The part after the claim had a snapshot of its own, that after the fault was done.
            shown = messages.browse(held[1])
            self.assertFalse(shown.held)
            jobs = env["queue.job"].search([("method_name", "=", "_drain")])
            self.assertIn(shown.flow_id, jobs.mapped("records"))
        self.assertEqual(self.states(), {"retry"})
