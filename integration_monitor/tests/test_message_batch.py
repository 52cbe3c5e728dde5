from collections import Counter
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models.integration_flow_lane import Turn
from ..tools.errors import BusinessError
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestMessageBatch(IntegrationCase):
    """Inbound messages that are quick share their commits, and nothing else."""

    def received(self, count, **values):
        """:return: so many messages that wait"""
        messages = self.env["integration.message"]
        for number in range(count):
            messages |= self.receive({"id": number}, external_id=f"b{number}")[0]
        messages.sudo().write(values)
        self.env.flush_all()
        return messages

    def commits(self, messages):
        """:return: how many messages each commit of a drain settled"""
        sizes = []

        def settle(records, documents=None):
            sizes.append(len(records))
            return settle_done(records, documents)

        settle_done = type(messages)._settle_done
        self.patch(type(messages), "_settle_done", settle)
        self.drain(self.inbound)
        return sizes

    def test_quick_messages_share_commits(self):
        """A burst of small messages takes as long as one commit for each of them."""
        messages = self.received(10)
        sizes = self.commits(messages)
        self.assertEqual(sum(sizes), 10)
        self.assertGreaterEqual(max(sizes), 2)
        self.assertLess(len(sizes), 8)
        self.assertEqual(set(messages.mapped("state")), {"done"})
        self.assertEqual(set(messages.mapped("attempt_count")), {1})

    def test_attempts_are_observed_one_by_one(self):
        """The log tells of one attempt where there were three."""
        messages = self.received(8)
        seen = self.drain(self.inbound)
        lines = [line for line in seen if line.kind == "message"]
        self.assertEqual([line.message_id for line in lines], messages.ids)
        self.assertTrue(all(line.duration_ms is not None for line in lines))

    def test_poison_is_tried_alone(self):
        """One bad message takes the good ones of its batch with it."""
        handled = Counter()

        def handle(handler, message, payload):
            handled[payload["id"]] += 1
            partner = handler.env["res.partner"].sudo().create({"name": f"Batch {payload['id']}"})
            if payload["id"] == 5:
                raise BusinessError("No such product.")
            return partner

        messages = self.received(9)
        with self.handler(self.inbound, _handle=handle):
            self.drain(self.inbound)
        self.assertEqual([m.state for m in messages], ["done"] * 5 + ["dead"] + ["done"] * 3)
        self.assertEqual(set(messages.mapped("attempt_count")), {1})
        made = self.env["res.partner"].search([("name", "=like", "Batch %")])
        self.assertEqual(sorted(made.ids), sorted(m.res_id for m in messages if m.res_id))
        self.assertEqual(len(made), 8)
        self.assertLessEqual(max(handled.values()), 2)

    def test_slow_handlers_work_alone(self):
        """An order that takes long waits uncommitted, with its locks, for nine others."""
        began = []

        def handle(handler, message, payload):
            began.append(message.id)
            # The clock of the lane goes on by itself; waiting is what this is about.
            handler.env.cr.execute("SELECT pg_sleep(0.12)")

        messages = self.received(4)
        with self.handler(self.inbound, _handle=handle):
            sizes = self.commits(messages)
        self.assertEqual(sizes, [1, 1, 1, 1])
        self.assertEqual(began, messages.ids)

    def test_rest_of_a_batch_is_given_back(self):
        """Messages for which no time was left count as tried, or are stuck in work."""
        messages = self.received(3)
        with self.own_flow(self.inbound) as lane:
            claimed = lane.env["integration.message"].browse(lane._claim_batch(3))
            self.assertEqual(claimed.ids, messages.ids)
            self.assertEqual(claimed._work_batch(-1), 1)
        messages.invalidate_recordset()
        self.assertEqual(messages.mapped("state"), ["done", "pending", "pending"])
        self.assertEqual(messages.mapped("attempt_count"), [1, 0, 0])
        self.assertEqual(messages.mapped("claimed_at")[1:], [False, False])

    def test_conflict_gives_all_back(self):
        """A conflict with a user costs the messages of a batch an attempt."""

        def handle(handler, message, payload):
            if payload["id"] == 1:
                # What PostgreSQL says to the later one of two writers.
                handler.env.cr.execute(
                    "DO $$ BEGIN RAISE EXCEPTION 'later' USING ERRCODE = '40001'; END $$",
                    log_exceptions=False,
                )

        messages = self.received(3)
        with self.handler(self.inbound, _handle=handle), self.own_flow(self.inbound) as lane:
            claimed = lane.env["integration.message"].browse(lane._claim_batch(3))
            self.assertEqual(claimed._work_batch(1), 0)
        messages.invalidate_recordset()
        self.assertEqual(messages.mapped("state"), ["pending"] * 3)
        self.assertEqual(messages.mapped("attempt_count"), [0] * 3)
        self.drain(self.inbound)
        self.assertEqual(messages.mapped("state"), ["done"] * 3)

    def test_claim_stops_at_what_was_tried(self):
        """A message that kills workers takes a batch with it, again and again."""
        messages = self.received(4)
        messages[2].sudo().write({"attempt_count": 1, "state": "retry"})
        self.env.flush_all()
        with self.own_flow(self.inbound) as lane:
            self.assertEqual(lane._claim_batch(4), messages[:2].ids)
            self.assertFalse(lane._claim_batch(4))
            self.assertEqual(lane._claim(Turn(until=0))[0], messages[2].id)

    def test_claim_keeps_the_order_of_keys(self):
        """A batch has two messages of one key, and the later one overtakes."""
        self.inbound.ordering = True
        messages = self.received(4)
        for message, key in zip(messages, "aaba", strict=True):
            message.sudo().ordering_key = key
        self.env.flush_all()
        with self.own_flow(self.inbound) as lane:
            self.assertEqual(lane._claim_batch(4), (messages[0] | messages[2]).ids)

    def test_priority_comes_first(self):
        """An urgent message waits behind a batch of others."""
        messages = self.received(5)
        messages[4].sudo().priority = 1
        self.env.flush_all()
        with self.own_flow(self.inbound) as lane:
            self.assertEqual(lane._claim_batch(2), [messages[4].id, messages[0].id])

    def test_pause_stops_batches(self):
        """A paused lane claims a batch all the same."""
        self.received(3)
        self.inbound.sudo().write({"state": "paused"})
        self.env.flush_all()
        with self.own_flow(self.inbound) as lane:
            self.assertEqual(lane._claim_batch(3), [])

    def test_neighbours_of_a_killer_survive(self):
        """A message kills the worker, and those of its batch die of it."""
        self.inbound.retry_policy_id.max_attempts = 1
        messages = self.received(
            3,
            state="processing",
            attempt_count=1,
            claimed_at=fields.Datetime.now() - timedelta(minutes=1),
            budget_at=fields.Datetime.now(),
        )
        self.env["integration.message"]._sweep()
        self.assertEqual(messages.mapped("state"), ["retry"] * 3)
        self.assertEqual(messages.mapped("attempt_count"), [1] * 3)
        # Alone it has nobody to blame.
        killer = messages[0]
        killer.sudo().write(
            {
                "state": "processing",
                "attempt_count": 2,
                "claimed_at": fields.Datetime.now() - timedelta(minutes=1),
            }
        )
        self.env.flush_all()
        self.env["integration.message"]._sweep()
        self.assertEqual(killer.state, "dead")
        self.assertTrue(killer.exception_ids)

    def test_taken_claims_are_left_alone(self):
        """A worker that was frozen for minutes settles what the sweep gave to another one."""
        messages = self.received(2)
        with self.own_flow(self.inbound) as lane:
            claimed = lane.env["integration.message"].browse(lane._claim_batch(2))
            lane.env.cr.execute(
                "UPDATE integration_message SET state = 'dead' WHERE id = %s", [claimed[0].id]
            )
            self.assertEqual(claimed._work_batch(1), 1)
        messages.invalidate_recordset()
        self.assertEqual(messages.mapped("state"), ["dead", "done"])

    def test_matters_are_closed_in_batches(self):
        """A later order of a batch leaves the exception of the one that it makes up for."""

        def handle(handler, message, payload):
            if payload.get("bad"):
                raise UserError(handler.env._("Wrong."))

        def stake(handler, message, payload):
            return {"reference": payload["reference"]}

        with self.handler(self.inbound, _handle=handle, _stake=stake):
            bad, _created = self.receive({"reference": "S1", "bad": True}, external_id="bad")
            self.drain(self.inbound)
            self.assertTrue(bad.exception_ids.is_open)
            for number in range(4):
                self.receive({"reference": f"S{number}"}, external_id=f"good{number}")
            self.drain(self.inbound)
        self.assertEqual(bad.state, "cancelled")
        self.assertFalse(bad.exception_ids.is_open)

    def test_lost_connection_is_no_failure(self):
        """A connection that breaks in a batch is answered by statements on it."""

        def handle(handler, message, payload):
            raise OperationalError("server closed the connection unexpectedly")

        self.received(2)
        with self.handler(self.inbound, _handle=handle), self.own_flow(self.inbound) as lane:
            claimed = lane.env["integration.message"].browse(lane._claim_batch(2))
            with self.assertRaises(OperationalError):
                claimed._work_batch(1)
