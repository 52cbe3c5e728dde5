from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.replay import Verdict
from .common_replay import ReplayCase
from .test_message_ordering import OK, REFUSED, OrderingCase

WORDS = "The filter cannot|No message of"


@tagged("post_install", "-at_install")
class TestReplayRun(ReplayCase):
    """A run ends when its copies have ended, and goes no faster than was asked."""

    def started(self, number, **values):
        """:return: a replay of so many messages that goes on"""
        replay = self.plan(self.done(number), **values)
        replay.action_start()
        return replay

    def test_copies_that_wait(self):
        """A run of a paused flow says "Done, 100 %", and nothing was done."""
        replay = self.started(3)
        self.inbound.action_pause()
        self.run_slice(replay)
        self.settle(replay)
        self.assertEqual((replay.state, replay.progress), ("running", 0.0))
        self.assertEqual((replay.sent_count, replay.waiting_count, replay.done_count), (3, 3, 0))
        self.inbound.action_resume()
        self.drain(self.inbound)
        self.settle(replay)
        self.assertEqual((replay.state, replay.progress), ("done", 100.0))
        self.assertEqual((replay.waiting_count, replay.done_count), (0, 3))
        self.assertEqual(replay.event_ids.filtered(lambda e: e.action == "done").count, 3)

    def test_cancel_of_what_was_handed_over(self):
        """Everything was handed over and waits, and nobody can stop it any more."""
        replay = self.started(3)
        self.inbound.action_pause()
        self.run_slice(replay)
        replay.action_cancel()
        copies = replay.line_ids.result_id
        self.assertEqual((replay.state, set(copies.mapped("state"))), ("cancelled", {"cancelled"}))
        self.inbound.action_resume()
        self.drain(self.inbound)
        self.assertEqual(set(copies.mapped("state")), {"cancelled"})

    def test_cancel_while_one_is_in_work(self):
        """What was in work when its run was cancelled fails, and is tried for a day."""
        replay = self.started(2)
        self.run_slice(replay)
        first, second = replay.line_ids.result_id
        first.sudo().write({"state": "processing", "attempt_count": 1})
        replay.action_cancel()
        self.assertEqual((first.state, second.state), ("processing", "cancelled"))
        first.sudo().write({"state": "retry"})
        replay.action_cancel()
        self.assertEqual(first.state, "cancelled")
        with self.assertRaisesRegex(UserError, "has ended"):
            replay.action_cancel()

    def test_resumed_flow_gets_no_burst(self):
        """The flow was paused for an hour, and all that was due meanwhile comes at once."""
        replay = self.started(7, rate=12)
        self.inbound.action_pause()
        for _slice in range(4):
            self.run_slice(replay)
        self.assertEqual(replay.waiting_count, 2)
        self.assertTrue(self.slices(replay))
        self.inbound.action_resume()
        for number in (2, 4, 6, 7):
            self.drain(self.inbound)
            self.env.invalidate_all()
            self.assertEqual(replay.done_count, number)
            self.run_slice(replay)
        self.settle(replay)
        self.assertEqual((replay.state, replay.done_count), ("done", 7))

    def test_a_paused_flow_holds_up_no_other(self):
        """One of two flows is paused, and the other's messages wait, too."""
        other = self.inbound.copy({"code": "im.replay.other", "name": "Other"})
        first, second = self.done(4), self.done(4, flow=other)
        replay = self.plan(first | second, rate=12)
        replay.action_start()
        self.inbound.action_pause()
        for _slice in range(4):
            self.run_slice(replay)
            self.drain(other)
        self.assertEqual(len(first.replay_ids), 2)
        self.assertEqual(second.replay_ids.mapped("state"), ["done"] * 4)

    def overridden(self, message):
        """:return: a started replay whose refusal was overridden"""
        replay = self.plan(message)
        entitled = replay.with_user(self.users["administrator"])
        entitled._override("It is only locked, nothing left the house")
        replay.action_start()
        return replay

    def test_override_of_another_state(self):
        """Somebody agreed to a locked order, and one that was shipped meanwhile is done again."""
        states = ["locked"]

        def verdict(handler, message, document, *, new_key=False):
            return Verdict("refuse", states[0], f"It is {states[0]}.", overridable=True)

        message = self.done()
        with self.handler(self.inbound, _replay_verdict=verdict):
            same = self.overridden(message)
            self.run_slice(same)
            self.assertEqual(same.line_ids.state, "sent")
            self.drain(self.inbound)
            replay = self.overridden(message)
            states[0] = "shipped"
            self.run_slice(replay)
        line = replay.line_ids
        self.assertEqual((line.state, line.document_state), ("left_out", "shipped"))
        self.assertIn("Locked", line.reason)
        self.assertIn("It is shipped.", line.reason)
        self.assertEqual(len(message.replay_ids), 1)

    def test_override_again(self):
        """What changed after it was overridden cannot be overridden once more."""
        states = ["locked"]

        def verdict(handler, message, document, *, new_key=False):
            return Verdict("refuse", states[0], f"It is {states[0]}.", overridable=True)

        with self.handler(self.inbound, _replay_verdict=verdict):
            replay = self.plan(self.done())
            entitled = replay.with_user(self.users["administrator"])
            entitled._override("It is only locked, nothing left the house")
            states[0] = "shipped"
            replay.action_check_again()
            self.assertEqual((replay.replay_count, replay.overridable_count), (0, 1))
            entitled._override("The parcel came back, it is sent again")
            replay.action_check_again()
            self.assertEqual(replay.replay_count, 1)

    @mute_logger("odoo.sql_db")
    def test_filters_that_cannot_work(self):
        """A filter that PostgreSQL refuses is an error of the server."""
        self.done()
        huge = 10**30
        for domain in (
            "[('id', '=', 'x')]",
            "[('received_at', '>', 'x')]",
            "[('flow_id', 'child_of', 'x')]",
            "[('state', 'foo', 1)]",
            f"[('id', 'in', [{huge}])]",
            f"[('priority', '=', {huge})]",
            "[1, 2]",
            "5",
            "{'a': 1}",
            "(" * 300,
        ):
            with self.subTest(domain=domain[:40]), self.assertRaisesRegex(UserError, WORDS):
                self.plan(scope="filter", domain=domain)


@tagged("post_install", "-at_install")
class TestReplayOlder(OrderingCase, ReplayCase):
    """Nobody brings an older state back at the partner without knowing."""

    def test_older_than_what_was_told(self):
        """The partner is told of an older state after a newer one."""
        first, second = self.emit(OK, payload='{"v": 1}'), self.emit(OK, payload='{"v": 2}')
        replay = self.plan(first, new_key=True)
        line = replay.line_ids
        self.assertEqual((line.verdict, line.document_state), ("refuse", "later"))
        self.assertIn("bring the older state back", line.reason)
        self.assertTrue(line.overridable)
        self.assertEqual(self.plan(second, new_key=True).replay_count, 1)
        # With the same key the partner repeats its answer.
        self.assertEqual(self.plan(first).replay_count, 1)
        replay.with_user(self.users["administrator"])._override("They want the first version back")
        replay.action_start()
        self.run_slice(replay)
        self.assertEqual(len(self.go()), 1)

    def test_together_with_the_later_one(self):
        """The partner lost all messages, and only the last of each document is replayed."""
        messages = self.emit(OK) | self.emit(OK) | self.emit(OK)
        self.assertEqual(self.plan(messages, new_key=True).replay_count, 3)
        self.assertEqual(self.plan(messages[:2], new_key=True).refuse_count, 2)
        replay = self.plan(messages[::2], new_key=True, rate=6)
        replay.action_start()
        self.run_slice(replay)
        self.assertEqual(len(self.go()), 1)
        self.run_slice(replay)
        self.assertEqual(len(self.go()), 1)
        # What was replayed is as old as ever.
        self.assertEqual(self.plan(messages[1], new_key=True).refuse_count, 1)

    def test_later_one_meanwhile(self):
        """A newer state was told between the dry run and the start."""
        first = self.emit(OK)
        replay = self.plan(first, new_key=True)
        replay.action_start()
        self.emit(OK)
        self.run_slice(replay)
        self.assertEqual(replay.line_ids.document_state, "later")
        self.assertFalse(first.replay_ids)

    def test_later_one_in_work(self):
        """The newer state is being told, or arrived unheard, and the older one is told after it."""
        first = self.emit(REFUSED)
        self.press(first, "action_ignore")
        later = self.emit().sudo()
        for values in (
            {"state": "processing"},
            {"state": "retry", "answer": "{}"},
            {"state": "retry", "answer": False, "bound_endpoint_id": later.endpoint_id.id},
            {"state": "dead"},
        ):
            later.write(values)
            replay = self.plan(first)
            self.assertEqual(replay.line_ids.document_state, "later", values)
            self.assertIn("is in work", replay.line_ids.reason)
        # What never left takes the place of nothing.
        later.write({"state": "retry", "bound_endpoint_id": False})
        self.assertNotEqual(self.plan(first).line_ids.document_state, "later")

    def test_what_is_no_older_state(self):
        """Another document, a later failure, or a level that is built anew is refused."""
        first = self.emit(OK)
        self.partner = self.env["res.partner"].create({"name": "Another"})
        self.emit(OK)
        self.partner = self.partner.browse(first.res_id)
        self.emit(REFUSED)
        self.assertEqual(self.plan(first, new_key=True).replay_count, 1)
        self.emit(OK)
        self.outbound.coalesce = True
        self.assertEqual(self.plan(first, new_key=True).replay_count, 1)
