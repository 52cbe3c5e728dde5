from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from ..models.integration_flow_gate import BUDGET_SECONDS
from ..tools.errors import TransportError
from ..tools.http_client import HttpResponse
from .test_endpoint_breaker import OK, START, BreakerCase


def slow_down(seconds):
    """The partner's answer that asks for a pause."""
    return HttpResponse(
        status=429, headers={"Retry-After": str(seconds)}, body=b"", elapsed_ms=1.0, address=None
    )


@tagged("post_install", "-at_install")
class TestFlowLimits(BreakerCase):
    def jobs(self):
        """:return: the drain jobs that wait, those with a time first"""
        self.env.cr.precommit.run()
        return self.env["queue.job"].search(
            [("method_name", "=", "_drain"), ("state", "=", "pending"), ("eta", "!=", False)]
        )

    def test_retry_after_holds_all(self):
        """A partner asks for a pause, and each further message knocks at his door."""
        with freeze_time(START) as clock:
            messages = self.emit(4)
            with self.answers(slow_down(600), OK) as requests:
                self.drain(self.outbound)
                self.assertEqual(len(requests), 1)
                self.assertEqual(messages.mapped("attempt_count"), [1, 0, 0, 0])
                self.assertEqual(messages.mapped("hold_reason"), ["rate_limit"] * 4)
                clock.tick(timedelta(seconds=590))
                self.drain(self.outbound)
                self.assertEqual(len(requests), 1)
                clock.tick(timedelta(seconds=15))
                self.drain(self.outbound)
            self.assertEqual(messages.mapped("state"), ["done"] * 4)

    def test_policy_may_ignore_the_wish(self):
        """A policy that ignores Retry-After is overruled by the endpoint."""
        self.policy.respect_retry_after = False
        self.emit(2)
        with self.answers(slow_down(600), OK) as requests:
            self.drain(self.outbound)
        self.assertGreaterEqual(len(requests), 2)

    def test_rate_limit_paces(self):
        """A thousand waiting messages go out in one second."""
        self.endpoint.write({"rate_limit": 3, "rate_period": "minute"})
        messages = self.emit(4)
        with self.answers(OK) as requests:
            self.drain(self.outbound)
            self.drain(self.outbound)
        self.assertEqual(len(requests), 1)
        self.assertEqual(messages.mapped("state"), ["done"] + ["pending"] * 3)
        soon = fields.Datetime.now() + timedelta(seconds=25)
        self.assertTrue([job for job in self.jobs() if job.eta <= soon])
        self.env.cr.execute(
            "UPDATE integration_endpoint_bucket SET refilled_at = refilled_at - interval '30 s'"
        )
        with self.answers(OK) as requests:
            self.drain(self.outbound)
        self.assertEqual(len(requests), 1)

    def test_probe_that_is_told_when_to_come_again(self):
        """The partner says that he is out for two hours, and is asked every ten minutes."""
        busy = HttpResponse(500, {"Retry-After": "7200"}, b"", 1.0, None)
        with freeze_time(START) as clock:
            self.trip()
            clock.tick(timedelta(seconds=61))
            with self.answers(busy):
                self.drain(self.outbound)
            wanted = fields.Datetime.now() + timedelta(seconds=7200)
            self.assertEqual(self.endpoint.breaker_until, wanted)

    def test_short_waits_are_waited(self):
        """A lane that may call ten times a second comes back once a second."""
        self.endpoint.write({"rate_limit": 20, "rate_period": "second"})
        messages = self.emit(5)
        with self.answers(OK):
            self.drain(self.outbound)
        self.assertEqual(messages.mapped("state"), ["done"] * 5)

    def test_token_of_an_empty_lane_goes_back(self):
        """Jobs that find nothing use up the partner's quota."""
        self.endpoint.write({"rate_limit": 1, "rate_period": "minute"})
        self.drain(self.outbound)
        message = self.emit()
        with self.answers(OK):
            self.drain(self.outbound)
        self.assertEqual(message.state, "done")

    def test_retries_beyond_the_budget_wait(self):
        """A failing partner gets most of his calls from repetitions."""
        self.endpoint.write({"retry_floor": 2, "breaker_enabled": False})
        # Nothing is tried again within the lane's own patience.
        self.policy.write({"base_seconds": 1800, "cap_seconds": 1800})
        messages = self.emit(2)
        with self.answers(TransportError("down")):
            self.drain(self.outbound)
        self.due_now(messages)
        fresh = self.emit(2)
        self.log_calls(100, 12)
        with self.answers(OK) as requests:
            self.drain(self.outbound)
        self.assertEqual(len(requests), 2)
        self.assertEqual(fresh.mapped("state"), ["done"] * 2)
        self.assertEqual(messages.mapped("state"), ["retry"] * 2)
        self.assertEqual(messages.mapped("hold_reason"), ["budget"] * 2)
        self.assertEqual(messages.mapped("attempt_count"), [1, 1])
        soon = fields.Datetime.now() + timedelta(seconds=BUDGET_SECONDS + 2)
        self.assertTrue([job for job in self.jobs() if job.eta <= soon])
        # More first attempts make room for repetitions.
        self.log_calls(200, 0)
        with self.answers(OK):
            self.drain(self.outbound)
        self.assertEqual(messages.mapped("state"), ["done"] * 2)

    def test_a_persons_retry_is_no_repetition(self):
        """An operator presses Retry, and the budget says no."""
        message = self.emit()
        with self.answers(TransportError("down")):
            self.drain(self.outbound)
        self.log_calls(100, 99)
        message.action_retry()
        with self.answers(OK):
            self.drain(self.outbound)
        self.assertEqual(message.state, "done")

    def test_statuses_decide(self):
        """A policy says which answers are tried again, and others are.

        Who says when to come again has not refused, as the help of the field tells.
        """
        conflict = HttpResponse(status=409, headers={}, body=b"", elapsed_ms=1.0, address=None)
        busy = HttpResponse(status=503, headers={}, body=b"", elapsed_ms=1.0, address=None)
        # On a slow machine, too, nothing is tried again: three failures open the breaker.
        self.policy.write({"retry_statuses": "409, 423", "base_seconds": 600, "cap_seconds": 600})
        forbidden = HttpResponse(403, {}, b"", 1.0, None)
        limited = HttpResponse(403, {"Retry-After": "60"}, b"", 1.0, None)
        cases = ((conflict, "retry"), (busy, "dead"), (forbidden, "dead"))
        for answer, state in cases:
            message = self.emit()
            with self.answers(answer):
                self.drain(self.outbound)
            self.assertEqual(message.state, state)
        with self.answers(TransportError("down")):
            message = self.emit()
            self.drain(self.outbound)
        self.assertEqual(message.state, "retry", "without an answer the kind decides")
        with self.answers(limited):
            message = self.emit()
            self.drain(self.outbound)
        self.assertEqual(message.state, "retry", "he names a time")

    def test_inbound_is_not_concerned(self):
        """Orders are not taken over because the shop's API does not answer."""
        self.inbound.endpoint_id = self.endpoint
        self.trip()
        message, _created = self.receive({"id": 1}, external_id="in1")
        self.assertFalse(message.held)
        self.drain(self.inbound)
        self.assertEqual(message.state, "done")

    def test_what_waits_for_a_partner_is_no_stuck_queue(self):
        """The monitor itself is reported as down because a partner does not answer."""
        self.trip()
        self.env.cr.execute(
            "UPDATE integration_message SET held = FALSE, hold_reason = NULL,"
            " next_attempt_at = NULL, received_at = '2020-01-01' WHERE flow_id = %s",
            (self.outbound.id,),
        )
        now = fields.Datetime.now()
        looks = {look["key"]: look for look in self.env["integration.queue"]._look_at_flows(now)}
        self.assertEqual(looks[self.outbound.id]["due"], 0)
        self.assertEqual(looks[self.outbound.id]["held"], 5)
        self.assertEqual(self.env["integration.health"]._part_messages(now)[0], "ok")
