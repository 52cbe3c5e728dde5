from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..instrumentation import log_writer
from .common_fallback import DOWN, FallbackCase
from .common_gate import GateCase
from .common_replay import ReplayCase

TEXT = "Call the warehouse, see runbook 7."


@tagged("post_install", "-at_install")
class TestFallbackManual(ReplayCase, FallbackCase):
    def setUp(self):
        super().setUp()
        self.outbound.write({"fallback": "manual", "manual_after": 10, "manual_text": TEXT})

    def wait(self, minutes=11, count=1):
        """:return: messages that wait so long for a partner who is out"""
        self.endpoint._switch_breaker("open", "He is out")
        messages = self.emit(count)
        messages.sudo().write({"received_at": fields.Datetime.now() - timedelta(minutes=minutes)})
        self.env["integration.message"]._sweep()
        return messages

    def confirm(self, record, user="operator", **values):
        """Fill in the wizard that the button of a record opens, over RPC."""
        action = record.with_user(self.users[user]).action_done_by_hand()
        wizard = (
            self.env["integration.manual.done"]
            .with_user(self.users[user])
            .with_context(**action["context"])
            .create({"reference": "TEL-7", **values})
        )
        return wizard.action_confirm()

    def test_late_message_goes_to_a_person(self):
        """The partner is out all day, and nobody is told to telephone."""
        message = self.wait()
        self.assertEqual((message.held, message.hold_reason), (True, "manual"))
        exception = message.exception_ids
        self.assertTrue(exception.is_open)
        self.assertIn(TEXT, exception.error_message)
        self.assertIn(TEXT, exception.advice)
        self.assertEqual(exception.activity_ids.user_id, self.users["operator"])
        self.assertIn("Call the warehouse", exception.activity_ids.summary)

    def test_a_pause_is_no_outage(self):
        """What somebody paused for an hour becomes work for people, and never goes out."""
        now = fields.Datetime.now()
        day = timedelta(days=1)
        for values in (
            {"state": "paused"},
            {"maintenance_from": now - day, "maintenance_until": now + day},
        ):
            with self.subTest(values):
                self.endpoint.sudo().write({"state": "active", "maintenance_from": False, **values})
                message = self.emit()
                message.sudo().received_at = now - day
                self.env["integration.message"]._sweep()
                self.assertIn(message.hold_reason, ("paused", "maintenance"))
                self.assertFalse(message.exception_ids)

    def test_a_pause_before_the_outage_does_not_count(self):
        """The partner is out for a minute after a long maintenance, and people do it all."""
        self.endpoint.sudo().maintenance_ended_at = fields.Datetime.now() - timedelta(minutes=9)
        message = self.wait(minutes=90)
        self.assertEqual(message.hold_reason, "breaker")
        self.endpoint.sudo().maintenance_ended_at = fields.Datetime.now() - timedelta(minutes=11)
        self.env["integration.message"]._sweep()
        self.assertEqual(message.hold_reason, "manual")

    def test_each_message_is_judged_by_where_it_goes(self):
        """Bound to a partner who is well it becomes work; bound to one who is out it waits."""
        bound, free = self.emit(2)
        (bound | free).sudo().write(
            {"received_at": fields.Datetime.now() - timedelta(minutes=11), "state": "retry"}
        )
        bound.sudo().write({"bound_endpoint_id": self.spare.id, "endpoint_id": self.spare.id})
        self.spare._switch_breaker("open", "It is out")
        self.env["integration.message"]._sweep()
        self.assertEqual((bound.hold_reason, free.hold_reason), ("manual", False))
        self.assertIn(self.spare.name, bound.exception_ids.error_message)
        self.spare._switch_breaker("close", "It is back")
        bound.with_user(self.users["operator"]).action_retry()
        bound.sudo().budget_at = fields.Datetime.now() - timedelta(minutes=11)
        self.endpoint._switch_breaker("open", "He is out")
        self.env["integration.message"]._sweep()
        self.assertEqual((bound.hold_reason, free.hold_reason), (False, "manual"))

    def test_early_message_waits(self):
        """A message that came just now is taken from the queue."""
        message = self.wait(minutes=9)
        self.assertEqual(message.hold_reason, "breaker")
        self.assertFalse(message.exception_ids)

    def test_tolerance_counts_without_minutes(self):
        """Without minutes of its own the flow never asks anybody."""
        self.outbound.write({"manual_after": 0, "recovery_time": 0, "latency_tolerance": 20})
        message = self.wait(minutes=15)
        self.assertEqual(message.hold_reason, "breaker")
        message.sudo().received_at = fields.Datetime.now() - timedelta(minutes=21)
        self.env["integration.message"]._sweep()
        self.assertEqual(message.hold_reason, "manual")

    def test_promised_recovery_counts_before_the_tolerance(self):
        """A flow that promises to recover within the hour asks people after minutes."""
        self.outbound.write({"manual_after": 0, "recovery_time": 60, "latency_tolerance": 20})
        message = self.wait(minutes=30)
        self.assertEqual(message.hold_reason, "breaker")

    def test_open_gate_asks_nobody(self):
        """A queue that is just slow floods people with work."""
        message = self.emit()
        message.sudo().received_at = fields.Datetime.now() - timedelta(hours=2)
        self.env["integration.message"]._sweep()
        self.assertFalse(message.held)
        self.assertFalse(message.exception_ids)

    def test_not_also_by_machine(self):
        """A person telephones, and the machine sends it as well."""
        message = self.wait()
        self.endpoint._switch_breaker("close", "He is back")
        self.env["integration.message"]._sweep()
        self.drain(self.outbound)
        self.assertFalse(self.main.api_calls)
        self.assertEqual((message.state, message.hold_reason), ("retry", "manual"))

    def test_death_of_an_outage(self):
        """The last attempt fails while the partner is down, and the message just dies."""
        self.endpoint.breaker_enabled = False
        self.policy.max_attempts = 1
        self.main.api_answer = DOWN
        message = self.emit()
        self.drain(self.outbound)
        self.assertEqual((message.state, message.hold_reason), ("retry", "manual"))
        self.assertEqual(len(message.exception_ids), 1)
        self.main.api_answer = (422, {})
        refused = self.emit()
        self.drain(self.outbound)
        self.assertEqual(refused.state, "dead", "a refused document is no outage")

    def test_unknown_outcome_is_told(self):
        """A person does again what had arrived after all."""
        self.endpoint.breaker_enabled = False
        self.policy.max_attempts = 1
        self.main.hangs = True
        message = self.emit()
        self.drain(self.outbound)
        self.assertIn("may have arrived", message.exception_ids.error_message)

    def test_done_by_hand(self):
        """Nobody can tell afterwards who did it, and under which number."""
        message = self.wait()
        exception = message.exception_ids
        with log_writer.captured() as seen:
            self.confirm(exception, note="Spoke with Ms Lee")
        self.assertEqual((message.state, message.held), ("done", False))
        self.assertEqual(message.by_hand_reference, "TEL-7")
        self.assertEqual(message.by_hand_user_id, self.users["operator"])
        self.assertEqual((exception.state, exception.resolution), ("resolved", "manual"))
        self.assertIn("TEL-7", exception.resolution_note)
        self.assertIn("Ms Lee", "".join(exception.message_ids.mapped("body")))
        lines = [line for line in seen if line.operation == "message.by_hand"]
        self.assertEqual([line.user_id for line in lines], [self.users["operator"].id])
        self.endpoint.action_resume()
        self.drain(self.outbound)
        self.assertFalse(self.main.api_calls)

    def test_a_replay_does_not_repeat_it(self):
        """What was told by telephone is sent as well, with everything of that day."""
        self.main.api_answer = DOWN
        message, never_tried = self.emit(), self.emit()
        self.env["integration.message"]._sweep()
        with self.own_flow(self.outbound) as lane:
            lane._drain_one(lane._new_turn(1, self.endpoint))
        self.assertTrue(message.payload)
        self.endpoint._switch_breaker("open", "He is out")
        past = fields.Datetime.now() - timedelta(minutes=11)
        messages = message | never_tried
        messages.sudo().write({"received_at": past, "budget_at": past})
        self.env["integration.message"]._sweep()
        for one in messages:
            self.confirm(one)
        for new_key in (False, True):
            replay = self.plan(messages, new_key=new_key)
            with self.subTest(new_key=new_key):
                self.assertEqual(
                    replay.line_ids.mapped(lambda line: (line.document_state, line.verdict)),
                    [("by_hand", "refuse")] * 2,
                )
                self.assertIn("did it by hand: TEL-7", replay.line_ids[0].reason)
        entitled = self.plan(message, "administrator")
        entitled._override("They lost what was told by telephone, too")
        self.assertEqual(entitled.line_ids.verdict, "refuse")
        entitled.action_start()
        self.run_slice(entitled)
        self.assertEqual(len(message.replay_ids), 1)

    def test_confirmed_twice(self):
        """Two people confirm the same work."""
        message = self.wait()
        self.confirm(message)
        with self.assertRaisesRegex(UserError, "meanwhile"):
            message._settle_by_hand("TEL-8", False, fields.Datetime.now())
        self.assertEqual(message.by_hand_reference, "TEL-7")

    def test_confirmation_needs_a_reference(self):
        """'Done' without a word is accepted."""
        message = self.wait()
        with self.assertRaises(ValidationError):
            self.confirm(message, reference="  ")
        with self.assertRaises(ValidationError):
            self.confirm(message, done_at=fields.Datetime.now() + timedelta(hours=1))

    def test_send_after_all(self):
        """The partner is back before anybody telephoned, and the message is stuck."""
        message = self.wait()
        exception = message.exception_ids
        self.endpoint._switch_breaker("close", "He is back")
        exception.with_user(self.users["operator"]).action_send_after_all()
        self.assertEqual(exception.state, "retrying")
        self.drain(self.outbound)
        self.assertEqual((message.state, exception.state), ("done", "resolved"))

    def test_closing_forgets_nothing(self):
        """The exception is ignored, and the message waits for nobody."""
        message = self.wait()
        exception = message.exception_ids.with_user(self.users["operator"])
        for name in ("action_resolve", "action_ignore"):
            with self.subTest(name), self.assertRaisesRegex(UserError, "Send After All"):
                getattr(exception, name)()
        exception.sudo()._close("resolved", "manual")
        self.env["integration.message"]._sweep()
        self.assertEqual(len(message.exception_ids.filtered("is_open")), 1)
        message.exception_ids.filtered("is_open").with_user(self.users["operator"]).action_discard()
        self.assertEqual(message.state, "cancelled")

    def test_two_about_one_document(self):
        """The second message about an order takes the place of the first."""
        partner = self.env["res.partner"].create({"name": "Twice"})
        self.endpoint._switch_breaker("open", "He is out")
        messages = self.outbound._emit(partner) | self.outbound._emit(partner)
        messages.sudo().write({"received_at": "2020-01-01 00:00:00"})
        for _turn in range(3):
            self.env["integration.message"]._sweep()
        self.assertEqual([len(m.exception_ids) for m in messages], [1, 1])
        self.assertEqual(messages.exception_ids.mapped("occurrence_count"), [1, 1])

    def test_who_may(self):
        """Somebody without the role declares work as done."""
        message = self.wait()
        for role in ("plain", "viewer"):
            user = self.users[role]
            with self.assertRaises(AccessError, msg=role):
                message.with_user(user).action_done_by_hand()
            with self.assertRaises(AccessError, msg=role):
                message.with_user(user).action_send_after_all()
            with self.assertRaises(AccessError, msg=role):
                self.env["integration.manual.done"].with_user(user).create(
                    {"message_ids": message.ids, "reference": "x"}
                )
        with self.assertRaises(AccessError):
            message.with_user(self.users["support"]).write({"by_hand_reference": "forged"})


@tagged("post_install", "-at_install")
class TestManualMilestone(GateCase):
    """What a person does by hand counts for the order."""

    def test_release_by_telephone(self):
        """The gate goes on waiting for a release that a person has arranged."""
        self.gate()
        self.flow.fallback = "manual"
        order = self.order()
        picking = self.ready(order.picking_ids)
        message = self.flow._emit(picking)
        message.write(message._by_hand_values())
        message._ask_by_hand()
        owner = self.owner(order)
        owner._refresh_blame()
        self.assertEqual((owner.cause, owner.status), ("manual", "stuck"))
        self.assertIn("by hand", owner.cause_text)
        message._settle_by_hand("TEL-7", False, fields.Datetime.now())
        milestone = owner.milestone_ids.filtered(lambda m: m.step_code == "released")
        self.assertEqual((milestone.state, milestone.source), ("reached", "manual"))
        self.assertNotEqual(owner.cause, "manual")
        picking.button_validate()
        self.assertEqual(picking.state, "done")
