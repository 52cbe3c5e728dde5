from odoo.exceptions import UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from .common_replay import ReplayCase


@tagged("post_install", "-at_install")
class TestReplayNeutralize(ReplayCase):
    def test_copy_replays_nothing(self):
        """A replay that was going on is continued by a copy of the database."""
        messages = self.done(3)
        replay = self.plan(messages, rate=6)
        replay.action_start()
        self.run_slice(replay)
        self.env.flush_all()
        for query in get_neutralization_queries(["integration_monitor"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertEqual(replay.state, "cancelled")
        self.assertFalse(self.slices(replay))
        self.run_slice(replay)
        self.env["integration.message"]._sweep()
        self.assertEqual(len(messages.replay_ids), 1)
        with self.assertRaisesRegex(UserError, "started already"):
            replay.action_start()
