import contextlib

from odoo.tests import tagged

from ..models.integration_message_load import LOADED
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestMessageClaim(IntegrationCase):
    """What a claim read of its message counts after its commit, unless somebody changed it."""

    @contextlib.contextmanager
    def claimed(self):
        """Yield a message that a lane claimed and committed, its attempt and what it knows."""
        self.receive({"id": 1}, external_id="k1")
        with self.own_flow(self.inbound) as lane:
            lane._load_for_work()
            turn = lane._new_turn(20)
            message_id, attempt = lane._claim(turn)
            message = lane.env["integration.message"].browse(message_id)
            known = message._known_of_claim(turn)
            self.assertTrue(known)
            lane._commit_step()
            lane.env.invalidate_all()
            yield message, attempt, known

    def test_nothing_is_read_twice(self):
        """A lane asks for the same columns before each call once more."""
        with self.claimed() as (message, attempt, known):
            with self.assertQueryCount(1):
                self.assertEqual(message._own(attempt, known), "claimed")
                self.assertIn('"id": 1', message.payload)
                self.assertEqual(message.attempt_count, attempt)
                self.assertEqual(message.flow_id, self.inbound)
                self.assertEqual(message.flow_id.state, "active")

    def test_what_changed_since_is_read(self):
        """The recorder links the order meanwhile, and the message settles without it."""
        with self.claimed() as (message, attempt, known):
            self.env.cr.execute(
                "UPDATE integration_message SET correlation_id = 'other' WHERE id = %s",
                [message.id],
            )
            self.assertEqual(message._own(attempt, known), "claimed")
            self.assertEqual(message.correlation_id, "other")

    def test_what_was_taken_back_is_left(self):
        """The sweep gave the message to somebody else, and it is worked on twice."""
        with self.claimed() as (message, attempt, known):
            self.env.cr.execute(
                "UPDATE integration_message SET state = 'retry' WHERE id = %s", [message.id]
            )
            self.assertFalse(message._own(attempt, known))

    def test_a_handler_counts_its_attempts_on_disk(self):
        """What the database dies of is tried for ever; or each call waits for the disk."""
        self.receive({"id": 1}, external_id="k1")
        self.outbound._emit([{"res_model": "res.partner", "res_id": 1, "payload": "{}"}])
        for flow, expected in ((self.inbound, "on"), (self.outbound, "off")):
            with self.own_flow(flow) as lane:
                lane._load_for_work()
                self.assertTrue(lane._claim(lane._new_turn(20)))
                lane.env.cr.execute("SHOW synchronous_commit")
                self.assertEqual(lane.env.cr.fetchone()[0], expected)

    def test_columns_have_one_cache_each(self):
        """A translated column is read as what it is in no language."""
        for model, names in LOADED.values():
            for name in names[1:]:
                field = self.env[model]._fields[name]
                self.assertFalse(field.translate, name)
                self.assertNotIn(field, self.registry.field_depends_context)
