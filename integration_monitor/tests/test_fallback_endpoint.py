from datetime import timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common_fallback import DOWN, FallbackCase


@tagged("post_install", "-at_install")
class TestFallbackEndpoint(FallbackCase):
    def setUp(self):
        super().setUp()
        self.divert()

    def test_open_breaker_sends_the_other_way(self):
        """The partner has a second site, and orders wait for the first one."""
        tried = self.trip()
        fresh = self.emit(2)
        self.assertFalse(any(fresh.mapped("held")))
        self.assertEqual(fresh.endpoint_id, self.spare)
        self.main.api_calls.clear()
        self.other.api_calls.clear()
        lines = self.go(tried | fresh)
        self.assertEqual(set((tried | fresh).mapped("state")), {"done"})
        self.assertFalse(self.main.api_calls)
        keys = (tried | fresh).mapped("idempotency_key")
        self.assertTrue(set(keys) >= set(self.other.keys))
        calls = [line for line in lines if line.kind == "http_out"]
        self.assertEqual({line.endpoint_id for line in calls}, {self.spare.id})
        settled = [line for line in lines if line.kind == "message"]
        self.assertEqual({line.system_id for line in settled}, {self.spare_system.id})
        self.assertIn("Spare API", self.outbound.diversion)

    def test_same_run_goes_on_elsewhere(self):
        """The messages behind the one that opened the breaker wait for the next wake-up."""
        self.main.api_answer = DOWN
        messages = self.emit(5)
        self.drain(self.outbound)
        self.assertEqual(len(self.main.api_calls), 2)
        self.assertEqual(messages[2:].mapped("state"), ["done"] * 3)

    def test_same_key_at_both(self):
        """A message that was refused here goes there under another key."""
        tried = self.trip()
        self.go(tried)
        self.assertEqual(sorted(self.main.keys), sorted(self.other.keys))

    def test_unknown_outcome_stays(self):
        """A message that may have arrived is sent to another system, and delivered twice."""
        self.main.hangs = True
        message = self.emit()
        self.drain(self.outbound)
        self.assertEqual(self.endpoint.breaker_state, "open")
        self.assertEqual(message.bound_endpoint_id, self.endpoint)
        fresh = self.emit()
        self.go(message)
        self.assertEqual(fresh.state, "done")
        self.assertEqual(message.state, "retry")
        self.assertEqual((message.held, message.hold_reason), (True, "breaker"))
        self.assertNotIn(message.idempotency_key, self.other.keys)
        # The partner is back: there it is repeated under its key.
        self.main.hangs = False
        self.let_probe()
        self.go(message)
        self.assertEqual((message.state, message.endpoint_id), ("done", self.endpoint))
        self.assertEqual(self.main.keys.count(message.idempotency_key), 2)

    def test_shared_keys_go_on(self):
        """Both sites are one system that knows the key, and the message waits all the same."""
        self.outbound.fallback_shared_keys = True
        self.main.hangs = True
        message = self.emit()
        self.drain(self.outbound)
        self.go(message)
        self.assertEqual((message.state, message.endpoint_id), ("done", self.spare))
        self.assertEqual(self.main.keys, self.other.keys)

    def test_gateway_timeout_is_unknown(self):
        """A gateway gives up (504) while the partner goes on working."""
        self.main.api_answer = (504, {})
        message = self.emit()
        self.drain(self.outbound)
        self.assertEqual(message.bound_endpoint_id, self.endpoint)
        self.main.api_answer = (429, {})
        refused = self.emit()
        self.drain(self.outbound)
        self.assertFalse(refused.bound_endpoint_id)

    def test_crash_is_unknown(self):
        """A worker dies while it calls, and its message is sent elsewhere."""
        message = self.emit()
        message.sudo().write(
            {"state": "processing", "attempt_count": 1, "claimed_at": "2000-01-01 00:00:00"}
        )
        self.env.flush_all()
        self.env["integration.message"]._sweep()
        self.assertEqual(message.bound_endpoint_id, self.endpoint)
        self.endpoint.action_pause()
        self.go(message)
        self.assertFalse(self.other.api_calls)
        self.assertEqual(message.hold_reason, "paused")

    def test_back_when_the_probe_succeeds(self):
        """The partner answers again, and everything still goes the other way."""
        self.trip()
        self.main.api_answer = (200, {})
        self.main.api_calls.clear()
        self.other.api_calls.clear()
        self.let_probe()
        fresh = self.emit(3)
        self.drain(self.outbound)
        self.assertEqual(self.endpoint.breaker_state, "closed")
        self.assertEqual(fresh.mapped("state"), ["done"] * 3)
        self.assertGreaterEqual(len(self.main.api_calls), 3)
        self.assertFalse(self.other.api_calls)
        self.assertFalse(self.outbound.diversion)

    def test_failed_probe_costs_no_time(self):
        """The message that tried in vain waits until the next probe."""
        tried = self.trip()
        self.go(tried)
        self.let_probe()
        probe = self.emit()
        self.drain(self.outbound)
        self.assertEqual(self.endpoint.breaker_state, "open")
        self.assertEqual((probe.state, probe.endpoint_id), ("done", self.spare))
        self.assertIn(probe.idempotency_key, self.main.keys)

    def test_probe_is_asked_for(self):
        """Nobody looks whether the partner is back while messages go elsewhere."""
        self.trip()
        self.emit()
        self.env.cr.precommit.run()
        jobs = self.env["queue.job"].search(
            [("method_name", "=", "_drain"), ("state", "=", "pending")]
        )
        etas = jobs.filtered(lambda job: self.outbound.id in job.records.ids).mapped("eta")
        self.assertIn(self.endpoint.breaker_until, etas)
        self.assertIn(False, etas, "and one that starts at once, for the other way")

    def test_each_keeps_its_own_breaker(self):
        """The spare site falls, and the main one is taken for the culprit."""
        self.other.api_answer = DOWN
        messages = self.trip() | self.emit(3)
        self.go(messages)
        self.assertEqual((self.endpoint | self.spare).mapped("breaker_state"), ["open"] * 2)
        self.assertEqual(set(messages.mapped("state")), {"retry", "pending"})
        self.assertEqual(set(messages.mapped("hold_reason")), {"breaker"})
        before = len(self.other.api_calls)
        self.go(messages)
        self.assertEqual(len(self.other.api_calls), before)
        self.other.api_answer = (200, {})
        self.let_probe(self.spare)
        self.go(messages)
        self.assertEqual(set(messages.mapped("state")), {"done"})

    def test_bound_to_the_other(self):
        """The main site is back, and what the spare one may have taken is sent to it, too."""
        self.endpoint.action_pause()
        self.other.hangs = True
        message = self.emit()
        self.drain(self.outbound)
        self.assertEqual(message.bound_endpoint_id, self.spare)
        self.endpoint.action_resume()
        fresh = self.emit()
        self.go(message)
        self.assertEqual((fresh.state, fresh.endpoint_id), ("done", self.endpoint))
        self.assertEqual(message.state, "retry")
        self.other.hangs = False
        self.let_probe(self.spare)
        self.go(message)
        self.assertEqual((message.state, message.endpoint_id), ("done", self.spare))
        self.assertNotIn(message.idempotency_key, self.main.keys)

    def test_other_is_probed_for_what_is_bound(self):
        """The main site works, so nobody looks whether the spare one is back."""
        self.endpoint.action_pause()
        self.other.hangs = True
        message = self.emit()
        self.drain(self.outbound)
        self.endpoint.action_resume()
        self.assertEqual(
            (message.bound_endpoint_id, self.spare.breaker_state), (self.spare, "open")
        )
        self.env.cr.precommit.run()
        self.env["queue.job"].search([("method_name", "=", "_drain")]).unlink()
        self.due_now(message)
        self.env.flush_all()
        idle = (
            self.env["integration.flow"]
            .search([])
            ._idle_lanes(fields.Datetime.now() + timedelta(minutes=1))
        )
        self.assertIn(self.outbound, idle)

    def test_what_counts_as_out(self):
        """Pause and maintenance divert; a short wish to wait does not."""
        now = fields.Datetime.now()
        hour = timedelta(hours=1)
        out = (
            {"maintenance_from": now - hour, "maintenance_until": now + hour},
            {"throttled_since": now - hour, "throttled_until": now + hour},
            {"state": "paused", "paused_at": now},
        )
        for values in out:
            before = {name: self.endpoint[name] for name in values}
            with self.subTest(values):
                self.endpoint.with_context(integration_engine=True).write(values)
                message = self.emit()
                self.drain(self.outbound)
                self.assertEqual((message.state, message.endpoint_id), ("done", self.spare))
                self.assertIn("since", self.outbound.diversion)
            self.endpoint.with_context(integration_engine=True).write(before)
        self.endpoint.write({"throttled_since": now, "throttled_until": now + hour / 12})
        message = self.emit()
        self.drain(self.outbound)
        self.assertEqual((message.state, message.hold_reason), ("pending", "rate_limit"))
        self.assertFalse(self.outbound.diversion)

    def test_paused_flow_sends_nothing(self):
        """Somebody stops the exchange, and it goes on by way of the other endpoint."""
        self.endpoint.action_pause()
        self.outbound.action_pause()
        message = self.emit()
        self.drain(self.outbound)
        self.assertEqual((message.state, message.hold_reason), ("pending", "paused"))
        self.outbound.action_resume()
        self.drain(self.outbound)
        self.assertEqual(message.state, "done")

    def test_copy_of_a_database_diverts_nothing(self):
        """A copy may not call production, so it calls the other endpoint."""
        self.system.environment = "production"
        self.endpoint.action_pause()
        message = self.emit()
        self.drain(self.outbound)
        self.assertFalse(self.other.api_calls)
        self.assertTrue(message.held)

    def test_exception_names_where_it_failed(self):
        """The spare site refuses a document, and the owner calls the main one."""
        self.endpoint.action_pause()
        self.other.api_answer = (422, {"error": "no postcode"})
        message = self.emit()
        self.drain(self.outbound)
        exception = message.exception_ids
        self.assertEqual(exception.endpoint_id, self.spare)
        self.assertEqual(exception.system_id, self.spare_system)

    def test_lost_wake_up(self):
        """A job is cancelled by hand, and what could go the other way waits for ever."""
        self.trip()
        self.emit()
        self.env["queue.job"].search([("method_name", "=", "_drain")]).unlink()
        self.env.flush_all()
        idle = (
            self.env["integration.flow"]
            .search([])
            ._idle_lanes(fields.Datetime.now() + timedelta(minutes=1))
        )
        self.assertIn(self.outbound, idle)

    def test_given_up_fallback(self):
        """The other endpoint is taken away, and messages are still sent there."""
        self.endpoint.action_pause()
        message = self.emit()
        self.outbound.fallback = "hold"
        self.assertEqual((message.endpoint_id, message.hold_reason), (self.endpoint, "paused"))
        self.endpoint.action_resume()
        self.drain(self.outbound)
        self.assertEqual((message.state, message.endpoint_id), ("done", self.endpoint))
        self.assertFalse(self.other.api_calls)

    def test_replay_with_its_key_stays(self):
        """A replay carries the key to where nobody knows it."""
        self.main.hangs = True
        message = self.emit()
        self.drain(self.outbound)
        message.sudo().write({"state": "dead"})
        copies = message._replay("test:1")
        self.assertEqual(message.browse(copies[message.id]).bound_endpoint_id, self.endpoint)
        copies = message._replay("test:2", new_key=True)
        self.assertFalse(message.browse(copies[message.id]).bound_endpoint_id)

    def test_settings_that_cannot_work(self):
        """A fallback to nowhere is believed to help."""
        for values in (
            {"fallback_endpoint_id": False},
            {"fallback_endpoint_id": self.endpoint.id},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.outbound.write(values)
        with self.assertRaises(ValidationError):
            self.inbound.write({"fallback": "manual"})
