from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..tools.errors import BusinessError, TransportError
from ..tools.http_client import HttpResponse
from .common import IntegrationCase
from .common_replay import ReplayCase

OK = HttpResponse(200, {}, b"{}", 1.0, None)
REFUSED = HttpResponse(422, {}, b"no", 1.0, None)
STRANGER = HttpResponse(401, {}, b"who", 1.0, None)


class OrderingCase(IntegrationCase):
    """A flow that keeps the order of its messages."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outbound.ordering = True

    def setUp(self):
        super().setUp()
        self.partner = self.env["res.partner"].create({"name": "Ordered"})

    def emit(self, answer=None, **key):
        """Emit a message about the partner. :return: it, worked on when there is an answer"""
        message = self.outbound._emit(
            [{"res_model": "res.partner", "res_id": self.partner.id, **key}]
        )
        if answer:
            self.go(answer)
        return message

    def go(self, answer=OK):
        """Let the lane run. :return: the calls"""
        with self.answers(answer) as calls:
            self.drain(self.outbound)
        self.env.invalidate_all()
        return calls

    def sweep(self):
        self.env["integration.message"]._sweep()
        self.env.invalidate_all()

    def press(self, message, button):
        """An operator presses a button on the exception of the message."""
        getattr(message.exception_ids.with_user(self.users["operator"]), button)()


@tagged("post_install", "-at_install")
class TestMessageOrdering(OrderingCase):
    def test_a_closed_failure_lets_the_next_go(self):
        """A person ignores a failure, and nothing is sent about the document ever after."""
        for button in ("action_ignore", "action_resolve", "action_discard"):
            first = self.emit(REFUSED)
            second = self.emit()
            self.sweep()
            self.assertEqual(second.hold_reason, "ordering", button)
            self.press(first, button)
            self.assertFalse(second.held, button)
            self.go()
            self.assertEqual(second.state, "done", button)

    def test_an_open_failure_is_waited_for_and_seen(self):
        """A message waits for a failed one, and every screen is green."""
        first = self.emit(REFUSED)
        second = self.emit(OK)
        self.assertEqual(second.state, "pending")
        self.sweep()
        self.assertEqual((second.held, second.hold_reason), (True, "ordering"))
        self.assertEqual(second.waits_for_id, first)
        self.assertFalse(self.outbound._idle_lanes(fields.Datetime.now()) & self.outbound)
        self.env["integration.queue"]._watch(fields.Datetime.now())
        queue = self.env["integration.queue"].search([("flow_id", "=", self.outbound.id)])
        self.assertEqual((queue.waiting, queue.held), (0, 1))
        with Form(second.with_user(self.users["operator"])) as form:
            self.assertEqual(form.waits_for_id, first)
        self.press(first, "action_retry")
        self.go()
        self.assertEqual((first.state, second.state), ("done", "done"))

    def test_opened_again_it_is_waited_for_again(self):
        """A person takes back that he ignored a failure, and the next overtakes it all the same."""
        first = self.emit(REFUSED)
        self.press(first, "action_ignore")
        self.press(first, "action_reopen")
        second = self.emit(OK)
        self.assertEqual((second.state, first.let_pass), ("pending", False))

    def test_what_comes_in_keeps_its_order(self):
        """Two versions of an order come, the first waits for a moment, the second overtakes it."""
        self.inbound.ordering = True
        handled, fails = [], [TransportError("for a moment"), BusinessError("for good")]

        def handle(handler, message, payload):
            if fails and payload["version"] == 1:
                raise fails.pop(0)
            handled.append(payload["version"])

        def stake(handler, message, payload):
            return {"reference": "order 1"}

        with self.handler(self.inbound, _handle=handle, _stake=stake):
            first, _created = self.receive({"version": 1}, external_id="a")
            second, _created = self.receive({"version": 2}, external_id="b")
            self.drain(self.inbound)
            self.assertEqual((first.state, handled), ("retry", []))
            self.due_now(first)
            self.drain(self.inbound)
        # What failed for good does not hold up the version that makes up for it.
        self.assertEqual((handled, second.state), ([2], "done"))
        self.assertEqual((first.state, first.superseded_by_id), ("cancelled", second))

    def test_opened_again_when_the_last_one_has_ended(self):
        """It may have arrived: it is never opened again, for an older one of the same matter."""
        first = self.emit(REFUSED)
        self.press(first, "action_ignore")
        second = self.emit(REFUSED)
        second.bound_endpoint_id = self.endpoint
        matter = second.exception_ids.filtered("is_open")
        for button in ("action_ignore", "action_reopen", "action_retry"):
            getattr(matter.with_user(self.users["operator"]), button)()
        self.assertEqual((first.state, second.state, matter.state), ("dead", "retry", "retrying"))
        self.due_now(second)
        self.go()
        self.assertEqual((first.state, second.state), ("cancelled", "done"))
        self.assertEqual(first.superseded_by_id, second)

    def test_a_retry_is_waited_for_again(self):
        """A failure was ignored and is tried again: the next message overtakes its retry."""
        first = self.emit(REFUSED)
        self.press(first, "action_ignore")
        first.with_user(self.users["operator"]).action_retry()
        second = self.emit()
        calls = self.go()
        keys = [call["headers"]["Idempotency-Key"] for call in calls]
        self.assertEqual(keys, [first.idempotency_key, second.idempotency_key])

    def test_no_retry_while_the_next_is_being_sent(self):
        """A failure was ignored and is tried again during the next call: it is told last."""
        operator = self.users["operator"]
        first = self.emit(REFUSED)
        exception = first.exception_ids
        self.press(first, "action_ignore")
        second = self.emit()
        refusals = []

        def sending(handler, message, request):
            env = message.env(user=operator, su=False)
            for record, button in (
                (first, "action_retry"),
                (exception, "action_retry"),
                (exception, "action_reopen"),
            ):
                try:
                    with env.cr.savepoint():
                        getattr(record.with_env(env), button)()
                except UserError as error:
                    refusals.append(str(error))
            # Whoever gives the matter up may do so.
            with env.cr.savepoint():
                first.with_env(env).action_cancel()
            return request

        with self.handler(self.outbound, _before_request=sending):
            calls = self.go()
        calls += self.go()
        self.assertEqual(len(refusals), 3)
        for refusal, words in zip(refusals, ("is in work", "is in work", "under way"), strict=True):
            self.assertIn(words, refusal)
        keys = [call["headers"]["Idempotency-Key"] for call in calls]
        self.assertEqual(keys, [second.idempotency_key])
        self.assertEqual((first.state, second.state), ("cancelled", "done"))
        self.assertTrue(first.given_up)

    def test_resolved_sign_in(self):
        """The one exception of a refused sign-in is closed, and its keys stay blocked."""
        first = self.emit(STRANGER)
        matter = self.env["integration.exception"].search(
            [("dedupe_key", "=", f"credential:{self.endpoint.id}")]
        )
        matter.with_user(self.users["operator"]).action_resolve()
        second = self.emit(OK)
        self.assertEqual(second.state, "done")
        self.assertEqual(first.superseded_by_id, second)

    def test_what_replaces_does_not_wait(self):
        """The level of a product is never told again after one refusal."""
        self.outbound.coalesce = True
        first = self.emit(REFUSED)
        second = self.emit(OK)
        self.assertEqual((first.state, second.state), ("cancelled", "done"))
        self.assertFalse(first.exception_ids.is_open)

    def test_what_withdraws_does_not_wait_for_a_failure(self):
        """A withdrawal waits for ever for the failure that it closes."""

        def withdraws(handler, event_code):
            return event_code == "partner.gone"

        first = self.emit(REFUSED)
        retried = self.emit()
        retried.sudo().write({"state": "retry", "next_attempt_at": "2100-01-01 00:00:00"})
        with self.handler(self.outbound, _withdraws_event=withdraws):
            last = self.outbound._emit(self.partner, "partner.gone")
        self.go()
        self.assertEqual(last.state, "pending", "An attempt is still to come")
        retried.action_cancel()
        self.go()
        self.assertEqual((first.state, last.state), ("cancelled", "done"))


@tagged("post_install", "-at_install")
class TestReplayOrdering(ReplayCase, OrderingCase):
    def test_a_second_replay(self):
        """A replay failed, and the next one waits for it for ever."""
        message = self.emit(REFUSED)
        first = message.browse(message._replay("one").values())
        self.go(REFUSED)
        self.assertEqual(first.state, "dead")
        second = message.browse(message._replay("two").values())
        third = first.browse(first._replay("three").values())
        self.go()
        self.assertEqual((second | third).mapped("state"), ["done", "done"])
        self.assertEqual((message | first).mapped("state"), ["cancelled", "cancelled"])
        self.assertFalse((message | first).exception_ids.filtered("is_open"))

    def test_a_replay_waits_for_other_failures(self):
        """A replay overtakes a failure of the same document that is another matter."""
        earlier = self.emit(REFUSED, ordering_key="K", coalesce_key="a")
        later = self.emit(ordering_key="K", coalesce_key="b")
        replay = later.browse(later._replay("one").values())
        self.go()
        self.assertEqual((earlier.state, later.state, replay.state), ("dead", "pending", "pending"))

    def test_both_messages_of_a_document(self):
        """Two messages about one document are replayed, one had failed: each waits for the other.

        The copies are as old as what they repeat, and go in that order.
        """
        first = self.emit(OK)
        second = self.emit(REFUSED)
        both = first | second
        self.assertEqual(both.mapped("state"), ["done", "dead"])
        self.assertEqual({v.action for v in both._replay_verdicts().values()}, {"replay"})
        copies = both.browse(both._replay("one").values()).sorted("id")
        calls = self.go()
        keys = [call["headers"]["Idempotency-Key"] for call in calls]
        self.assertEqual(keys, [first.idempotency_key, second.idempotency_key])
        self.assertEqual(copies.mapped("state"), ["done", "done"])
        self.assertFalse(second.exception_ids.filtered("is_open"))

    def test_a_replay_of_what_others_wait_for(self):
        """The next message waits for a failure, whose replay waits for the next message."""
        first = self.emit(REFUSED)
        second = self.emit()
        self.sweep()
        self.assertEqual(second.hold_reason, "ordering")
        copy = first.browse(first._replay("one").values())
        calls = self.go()
        self.sweep()
        calls += self.go()
        keys = [call["headers"]["Idempotency-Key"] for call in calls]
        self.assertEqual(keys, [first.idempotency_key, second.idempotency_key])
        self.assertEqual((copy | second).mapped("state"), ["done", "done"])
        self.assertFalse(second.held)

    def test_a_failed_replay_is_waited_for(self):
        """A replay fails for good, and what came after its original overtakes it."""
        first = self.emit(OK)
        copy = first.browse(first._replay("one").values())
        second = self.emit()
        self.go(REFUSED)
        self.sweep()
        self.assertEqual((copy.state, second.state), ("dead", "pending"))
        self.assertEqual(second.waits_for_id, copy)
