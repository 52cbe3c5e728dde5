from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.http_client import HttpResponse
from .common_replay import ReplayCase

OK = HttpResponse(status=200, headers={}, body=b"{}", elapsed_ms=1.0, address=None)


@tagged("post_install", "-at_install")
class TestReplay(ReplayCase):
    def test_one_message_again(self):
        """A replay changes the old message, or the handler gets another content."""
        message = self.done()
        before = message.read(["state", "attempt_count", "done_at", "payload"])
        replay = self.plan(message)
        self.assertEqual((replay.state, replay.replay_count), ("draft", 1))
        self.assertFalse(message.replay_ids)
        replay.action_start()
        seen = []
        self.run_slice(replay)
        with self.handler(self.inbound, _handle=lambda h, m, payload: seen.append(payload)):
            self.drain(self.inbound)
        self.settle(replay)
        copy = message.replay_ids
        self.assertEqual(seen, [{"n": 0}])
        self.assertEqual((copy.state, copy.correlation_id), ("done", message.correlation_id))
        self.assertEqual(message.read(["state", "attempt_count", "done_at", "payload"]), before)
        self.env.invalidate_all()
        self.assertEqual((replay.state, replay.done_count, replay.progress), ("done", 1, 100.0))
        self.assertEqual(message.replay_count, 1)

    def test_replayed_business_goes_behind_todays(self):
        """A replay of 1,000 messages holds up the order that comes in meanwhile."""
        message = self.done()
        replay = self.plan(message)
        replay.action_start()
        self.run_slice(replay)
        self.assertGreater(message.replay_ids.priority, message.priority)

    def test_failed_message_is_made_up_for(self):
        """The failed message and its exception stay open although its replay succeeded."""
        message = self.refused()
        later = self.refused("later")
        replay = self.plan(message)
        replay.action_start()
        self.run_slice(replay)
        self.drain(self.inbound)
        self.assertEqual(message.state, "cancelled")
        self.assertEqual(message.superseded_by_id, message.replay_ids)
        self.assertEqual(message.exception_ids.state, "resolved")
        self.assertEqual(later.state, "dead")

    def test_replay_does_not_undo_what_failed_since(self):
        """An old message replayed closes the failure of a newer one about the same order."""
        stake = {"reference": "SO-1"}
        with self.handler(self.inbound, _stake=lambda *args: stake):
            old = self.done()
            newer = self.refused("newer")
            replay = self.plan(old)
            replay.action_start()
            self.run_slice(replay)
            self.drain(self.inbound)
        self.assertEqual(old.replay_ids.state, "done")
        self.assertEqual(newer.state, "dead")
        self.assertTrue(newer.exception_ids.is_open)

    def test_replay_of_a_message_that_blocks_its_key(self):
        """In a flow that keeps order the replay waits for ever for the message that it repeats."""
        self.outbound.ordering = True
        partner = self.env["res.partner"].create({"name": "Ordered"})
        message = self.outbound._emit(partner)
        with self.answers(HttpResponse(422, {}, b"no", 1.0, None)):
            self.drain(self.outbound)
        replay = self.plan(message)
        replay.action_start()
        self.run_slice(replay)
        with self.answers(OK):
            self.drain(self.outbound)
        self.assertEqual(message.replay_ids.state, "done")

    def sent(self, new_key):
        """Send a message, replay it. :return: the headers and bodies of both calls"""
        partner = self.env["res.partner"].create({"name": "Called"})
        message = self.outbound._emit(partner)
        with self.answers(OK) as calls:
            self.drain(self.outbound)
            replay = self.plan(message, new_key=new_key)
            replay.action_start()
            self.run_slice(replay)
            self.drain(self.outbound)
        return [call["headers"]["Idempotency-Key"] for call in calls], [c["body"] for c in calls]

    def test_same_key(self):
        """The partner ships twice because a replay looks like a new call."""
        keys, bodies = self.sent(False)
        self.assertEqual(keys[0], keys[1])
        self.assertEqual(bodies[0], bodies[1])

    def test_new_key(self):
        """A person wants it done again, and the partner repeats its answer only."""
        keys, bodies = self.sent(True)
        self.assertNotEqual(keys[0], keys[1])
        self.assertEqual(bodies[0], bodies[1])

    def test_content_that_was_hidden(self):
        """Orders are made for customers called “***”."""
        self.inbound.payload_policy = "redact"
        message, _created = self.receive({"email": "jane@example.com"})
        self.drain(self.inbound)
        line = self.plan(message).line_ids
        self.assertEqual((line.verdict, line.document_state), ("refuse", "content"))
        self.assertFalse(line.overridable)

    def test_corrected_content_is_whole(self):
        """A message that a person corrected cannot be replayed."""
        message = self.refused()
        message.with_user(self.users["support"]).payload = '{"id": "right"}'
        message.action_retry()
        self.drain(self.inbound)
        line = self.plan(message).line_ids
        self.assertEqual(line.verdict, "replay")

    def test_messages_decide_first(self):
        """What is in work, replaced or given up is replayed beside itself."""
        given_up = self.refused("given up")
        given_up.with_user(self.users["operator"]).action_cancel()
        running = self.done()
        first = self.plan(running)
        first.action_start()
        self.run_slice(first)
        busy, _created = self.receive({"n": "busy"})
        replay = self.plan(busy | given_up | running)
        verdicts = {
            line.message_id: (line.verdict, line.document_state, line.overridable)
            for line in replay.line_ids
        }
        self.assertEqual(
            verdicts,
            {
                busy: ("skip", "busy", False),
                given_up: ("refuse", "given_up", True),
                running: ("skip", "running", False),
            },
        )

    def test_judged_again_when_handed_over(self):
        """The order was shipped between dry run and start, and is done again."""
        message = self.refused()
        replay = self.plan(message)
        replay.action_start()
        message.with_user(self.users["operator"]).action_cancel()
        self.run_slice(replay)
        self.assertFalse(message.replay_ids)
        self.assertEqual((replay.line_ids.state, replay.line_ids.verdict), ("left_out", "refuse"))
        self.assertEqual(replay.state, "done")

    def test_a_handler_that_cannot_judge(self):
        """One broken handler, and the whole dry run is an error."""

        def verdict(handler, message, document, new_key=False):
            raise ZeroDivisionError("oops")

        message = self.done()
        logger = "odoo.addons.integration_monitor.models.integration_message_replay"
        with self.handler(self.inbound, _replay_verdict=verdict), mute_logger(logger):
            line = self.plan(message).line_ids
        self.assertEqual((line.verdict, line.document_state), ("refuse", "unreadable"))
        self.assertIn("ZeroDivisionError", line.reason)

    def test_flow_that_cannot_run(self):
        """Messages are made that nobody can work on, or the dry run is an error."""
        message = self.done()
        self.inbound.service_user_id.active = False
        line = self.plan(message).line_ids
        self.assertEqual((line.verdict, line.document_state), ("refuse", "inactive"))
        self.assertIn("archived", line.reason)

    def test_slices_keep_the_rate(self):
        """The partner gets 20 messages in one second, or each of them twice."""
        messages = self.done(5)
        replay = self.plan(messages, rate=12)
        replay.action_start()
        self.assertEqual(len(self.slices(replay)), 1)
        self.run_slice(replay)
        self.assertEqual((replay.sent_count, replay.waiting_count), (2, 2))
        self.assertEqual(replay.progress, 0.0)
        self.drain(self.inbound)
        self.env.invalidate_all()
        self.assertEqual((replay.sent_count, replay.waiting_count), (2, 0))
        self.assertEqual(replay.progress, 40.0)
        # A second job that comes too early, as after a crash, hands nothing over.
        replay.sudo()._run_slice()
        self.assertEqual(replay.sent_count, 2)
        self.assertEqual(len(self.slices(replay)), 2)
        for _slice in range(2):
            self.run_slice(replay)
            self.drain(self.inbound)
        self.settle(replay)
        self.assertEqual((replay.sent_count, replay.state), (5, "done"))
        self.assertEqual(len(messages.replay_ids), 5)

    def test_lost_job(self):
        """The job of a slice was lost, and the replay stands for ever."""
        replay = self.plan(self.done(2), rate=6)
        replay.action_start()
        self.run_slice(replay)
        self.slices(replay).unlink()
        replay.sudo().next_slice_at = "2000-01-01 00:00:00"
        self.env["integration.message"]._sweep()
        self.assertEqual(len(self.slices(replay)), 1)
        self.env["integration.message"]._sweep()
        self.assertEqual(len(self.slices(replay)), 1)

    def test_cancel(self):
        """Cancelling stops nothing of what waits."""
        messages = self.done(4)
        replay = self.plan(messages, rate=12)
        replay.action_start()
        self.run_slice(replay)
        replay.action_cancel()
        self.assertEqual(replay.state, "cancelled")
        self.assertEqual(set(replay.line_ids.mapped("state")), {"cancelled"})
        self.assertEqual(messages.replay_ids.mapped("state"), ["cancelled"] * 2)
        self.run_slice(replay)
        self.assertEqual(len(messages.replay_ids), 2)
        with self.assertRaisesRegex(UserError, "has ended"):
            replay.action_cancel()

    def test_limit(self):
        """A filter takes a million messages."""
        messages = self.done(4)
        replay = self.plan(
            scope="flow", flow_id=self.inbound.id, since="2000-01-01 00:00:00", max_count=3
        )
        self.assertEqual(replay.line_ids.message_id, messages[:3])
        self.assertEqual((replay.matched_count, replay.left_out_count), (4, 1))
        self.env["ir.config_parameter"].set_param("integration_monitor.replay_max_count", "2")
        with self.assertRaisesRegex(UserError, "At most 2"):
            self.plan(messages, max_count=3)

    def test_everything_since(self):
        """Everything since noon begins in the morning, or replays the replays."""
        old, new = self.done(2)
        old.received_at = "2001-01-01 00:00:00"
        first = self.plan(new)
        first.action_start()
        self.run_slice(first)
        self.drain(self.inbound)
        replay = self.plan(scope="flow", flow_id=self.inbound.id, since="2020-01-01 00:00:00")
        self.assertEqual(replay.line_ids.message_id, new)

    def test_filter(self):
        """A filter finds other messages than the list shows."""
        self.done(2)
        dead = self.refused()
        domain = str([("flow_id", "=", self.inbound.id), ("state", "=", "dead")])
        replay = self.plan(scope="filter", domain=domain)
        self.assertEqual(replay.line_ids.message_id, dead)
        for domain in ("[(", "[('nonsense', '=', 1)]", "__import__('os')"):
            with self.subTest(domain=domain), self.assertRaisesRegex(UserError, "filter"):
                self.plan(scope="filter", domain=domain)

    def test_what_is_asked_must_make_sense(self):
        """The wizard accepts nothing at all."""
        message = self.done()
        for values, text in (
            ({"reason": " "}, "Say why"),
            ({"scope": "flow"}, "Choose the flow"),
            (
                {
                    "scope": "flow",
                    "flow_id": self.inbound.id,
                    "since": "2026-01-02 00:00:00",
                    "until": "2026-01-01 00:00:00",
                },
                "after the beginning",
            ),
            ({"message_ids": False}, "Choose messages"),
        ):
            with self.subTest(text=text), self.assertRaisesRegex(UserError, text):
                self.plan(message, **values)
        with self.assertRaisesRegex(UserError, "No message"):
            self.plan(scope="flow", flow_id=self.inbound.id, since="2100-01-01 00:00:00")

    def test_nothing_to_replay(self):
        """A replay of nothing starts, and never ends."""
        message, _created = self.receive({"n": 1})
        replay = self.plan(message)
        with self.assertRaisesRegex(UserError, "nothing to replay"):
            replay.action_start()

    def test_only_operators(self):
        """A viewer replays orders."""
        message = self.done()
        with self.assertRaises(AccessError):
            self.plan(message, user="viewer")
        with self.assertRaises(AccessError):
            message.with_user(self.users["viewer"]).action_replay()
