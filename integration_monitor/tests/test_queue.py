from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common import IntegrationCase

START = fields.Datetime.from_string("2026-05-04 10:00:00")


class QueueCase(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.Queue = self.env["integration.queue"]
        self.Queue.sudo().search([]).unlink()
        self.minute = 0

    def watch(self, minutes=1):
        """Look at the queues once a minute."""
        for _number in range(minutes):
            self.env.flush_all()
            self.Queue._watch(START + timedelta(minutes=self.minute))
            self.minute += 1

    def messages(self, number=1, state="pending", flow=None, **values):
        flow = flow or self.inbound
        return (
            self.env["integration.message"]
            .sudo()
            .create(
                [
                    {
                        "flow_id": flow.id,
                        "system_id": flow.system_id.id,
                        "company_id": flow.company_id.id,
                        "direction": flow.direction,
                        "state": state,
                        "received_at": START - timedelta(hours=1),
                        **values,
                    }
                ]
                * number
            )
        )

    def queue(self, flow=None):
        return self.Queue.search([("flow_id", "=", (flow or self.inbound).id)])

    def exceptions(self, queue, opened=True):
        domain = [("dedupe_key", "=", f"queue:{queue.id}"), ("is_open", "=", opened)]
        return self.env["integration.exception"].search(domain)


@tagged("post_install", "-at_install")
class TestQueue(QueueCase):
    def test_a_lane_that_nobody_works_on_stops(self):
        """Messages wait for hours, and every light is green."""
        waiting = self.messages(3)
        self.watch(9)
        queue = self.queue()
        self.assertEqual((queue.verdict, queue.waiting), ("ok", 3))
        self.watch()
        self.assertEqual(queue.verdict, "stop")
        self.assertIn("3 wait", queue.reason)
        self.assertEqual(queue.oldest_at, START - timedelta(hours=1))
        self.assertEqual(queue.since, START + timedelta(minutes=9))
        exception = self.exceptions(queue)
        self.assertEqual(len(exception), 1)
        self.assertEqual(exception.user_id, self.users["operator"])
        self.watch(5)
        self.assertEqual(self.exceptions(queue), exception)
        self.assertEqual(exception.occurrence_count, 1)
        self.assertEqual(queue.since, START + timedelta(minutes=9))
        waiting.write({"state": "done"})
        self.watch()
        self.assertEqual((queue.verdict, queue.waiting, queue.finished), ("ok", 0, 3))
        self.assertFalse(self.exceptions(queue))
        self.assertEqual(exception.resolution, "auto")

    def test_a_restart_moves_nothing(self):
        """Nobody looked for 40 minutes: the exception is closed, and opened again later."""
        waiting = self.messages(3)
        self.watch(10)
        queue = self.queue()
        exception, reason = self.exceptions(queue), queue.reason
        self.minute += 40
        self.watch(3)
        self.assertEqual((queue.verdict, queue.reason), ("stop", reason))
        self.watch(9)
        self.assertEqual(self.exceptions(queue), exception)
        self.minute += 40
        waiting[0].state = "done"
        self.watch()
        self.assertEqual(queue.verdict, "ok")
        self.assertEqual(exception.resolution, "auto")

    def test_a_lane_that_is_tried_in_vain_stalls(self):
        """A partner refuses everything for hours, and the lane looks busy."""
        waiting = self.messages(2, state="retry")
        for minute in range(10):
            waiting.claimed_at = START + timedelta(minutes=minute)
            self.watch()
        queue = self.queue()
        self.assertEqual(queue.verdict, "stall")
        exception = self.exceptions(queue)
        # Then the workers die: the same matter, another word.
        self.watch(12)
        self.assertEqual(queue.verdict, "stop")
        self.assertEqual(self.exceptions(queue), exception)
        self.assertEqual(exception.occurrence_count, 2)
        self.assertIn("nobody", exception.name)

    def test_a_lane_that_falls_behind(self):
        """Orders take longer and longer, and nobody knows before the customers do."""
        for _minute in range(10):
            self.messages(4)
            self.env["integration.message"].search(
                [("flow_id", "=", self.inbound.id), ("state", "=", "pending")], limit=1
            ).sudo().state = "done"
            self.watch()
        queue = self.queue()
        self.assertEqual((queue.verdict, queue.waiting, queue.finished), ("warning", 30, 9))
        self.assertIn("30", queue.reason)
        self.assertFalse(self.exceptions(queue))

    def test_held_ones_are_no_lag(self):
        """An operator pauses a flow, and is called because its queue does not move."""
        self.messages(3)
        self.inbound._pause("Stock-taking")
        self.watch(11)
        queue = self.queue()
        self.assertEqual((queue.verdict, queue.waiting, queue.held), ("ok", 0, 3))
        self.inbound.action_resume()
        self.watch(9)
        self.assertEqual((queue.verdict, queue.waiting, queue.held), ("ok", 3, 0))

    def test_blocked_ones_and_later_tries_are_no_lag(self):
        """A failed order that blocks its successors makes the whole lane look dead."""
        self.inbound.ordering = True
        self.messages(1, state="dead", ordering_key="S1")
        self.messages(2, ordering_key="S1")
        later = self.messages(1, state="retry", next_attempt_at=START + timedelta(days=1))
        self.watch(12)
        queue = self.queue()
        self.assertEqual((queue.verdict, queue.waiting), ("ok", 1))
        later.next_attempt_at = False
        self.watch(10)
        self.assertEqual(queue.verdict, "stop")

    def test_an_idle_queue_is_not_written(self):
        """A thousand idle flows are written each minute."""
        self.messages(1, state="done")
        self.watch()
        self.messages(1).state = "done"
        self.watch()
        queue = self.queue()
        seen = queue.sampled_at
        self.watch(3)
        self.assertEqual(queue.sampled_at, seen)

    def test_queries_do_not_grow_with_the_queues(self):
        """The watch takes a minute when there are a thousand flows."""
        self.messages(2)
        self.watch(3)
        with self._counting() as few:
            self.watch()
        flows = self.env["integration.flow"].create(
            [{**self._inbound_values(), "code": f"im.q{number}"} for number in range(20)]
        )
        for flow in flows:
            self.messages(1, flow=flow)
        self.watch(2)
        self.assertEqual(len(self.Queue.search([("flow_id", "in", flows.ids)])), 20)
        with self._counting() as many:
            self.watch()
        self.assertLessEqual(many[0], few[0] + 2)

    def _counting(self):
        return _Counting(self.env.cr)

    def test_channels(self):
        """Background jobs stand still, and only messages are looked at."""
        self.env.cr.execute("DELETE FROM queue_job")
        job = self.env["integration.flow"].with_delay(channel="root.integration")._watch_silence
        job(START)
        self.env.cr.execute("UPDATE queue_job SET date_created = %s", [START])
        self.watch(10)
        queue = self.Queue.search([("channel", "=", "root.integration")])
        self.assertEqual((queue.verdict, queue.waiting), ("stop", 1))
        self.assertEqual(queue.oldest_at, START)
        self.assertFalse(queue.company_id)
        self.assertEqual(len(self.exceptions(queue)), 1)
        self.env.cr.execute("UPDATE queue_job SET state = 'started'")
        self.watch()
        self.assertEqual((queue.verdict, queue.waiting), ("ok", 0))
        self.assertFalse(self.exceptions(queue))
        self.env.cr.execute("UPDATE queue_job SET state = 'done'")
        self.watch()
        self.assertEqual(queue.finished, 1)
        # Not before its time: a job that is to run tomorrow waits for nobody.
        self.env.cr.execute("UPDATE queue_job SET state = 'pending', eta = '2026-06-01'")
        self.watch(11)
        self.assertEqual((queue.verdict, queue.waiting), ("ok", 0))

    def test_access(self):
        """An employee reads, or a viewer forges, the state of a queue over RPC."""
        self.messages(1)
        self.watch()
        queue = self.queue()
        for role in ("viewer", "operator", "support", "administrator"):
            env = self.env(user=self.users[role], su=False)
            rows = call_kw(env["integration.queue"], "read", [queue.ids, ["verdict"]], {})
            self.assertEqual(rows[0]["verdict"], "ok")
            for method, arguments in (
                ("write", [queue.ids, {"verdict": "stop"}]),
                ("create", [{"kind": "channel", "channel": "x"}]),
                ("unlink", [queue.ids]),
                ("_watch", [START]),
            ):
                with self.assertRaises(AccessError, msg=f"{role} {method}"):
                    call_kw(env["integration.queue"], method, arguments, {})
        env = self.env(user=self.users["plain"], su=False)
        with self.assertRaises(AccessError):
            call_kw(env["integration.queue"], "search_read", [[], ["verdict"]], {})

    def test_companies_are_apart(self):
        """A company reads how the other one is doing."""
        other = self.other_company()
        system = self.env["integration.system"].create(
            {**self._system_values(), "company_id": other.id, "user_id": False}
        )
        flow = self.env["integration.flow"].create(
            {**self._inbound_values(), "code": "im.elsewhere", "system_id": system.id}
        )
        self.messages(1, flow=flow)
        self.messages(1)
        self.watch()
        self.assertEqual(self.queue(flow).company_id, other)
        seen = self.Queue.with_user(self.users["viewer"]).search([("kind", "=", "flow")])
        self.assertIn(self.queue(), seen)
        self.assertNotIn(self.queue(flow), seen)

    def test_screens(self):
        """The buttons of a queue lead nowhere."""
        self.messages(2)
        self.watch()
        queue = self.queue().with_user(self.users["viewer"])
        action = queue.action_open_waiting()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(len(found), 2)
        self.assertEqual(queue.action_open_flow()["res_id"], self.inbound.id)
        self.assertEqual(self.inbound.queue_verdict, "ok")


class _Counting:
    """Counts the queries of a block."""

    def __init__(self, cr):
        self.cr = cr
        self.result = [0]

    def __enter__(self):
        self.before = self.cr.sql_log_count
        return self.result

    def __exit__(self, *_error):
        self.result[0] = self.cr.sql_log_count - self.before
