import time
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..instrumentation import log_writer
from ..models import integration_flow_lane
from ..models.integration_flow_lane import Turn
from .common import IntegrationCase
from .common_partner import PartnerMixin


@tagged("post_install", "-at_install")
class TestMessageBatchOutbound(PartnerMixin, IntegrationCase):
    """Outbound messages that are quick are claimed together, and sent each by itself."""

    def setUp(self):
        super().setUp()
        self.partner.open = True
        self.endpoint.base_url = self.partner.url

    def emitted(self, count):
        """:return: so many messages that wait"""
        partner = self.env.user.partner_id
        keys = [
            {"res_model": "res.partner", "res_id": partner.id, "payload": f'{{"n": {number}}}'}
            for number in range(count)
        ]
        messages = self.outbound._emit(keys)
        self.env.flush_all()
        return messages

    def claims(self):
        """:return: a list that takes how many messages each claim of a drain took"""
        taken = []
        lane = type(self.outbound)
        claim_one, claim_many = lane._claim, lane._claim_batch

        def one(flow, turn=None):
            claim = claim_one(flow, turn)
            taken.extend([1] if claim else [])
            return claim

        def many(flow, limit, turn=None):
            claimed = claim_many(flow, limit, turn)
            taken.extend([len(claimed)] if claimed else [])
            return claimed

        self.patch(lane, "_claim", one)
        self.patch(lane, "_claim_batch", many)
        return taken

    def test_a_burst_is_claimed_together(self):
        """Claiming costs as much as sending, and a burst takes twice as long."""
        messages = self.emitted(12)
        claims = self.claims()
        # However slow the machine is.
        for module in ("lane", "batch"):
            limit = (
                f"odoo.addons.integration_monitor.models.integration_flow_{module}.BATCH_SECONDS"
            )
            self.startPatcher(patch(limit, 60.0))
        seen = self.drain(self.outbound)
        self.assertEqual(sum(claims), 12)
        self.assertLess(len(claims), 9)
        self.assertEqual(set(messages.mapped("state")), {"done"})
        self.assertEqual(set(messages.mapped("attempt_count")), {1})
        sent = [call["headers"]["Idempotency-Key"] for call in self.partner.api_calls]
        self.assertEqual(sent, messages.mapped("idempotency_key"))
        lines = [line.message_id for line in seen if line.kind == "message"]
        self.assertEqual(lines, messages.ids)

    def test_each_attempt_names_its_job(self):
        """Nobody finds the background job behind an attempt but the last."""
        [message] = self.emitted(1)
        with self.own_flow(self.outbound) as lane, log_writer.captured() as seen:
            lane.with_context(job_uuid="job-1")._drain()
        [line] = [line for line in seen if line.kind == "message"]
        self.assertEqual((line.message_id, line.detail), (message.id, {"job": "job-1"}))
        action = message.action_open_jobs()
        self.assertEqual(action["domain"], [("uuid", "in", ["job-1"])])

    def test_lines_are_written_on_the_way(self):
        """A kill takes the lines of all that a batch has sent."""
        self.emitted(12)
        written = []
        flush = log_writer.flush
        self.patch(log_writer, "flush", lambda: written.append(1) or flush())
        with self.own_flow(self.outbound) as lane:
            claimed = lane.env["integration.message"].browse(lane._claim_batch(12))
            self.assertEqual(claimed._work_in_turn(60), (12, False))
        self.assertEqual(len(written), 1)

    def test_a_slow_partner_gets_one_at_a_time(self):
        """Messages are in work for minutes while one of their batch is sent."""
        self.emitted(3)
        claims = self.claims()

        def slow(handler, message, response):
            time.sleep(0.12)  # longer than a batch may take
            return response

        with self.handler(self.outbound, _after_response=slow):
            self.drain(self.outbound)
        self.assertEqual(claims, [1, 1, 1])

    def test_limits_are_kept(self):
        """A batch takes one token of the rate limit for all its messages."""
        self.endpoint.rate_limit = 600
        self.emitted(6)
        claims = self.claims()
        self.drain(self.outbound)
        self.assertEqual(claims, [1] * 6)

    def test_limits_that_change_meanwhile(self):
        """A limit that is set while thousands go out counts after they are gone."""
        self.patch(integration_flow_lane, "LOOK_SECONDS", 0)
        messages = self.emitted(30)

        def answered(handler, message, response):
            if message == messages[2]:
                values = {"rate_limit": 1, "rate_period": "minute"}
                message.endpoint_id.sudo().write(values)
            return response

        with self.handler(self.outbound, _after_response=answered):
            self.drain(self.outbound)
        self.assertLess(len(self.partner.api_calls), 15)

    def test_a_failure_gives_the_rest_back(self):
        """Messages behind one that fails are sent to a partner who is out, or count as tried."""
        messages = self.emitted(4)
        self.partner.api_answer = (503, {})
        with self.own_flow(self.outbound) as lane:
            turn = Turn(until=time.monotonic() + 60, endpoint_id=self.endpoint.id, batch=4)
            self.assertTrue(lane._drain_batch(turn))
        self.assertTrue(turn.suspect)
        self.assertFalse(turn.batches)
        messages.invalidate_recordset()
        self.assertEqual(messages.mapped("state"), ["retry"] + ["pending"] * 3)
        self.assertEqual(messages.mapped("attempt_count"), [1, 0, 0, 0])
        self.assertEqual(len(self.partner.api_calls), 1)

    def test_the_rest_of_the_time_is_given_back(self):
        """Messages for which no time was left stay in work."""
        messages = self.emitted(3)
        with self.own_flow(self.outbound) as lane:
            claimed = lane.env["integration.message"].browse(lane._claim_batch(3))
            self.assertEqual(claimed._work_in_turn(-1), (1, False))
        messages.invalidate_recordset()
        self.assertEqual(messages.mapped("state"), ["done", "pending", "pending"])
        self.assertEqual(messages.mapped("attempt_count"), [1, 0, 0])

    def test_newer_states_wait_beside_what_is_given_back(self):
        """Another change of a product meanwhile, and the lane ends in an error of the database."""
        self.outbound.coalesce = True
        products = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(3)])
        messages = self.outbound._emit(products)
        self.env.flush_all()
        with self.own_flow(self.outbound) as lane:
            claimed = lane.env["integration.message"].browse(lane._claim_batch(3))
            lane.env.flush_all()
            newer = lane._emit(products[1:].with_env(lane.env))
            self.assertFalse(newer & claimed)
            self.assertEqual(claimed._work_in_turn(-1), (1, False))
        messages.invalidate_recordset()
        self.assertEqual(messages.mapped("state"), ["done", "retry", "retry"])
        self.drain(self.outbound)
        self.assertEqual(set((messages | newer.with_env(self.env)).mapped("state")), {"done"})

    def test_back_to_the_first_state(self):
        """A level goes up and down while answers are lost, and the partner keeps the wrong one."""
        self.outbound.coalesce = True
        message = self.outbound._emit(self.env.user.partner_id)
        levels = [5, 6, 6, 5]

        def prepare(handler, message):
            return {"level": levels[message.attempt_count - 1]}

        self.partner.api_answer = (503, {})
        with self.handler(self.outbound, _prepare=prepare):
            for _attempt in levels:
                self.due_now(message)
                self.drain(self.outbound)
        keys = [call["headers"]["Idempotency-Key"] for call in self.partner.api_calls]
        self.assertEqual(len(keys), 4)
        self.assertEqual(keys[1], keys[2])
        self.assertEqual(len(set(keys)), 3)

    def test_claims_that_are_gone_are_not_sent(self):
        """What the sweep gave to another worker is sent twice."""
        messages = self.emitted(3)
        with self.own_flow(self.outbound) as lane:
            claimed = lane.env["integration.message"].browse(lane._claim_batch(3))
            lane.env.cr.execute(
                "UPDATE integration_message SET attempt_count = 2 WHERE id = %s", [claimed[1].id]
            )
            claimed._work_in_turn(60)
        self.assertEqual(len(self.partner.api_calls), 2)
        messages.invalidate_recordset()
        self.assertEqual(messages.mapped("state"), ["done", "processing", "done"])

    def test_neighbours_of_a_killer_are_not_charged(self):
        """A worker that dies while one is sent costs the others of its batch an attempt."""
        self.outbound.retry_policy_id.max_attempts = 1
        messages = self.emitted(3)
        at = fields.Datetime.now() - timedelta(minutes=1)
        messages.sudo().write(
            {"state": "processing", "attempt_count": 1, "claimed_at": at, "budget_at": at}
        )
        self.env.flush_all()
        self.env["integration.message"]._sweep()
        self.assertEqual(messages.mapped("state"), ["retry"] * 3)
        self.drain(self.outbound)
        self.assertEqual(messages.mapped("state"), ["done"] * 3)
