import math
from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common_fallback import FallbackCase

LANES = 3


@tagged("post_install", "-at_install")
class TestDrainPace(FallbackCase):
    """What collected goes out at the declared pace, all lanes of the endpoint together."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.endpoint.drain_pace = 24
        cls.lanes = cls.outbound
        for number in range(1, LANES):
            cls.lanes |= cls.outbound.copy({"name": f"Lane {number}", "code": f"im.lane.{number}"})

    def collect(self, count=5, paused=None):
        """:return: messages of all lanes that came while the endpoint, or ``paused``, was so"""
        paused = paused or self.endpoint
        paused.action_pause()
        messages = self.env["integration.message"]
        for lane in self.lanes:
            messages |= self.emit(count, lane)
        messages.sudo().write({"received_at": fields.Datetime.now() - timedelta(minutes=9)})
        paused.action_resume()
        self.env.flush_all()
        return messages

    def run_lanes(self):
        for lane in self.lanes:
            self.drain(lane)

    def rest(self, seconds):
        """Let time pass for the tokens."""
        self.env.cr.execute(
            """UPDATE integration_endpoint_bucket
                  SET refilled_at = refilled_at - %s * interval '1 s'""",
            (seconds,),
        )

    def test_no_stampede(self):
        """Three lanes pounce on the partner that has just come back."""
        messages = self.collect()
        self.run_lanes()
        first = len(self.main.api_calls)
        self.assertLessEqual(first, 2)
        self.rest(5)
        self.run_lanes()
        self.assertLessEqual(len(self.main.api_calls), first + 3)
        self.assertGreater(len(self.main.api_calls), first)
        for _turn in range(10):
            self.rest(5)
            self.run_lanes()
        self.assertEqual(set(messages.mapped("state")), {"done"})
        self.assertEqual(len(self.main.api_calls), len(messages))

    def test_no_stampede_after_a_pause_of_the_flows(self):
        """The flows were paused, not the endpoint: all that collected goes at once."""
        self.collect(paused=self.lanes)
        self.run_lanes()
        self.assertLessEqual(len(self.main.api_calls), 2)

    def test_without_a_pace_it_goes_at_once(self):
        """The pace slows down who has not asked for it."""
        self.endpoint.drain_pace = 0
        self.collect()
        self.run_lanes()
        self.assertEqual(len(self.main.api_calls), 5 * LANES)

    def test_new_messages_are_not_slowed_down(self):
        """A backlog makes today's orders late."""
        self.collect(1)
        self.run_lanes()
        self.rest(60)
        self.run_lanes()
        self.rest(60)
        self.run_lanes()
        self.main.api_calls.clear()
        fresh = self.emit(8)
        self.drain(self.outbound)
        self.assertEqual(fresh.mapped("state"), ["done"] * 8)

    def test_probe_ends_in_the_pace(self):
        """The lane whose probe closed the breaker sends all the rest in one go."""
        tried = self.trip()
        self.main.api_answer = (200, {})
        waiting = self.emit(8)
        waiting.sudo().write({"received_at": fields.Datetime.now() - timedelta(minutes=9)})
        tried.sudo().write({"received_at": fields.Datetime.now() - timedelta(minutes=9)})
        self.due_now(tried)
        self.let_probe()
        self.main.api_calls.clear()
        self.drain(self.outbound)
        self.assertEqual(self.endpoint.breaker_state, "closed")
        self.assertLessEqual(len(self.main.api_calls), 4)

    def test_lane_comes_back(self):
        """A lane without a token is woken by nobody."""
        self.collect()
        self.env["queue.job"].search([("method_name", "=", "_drain")]).unlink()
        self.drain(self.outbound)
        jobs = self.env["queue.job"].search(
            [("method_name", "=", "_drain"), ("state", "=", "pending"), ("eta", "!=", False)]
        )
        self.assertTrue(jobs.filtered(lambda job: self.outbound.id in job.records.ids))

    def test_form_tells_the_backlog(self):
        """Nobody can say how long it will take."""
        messages = self.collect()
        now = fields.Datetime.now()
        self.env["integration.queue"]._watch(now)
        self.outbound.invalidate_recordset()
        self.assertIn("Waiting: 5", self.outbound.backlog_text)
        self.assertIn("9 min", self.outbound.backlog_text)
        self.assertIn("At the declared pace (24 a minute)", self.outbound.backlog_text)
        self.drain(self.outbound)
        left = len(self.outbound.message_ids.filtered(lambda m: m.state == "pending"))
        self.env["integration.queue"]._watch(now + timedelta(minutes=1))
        self.outbound.invalidate_recordset()
        self.assertLess(left, 5)
        minutes = math.ceil(left / (5 - left))
        self.assertIn(
            f"At the present pace ({5 - left:.1f} a minute) it is gone in {minutes} min",
            self.outbound.backlog_text,
        )
        self.endpoint.action_pause()
        self.outbound.invalidate_recordset()
        self.assertIn("Nothing is sent", self.outbound.backlog_text)
        messages.sudo().write({"state": "done"})
        self.outbound.invalidate_recordset()
        self.assertFalse(self.outbound.backlog_text)

    def test_pace_above_the_limit(self):
        """Somebody declares a pace that the partner never allows."""
        self.endpoint.write({"rate_limit": 30, "rate_period": "minute"})
        with self.assertRaisesRegex(ValidationError, "30 messages a minute"):
            self.endpoint.drain_pace = 31
