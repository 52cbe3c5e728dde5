from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..tools.errors import RetryLater
from .common_fallback import FallbackCase

WORK = "odoo.addons.integration_monitor.models.integration_message_work"
REFUSED = (422, {"error": "no"})
FINE = (200, {})


@tagged("post_install", "-at_install")
class TestMessageWay(FallbackCase):
    """``main`` is the endpoint that the flow had, ``other`` the one that it has now."""

    def move(self):
        """An administrator chooses the other endpoint for the flow."""
        self.outbound.with_user(self.users["administrator"]).endpoint_id = self.spare

    def archive(self, record):
        record.with_user(self.users["administrator"]).active = False

    def bound(self):
        """:return: a message whose attempt at ``main`` may have had an effect"""
        self.main.hangs = True
        message = self.emit()
        self.drain(self.outbound)
        self.assertEqual(message.bound_endpoint_id, self.endpoint)
        self.main.hangs = False
        self.main.released.set()
        self.main.api_calls.clear()
        self.endpoint._switch_breaker("reset", "back")
        return message

    def sweep(self):
        self.env["integration.message"]._sweep()
        self.env.invalidate_all()

    def test_what_never_left_goes_the_other_way(self):
        """A handler that could not prepare the request binds it to an endpoint it never called."""

        def later(handler, message):
            raise RetryLater(30, "not yet")

        def broken(handler, message):
            raise KeyError("x")

        for prepare in (later, broken):
            with self.subTest(prepare.__name__):
                message = self.emit()
                with self.handler(self.outbound, _prepare=prepare), mute_logger(WORK):
                    self.drain(self.outbound)
                self.assertEqual((message.state, message.bound_endpoint_id.id), ("retry", False))

    def test_the_way_is_read_in_one_statement(self):
        """Each lane reads its endpoint once more, with all the columns of the screens."""
        flow = self.outbound._as_service()
        flow._leave_at_gate()  # fills the caches of the registry
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            flow._load_for_work()
            self.assertFalse(flow._leave_at_gate())
            self.assertEqual(next(iter(flow._ways())), self.endpoint)

    def test_what_waits_goes_to_the_present_endpoint(self):
        """The flow has another endpoint, and the paused former one is called."""
        for stop in ("action_pause", "_switch_breaker"):
            self.outbound.endpoint_id = self.endpoint
            getattr(self.endpoint, stop)(*(("open", "Gone") if stop == "_switch_breaker" else ()))
            message = self.emit()
            self.assertTrue(message.held)
            self.move()
            self.assertEqual((message.held, message.endpoint_id), (False, self.spare), stop)
            self.go(message)
            self.assertEqual((message.state, message.endpoint_id), ("done", self.spare), stop)
        self.assertFalse(self.main.api_calls)
        self.assertEqual(len(self.other.api_calls), 2)

    def test_the_claim_decides(self):
        """What the row says of its endpoint is called, whatever the flow says."""
        message = self.emit()
        self.move()
        message.sudo().endpoint_id = self.endpoint
        self.env.flush_all()
        self.go(message)
        self.assertEqual((message.state, message.endpoint_id), ("done", self.spare))
        self.assertFalse(self.main.api_calls)

    def test_a_run_that_began_before(self):
        """A lane at work goes on calling the endpoint that the flow had when it began."""
        message = self.emit()
        turn = self.outbound._new_turn(20)
        self.move()
        self.env.flush_all()
        self.assertIsNone(self.outbound._claim(turn))
        self.go(message)
        self.assertEqual(message.endpoint_id, self.spare)

    def test_failed_before(self):
        """A failed message is tried again at the archived endpoint, and so is its replay."""
        self.main.api_answer = REFUSED
        message = self.emit()
        self.drain(self.outbound)
        self.assertEqual(message.state, "dead")
        self.main.api_calls.clear()
        self.move()
        self.archive(self.endpoint)
        replay = message.browse(message._replay("one").values())
        self.assertEqual(replay.endpoint_id, self.spare)
        message.exception_ids.with_user(self.users["operator"]).action_retry()
        self.assertEqual(message.endpoint_id, self.spare)
        self.go(message)
        self.assertEqual((message | replay).mapped("state"), ["done", "done"])
        self.assertFalse(self.main.api_calls)

    def test_a_deleted_endpoint(self):
        """An attempt ends in a fault of the program, as there is no endpoint."""
        message = self.emit()
        self.move()
        self.endpoint.unlink()
        self.go(message)
        self.assertEqual((message.state, message.endpoint_id), ("done", self.spare))

    def test_what_is_bound_stays(self):
        """What may have been done there goes to another system, and is done twice."""
        message = self.bound()
        self.move()
        self.endpoint.action_pause()
        self.go(message)
        self.assertFalse(self.main.api_calls or self.other.api_calls)
        self.sweep()
        self.assertEqual((message.hold_reason, message.endpoint_id), ("paused", self.endpoint))
        with self.assertRaisesRegex(ValidationError, "wait for"), self.env.cr.savepoint():
            self.archive(self.endpoint)
        with self.assertRaisesRegex(UserError, "had an effect"), self.env.cr.savepoint():
            self.endpoint.unlink()
        self.endpoint.action_resume()
        self.assertFalse(message.held)
        self.go(message)
        self.assertEqual((message.state, message.endpoint_id), ("done", self.endpoint))
        self.assertEqual(self.main.keys, [message.idempotency_key])

    def test_what_is_bound_goes_while_the_present_one_is_out(self):
        """What waits for the former endpoint waits for the breaker of the present one."""
        message = self.bound()
        self.move()
        self.spare._switch_breaker("open", "Gone")
        self.go(message)
        self.assertEqual((message.state, message.endpoint_id), ("done", self.endpoint))

    def test_what_is_bound_is_probed_and_found(self):
        """The wake-up is lost, and what is bound to the former endpoint waits for ever."""
        message = self.bound()
        self.move()
        now = fields.Datetime.now()
        self.due_now(message)
        self.env["queue.job"].search([("method_name", "=", "_drain")]).unlink()
        self.env.flush_all()
        self.assertIn(self.outbound, self.outbound._idle_lanes(now + timedelta(minutes=1)))
        self.endpoint.action_pause()
        self.env["queue.job"].search([("method_name", "=", "_drain")]).unlink()
        self.env.flush_all()
        self.assertNotIn(self.outbound, self.outbound._idle_lanes(now + timedelta(minutes=1)))

    def test_replay_stays_where_it_was_done(self):
        """A replay takes its key to a system that does not know it, and is done twice."""
        message = self.emit()
        self.drain(self.outbound)
        self.assertEqual(message.state, "done")
        self.move()
        self.archive(self.endpoint)
        verdict = message._replay_verdicts()[message.id]
        self.assertEqual((verdict.action, verdict.state), ("refuse", "inactive"))
        self.assertNotEqual(message._replay_verdicts(new_key=True)[message.id].action, "refuse")
        kept = message.browse(message._replay("one").values())
        renewed = message.browse(message._replay("two", new_key=True).values())
        self.go(kept | renewed)
        self.sweep()
        self.assertEqual((kept.state, kept.hold_reason), ("pending", "archived"))
        self.assertEqual((renewed.state, renewed.endpoint_id), ("done", self.spare))
        self.endpoint.active = True
        self.sweep()
        self.go(kept)
        self.assertEqual((kept.state, kept.endpoint_id), ("done", self.endpoint))

    def test_given_up_fallback_is_not_called_while_paused(self):
        """A message is bound to the fallback, which is switched off, paused, and called."""
        self.divert()
        self.trip()
        self.other.hangs = True
        message = self.emit()
        self.drain(self.outbound)
        self.assertEqual(message.bound_endpoint_id, self.spare)
        self.other.hangs = False
        self.other.released.set()
        self.other.api_calls.clear()
        self.outbound.fallback = "hold"
        self.endpoint._switch_breaker("reset", "back")
        self.main.api_answer = FINE
        for stop in (self.spare.action_pause, lambda: self.spare._switch_breaker("open", "Gone")):
            self.spare.action_resume()
            stop()
            self.sweep()
            self.go(message)
            self.assertFalse(self.other.api_calls)
            self.assertEqual(message.state, "retry")
            self.sweep()
            self.assertIn(message.hold_reason, ("paused", "breaker"))
        self.spare._switch_breaker("reset", "back")
        self.go(message)
        self.assertEqual((message.state, message.endpoint_id), ("done", self.spare))


@tagged("post_install", "-at_install")
class TestArchivedWays(FallbackCase):
    def refuse(self, record, words, **values):
        """Somebody writes what would let messages wait unseen, and is told what to do."""
        with self.assertRaisesRegex(ValidationError, words), self.env.cr.savepoint():
            record.with_user(self.users["administrator"]).write(values)

    def test_endpoints_in_use(self):
        """An endpoint that a flow uses is archived, and every later message waits for ever."""
        self.refuse(self.endpoint, "Test push.*choose another endpoint", active=False)
        self.divert()
        self.refuse(self.spare, "Test push.*use Pause", active=False)
        self.outbound.fallback = "hold"
        self.spare.active = False
        self.refuse(
            self.outbound, "restore that endpoint", fallback="endpoint",
            fallback_endpoint_id=self.spare.id,
        )  # fmt: skip
        self.refuse(self.outbound, "restore that endpoint", endpoint_id=self.spare.id)
        self.outbound.active = False
        self.endpoint.active = False
        self.refuse(self.outbound, "restore that endpoint", active=True)

    def test_archived_before(self):
        """A database has such a flow already, and nobody sees why its messages wait."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_endpoint SET active = FALSE WHERE id = %s", [self.endpoint.id]
        )
        self.env.invalidate_all()
        message = self.emit()
        self.assertEqual((message.held, message.hold_reason), (True, "archived"))
        self.drain(self.outbound)
        self.assertFalse(self.main.api_calls)
        self.endpoint.active = True
        self.env["integration.message"]._sweep()
        self.go(message)
        self.assertEqual(message.state, "done")

    def test_retry_in_an_archived_flow(self):
        """A message of an archived flow is tried again, and waits for ever, unseen."""
        self.main.api_answer = REFUSED
        message = self.emit()
        self.drain(self.outbound)
        self.outbound.active = False
        for record in (message, message.exception_ids):
            with self.assertRaisesRegex(UserError, "restore the flow first"):
                record.with_user(self.users["operator"]).action_retry()
        message._retry()
        self.assertEqual(message.state, "dead")
        self.assertTrue(message.exception_ids.is_open)
        self.outbound.active = True
        self.main.api_answer = FINE
        message.with_user(self.users["operator"]).action_retry()
        self.go(message)
        self.assertEqual(message.state, "done")

    def test_retry_at_an_archived_endpoint(self):
        """What is bound to an archived endpoint is tried again, and waits for ever."""
        message = self.emit()
        message.sudo().write({"state": "dead", "bound_endpoint_id": self.endpoint.id})
        self.outbound.endpoint_id = self.spare
        self.endpoint.active = False
        with self.assertRaisesRegex(UserError, "new key"):
            message.with_user(self.users["operator"]).action_retry()
