"""One exception stands for several failed messages, and the one that it names ends."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..tools.errors import MappingError
from ..tools.http_client import HttpResponse
from .test_endpoint_breaker import BUSY, OK, REFUSED, START, BreakerCase

STRANGER = HttpResponse(status=401, headers={}, body=b"who?", elapsed_ms=1.0, address=None)


@tagged("post_install", "-at_install")
class TestExceptionShared(BreakerCase):
    def setUp(self):
        super().setUp()
        self.partner = self.env["res.partner"].create({"name": "Shared"})

    def emit_one(self, *answers):
        """:return: a message about the partner, worked on when there are answers"""
        message = self.outbound._emit(self.partner)
        if answers:
            self.go(*answers)
        return message

    def go(self, *answers):
        """Let the lane run."""
        with self.answers(*answers):
            self.drain(self.outbound)
        self.env.invalidate_all()

    def opened(self):
        """:return: the open exceptions of the flow"""
        return self.env["integration.exception"].search(
            [("is_open", "=", True), ("flow_id", "=", self.outbound.id)]
        )

    def press(self, message, button):
        """An operator presses a button on the message."""
        getattr(message.with_user(self.users["operator"]), button)()
        self.env.invalidate_all()

    def test_one_of_a_sign_in_is_cancelled(self):
        """Three died of one secret, one is cancelled: nobody sees two, a new secret sends none."""
        messages = self.emit(3)
        self.go(STRANGER)
        self.assertEqual(messages.mapped("state"), ["dead"] * 3)
        matter = self.opened()
        opened_at = matter.opened_at
        self.press(matter.message_id, "action_cancel")
        dead = messages.filtered(lambda m: m.state == "dead")
        self.assertEqual((len(dead), self.opened()), (2, matter))
        self.assertIn(matter.message_id, dead)
        self.assertEqual(matter.opened_at, opened_at)
        self.endpoint._try_refused_again()
        self.go(OK)
        self.assertEqual(dead.mapped("state"), ["done", "done"])
        self.assertFalse(self.opened())

    def test_all_of_a_sign_in_are_cancelled(self):
        """Nothing is left of a matter, and it stays on the board."""
        messages = self.emit(3)
        self.go(STRANGER)
        matter = self.opened()
        self.press(messages, "action_cancel")
        self.assertEqual(matter.state, "discarded")

    def test_a_sign_in_of_two_flows(self):
        """What is left belongs to another flow, and its success closes nothing."""
        other = self.outbound.copy({"name": "Other", "code": "im.test.other"})
        left = other._emit(self.partner)
        with self.answers(STRANGER):
            self.drain(other)
        self.emit_one(STRANGER)
        matter = left.search([("matter", "!=", False)]).exception_ids
        self.press(matter.message_id, "action_cancel")
        self.assertEqual((matter.is_open, matter.message_id), (True, left))
        self.press(left, "action_retry")
        with self.answers(OK):
            self.drain(other)
        self.env.invalidate_all()
        self.assertEqual((left.state, matter.state), ("done", "resolved"))

    def test_one_about_a_document_is_cancelled(self):
        """Two about one document died, the later one is cancelled: nobody sees the other."""
        first = self.emit_one(HttpResponse(422, {}, b'{"message": "first"}', 1.0, None))
        second = self.emit_one(REFUSED)
        matter = self.opened()
        self.assertEqual(matter.message_id, second)
        self.press(second, "action_cancel")
        self.assertEqual((first.state, self.opened()), ("dead", matter))
        self.assertEqual(matter.message_id, first)
        self.assertEqual(matter.error_message, first.error_message)
        self.press(first, "action_cancel")
        self.assertEqual(matter.state, "discarded")

    def test_a_failed_replay_is_cancelled(self):
        """A replay fails and is cancelled: what it repeats is dead, and nobody sees it."""
        first = self.emit_one(REFUSED)
        copy = first.browse(first._replay("one").values())
        self.go(REFUSED)
        self.assertEqual((first.state, copy.state), ("dead", "dead"))
        self.press(copy, "action_cancel")
        self.assertEqual(self.opened().message_id, first)

    def test_the_older_one_works(self):
        """Two about one document died, the older one is sent: nobody sees the newer one."""
        first = self.emit_one(BUSY)
        first.next_attempt_at = "2100-01-01"
        second = self.emit_one(REFUSED)
        self.due_now(first)
        self.go(REFUSED)
        self.assertEqual((first.state, second.state), ("dead", "dead"))
        self.press(first, "action_retry")
        self.go(OK)
        self.assertEqual((first.state, second.state), ("done", "dead"))
        self.assertEqual(self.opened().message_id, second)
        self.assertEqual(self.opened().state, "assigned")

    def test_what_a_person_let_be_stays_so(self):
        """What was ignored is on the board again when something else is cancelled."""
        self.emit_one(REFUSED)
        self.opened().with_user(self.users["operator"]).action_ignore()
        second = self.emit_one(REFUSED)
        self.press(second, "action_cancel")
        self.assertFalse(self.opened())

    def test_another_cause_is_left(self):
        """The exception names a product that what is left of it does not wait for."""
        first = self.emit_one(REFUSED)
        second = self.emit_one(MappingError("product.product", "default_code", "IM-SKU"))
        matter = self.opened()
        self.assertEqual(matter.source_value, "IM-SKU")
        self.press(second, "action_cancel")
        self.assertEqual((matter.message_id, matter.source_value), (first, False))
        self.assertNotIn("IM-SKU", matter.error_message)

    def test_another_kind_of_failure_is_left(self):
        """The exception of a refused order is said to wait for a product, and is ours to mend."""
        self.emit_one(REFUSED)
        matter = self.opened()
        self.assertEqual(matter.category, "technical")
        second = self.emit_one(MappingError("product.product", "default_code", "IM-SKU"))
        self.assertEqual(matter.category, "business")
        self.press(second, "action_cancel")
        self.assertEqual((matter.category, matter.error_class), ("technical", "client"))

    def to_a_person(self, message):
        """An operator tries the message again, while the partner is down: it is done by hand."""
        self.outbound.fallback = "manual"
        self.policy.max_attempts = 1
        self.press(message, "action_retry")
        self.go(BUSY)
        self.assertEqual((message.state, message.hold_reason), ("retry", "manual"))

    def by_hand(self, message):
        """An operator has done it."""
        message.with_user(self.users["operator"])._settle_by_hand("TEL-7", False, START)
        self.env.invalidate_all()

    def test_one_of_a_sign_in_goes_to_a_person(self):
        """Three died of one secret, one is done by hand: nobody sees two, and they are not sent."""
        messages = self.emit(3)
        self.go(STRANGER)
        matter = self.opened()
        told = matter.message_id
        self.to_a_person(told)
        dead = messages - told
        self.assertIn(matter.message_id, dead)
        self.assertFalse(matter.is_by_hand)
        self.assertEqual((matter.state, matter.error_class), ("assigned", "auth"))
        self.by_hand(told)
        self.assertEqual((told.state, self.opened()), ("done", matter))
        self.assertEqual(dead.mapped("state"), ["dead"] * 2)
        self.endpoint._try_refused_again()
        self.go(OK)
        self.assertEqual(dead.mapped("state"), ["done"] * 2)
        self.assertFalse(self.opened())

    def test_one_of_a_sign_in_is_done_by_hand(self):
        """The exception of the others names it: they are closed with it, or sent in vain."""
        other, first, second = self.emit(), self.emit_one(), self.emit_one(STRANGER)
        matter = self.opened()
        matter.message_id = second
        second.write(second._by_hand_values())
        self.by_hand(second)
        # It makes up for the older one about its document; no sign-in has worked.
        self.assertEqual((first.state, second.state, other.state), ("cancelled", "done", "dead"))
        self.assertEqual((self.opened(), matter.message_id), (matter, other))

    def test_the_last_one_of_a_sign_in_goes_to_a_person(self):
        """He tells the partner by telephone; with the new secret the partner is told again."""
        told = self.emit_one(STRANGER)
        matter = self.opened()
        self.to_a_person(told)
        self.endpoint._try_refused_again()
        self.assertEqual((told.state, told.hold_reason), ("retry", "manual"))
        self.by_hand(told)
        self.assertEqual(told.state, "done")
        self.assertFalse(matter.is_open)

    def test_one_about_a_document_goes_to_a_person(self):
        """Two about one document died, the later one is done by hand: the older one is settled."""
        first = self.emit_one(REFUSED)
        second = self.emit_one(REFUSED)
        matter = self.opened()
        self.to_a_person(second)
        self.assertEqual((matter.message_id, matter.is_by_hand), (first, False))
        self.by_hand(second)
        self.assertEqual((first.state, second.state), ("cancelled", "done"))
        self.assertFalse(self.opened())

    def test_older_one_is_with_a_person(self):
        """Its newer one is being told, and the partner is told the older state after it."""
        first = self.emit_one()
        self.press(first, "action_cancel")
        self.to_a_person(first)
        second = self.emit_one()
        second.sudo().state = "processing"
        for button in ("action_send_after_all", "action_retry"):
            with self.subTest(button), self.assertRaisesRegex(UserError, "the older state back"):
                self.press(first, button)
        # Of a selection the others go.
        other = self.emit()
        self.press(other, "action_cancel")
        self.to_a_person(other)
        self.press(first | other, "action_send_after_all")
        self.assertEqual((first.hold_reason, other.hold_reason), ("manual", False))

    def test_newer_one_is_told_while_a_person_has_the_older(self):
        """He rings the partner up with a state that is no longer true, and nothing ends it."""
        first = self.emit_one()
        self.press(first, "action_cancel")
        self.to_a_person(first)
        matter = first.exception_ids.filtered("is_open")
        second = self.emit_one(OK)
        self.assertEqual((first.state, first.superseded_by_id), ("cancelled", second))
        self.assertFalse(first.hold_reason)
        self.assertEqual((matter.state, matter.resolution), ("resolved", "auto"))
        self.assertFalse(self.opened())
        self.assertFalse(matter.activity_ids)

    def test_newer_one_failed_but_may_have_arrived(self):
        """Retry of both tells the older state after the newer one, which is only repeated then."""
        first = self.emit_one(REFUSED)
        second = self.emit_one(REFUSED)
        second.sudo().bound_endpoint_id = self.endpoint
        self.press(self.opened(), "action_retry")
        self.assertEqual((first.state, second.state), ("dead", "retry"))
        with self.assertRaisesRegex(UserError, "may have arrived"):
            self.press(first, "action_retry")
        self.go(OK)
        self.assertEqual((first.state, second.state), ("cancelled", "done"))
        self.assertFalse(self.opened())

    def test_opened_again_while_a_newer_one_is_under_way(self):
        """Each of the two waits for the other one, for ever."""
        self.outbound.ordering = True
        first = self.emit_one(REFUSED)
        matter = self.opened()
        self.press(matter, "action_ignore")
        second = self.emit_one(BUSY)
        second.sudo().bound_endpoint_id = self.endpoint
        with self.assertRaisesRegex(UserError, "would wait for this one"):
            self.press(matter, "action_reopen")
        second.sudo().next_attempt_at = START
        self.go(OK)
        self.assertEqual((first.state, second.state), ("cancelled", "done"))
        self.assertFalse(self.opened())

    def test_opened_again_and_the_newer_one_is_cancelled(self):
        """The older one is dead, and nobody sees it any more."""
        first = self.emit_one(REFUSED)
        matter = self.opened()
        self.press(matter, "action_ignore")
        second = self.emit_one(BUSY)
        second.sudo().bound_endpoint_id = self.endpoint
        self.press(matter, "action_reopen")
        second.sudo().next_attempt_at = START
        self.go(REFUSED)
        self.assertEqual(matter.message_id, second)
        self.press(second, "action_cancel")
        self.assertEqual((self.opened(), first.state), (matter, "dead"))
        self.assertEqual(matter.message_id, first)

    def test_retry_of_a_selection_some_of_which_a_person_has(self):
        """They are left out without a word, or the button fails for all."""
        first = self.emit_one()
        self.press(first, "action_cancel")
        self.to_a_person(first)
        with self.assertRaisesRegex(UserError, "Send After All"):
            self.press(self.opened(), "action_retry")
        self.partner = self.partner.copy()
        other = self.emit_one(REFUSED)
        told = self.opened().with_user(self.users["operator"]).action_retry()
        self.assertIn("1 wait for a person", told["params"]["message"])
        self.assertEqual((first.hold_reason, other.state), ("manual", "retry"))
