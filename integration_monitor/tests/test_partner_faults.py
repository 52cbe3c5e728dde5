from datetime import timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from ..tools.errors import TimeoutError_, TransportError
from ..tools.http_client import HttpResponse
from .test_endpoint_breaker import OK, START, BreakerCase
from .test_flow_limits import slow_down

HOUR = 3600


@tagged("post_install", "-at_install")
class TestPartnerFaults(BreakerCase):
    """Partners as they are on bad days: nothing is lost, nothing is sent twice."""

    def pass_time(self, clock, seconds, step):
        """Let the lane's jobs and the sweep come as time goes by."""
        for _round in range(seconds // step):
            clock.tick(timedelta(seconds=step))
            self.env["integration.message"]._sweep()
            self.drain(self.outbound)

    def test_slower_for_an_hour(self):
        """A partner says 429 for an hour, and messages die of it, or he is asked 1,000 times."""
        with freeze_time(START) as clock:
            messages = self.emit(5)
            with self.answers(slow_down(HOUR)) as requests:
                self.drain(self.outbound)
                self.pass_time(clock, HOUR - 60, 60)
                self.assertEqual(len(requests), 1)
                self.assertEqual(set(messages.mapped("state")), {"retry", "pending"})
                self.assertEqual(set(messages.mapped("hold_reason")), {"rate_limit"})
            with self.answers(OK) as requests:
                self.pass_time(clock, 300, 30)
            self.assertEqual(set(messages.mapped("state")), {"done"})
            self.assertEqual(len(requests), 5)

    def test_slower_without_a_time(self):
        """A partner says 429 for an hour, and not until when."""
        busy = HttpResponse(status=429, headers={}, body=b"", elapsed_ms=1.0, address=None)
        self.policy.write({"max_attempts": 20, "deadline_minutes": 240, "cap_seconds": 600})
        with freeze_time(START) as clock:
            messages = self.emit(3)
            with self.answers(busy) as requests:
                self.drain(self.outbound)
                self.pass_time(clock, HOUR, 60)
            self.assertLess(len(requests), 61)
            with self.answers(OK):
                self.pass_time(clock, HOUR, 60)
            self.assertEqual(set(messages.mapped("state")), {"done"})

    def test_flapping(self):
        """A partner that fails every other time gets messages twice, or never."""
        self.policy.write({"max_attempts": 20, "deadline_minutes": 240})
        self.endpoint.retry_percent = 100
        down = TransportError("down")
        with freeze_time(START) as clock:
            messages = self.emit(6)
            with self.answers(*[answer for _n in range(6) for answer in (down, OK)]) as requests:
                self.drain(self.outbound)
                self.pass_time(clock, HOUR, 60)
            self.assertEqual(set(messages.mapped("state")), {"done"})
            keys = [request["headers"]["Idempotency-Key"] for request in requests]
            self.assertEqual(set(keys), set(messages.mapped("idempotency_key")))

    def test_hanging(self):
        """Each message waits for a partner that hangs, and dies of it."""
        with freeze_time(START) as clock:
            messages = self.emit(8)
            with self.answers(TimeoutError_("hangs")) as requests:
                self.drain(self.outbound)
                calls = len(requests)
                self.assertLess(calls, 8)
                self.pass_time(clock, HOUR, 60)
                # One probe at a time, ever more rarely.
                self.assertLess(len(requests), calls + 15)
                self.assertFalse(set(messages.mapped("state")) - {"pending", "retry"})
            with self.answers(OK):
                self.pass_time(clock, HOUR, 60)
            self.assertEqual(set(messages.mapped("state")), {"done"})

    def test_garbage(self):
        """A partner answers 200 with bytes that nothing can keep, and is called for ever."""
        garbage = HttpResponse(
            status=200, headers={}, body=b"\x00<\xff{", elapsed_ms=1.0, address=None
        )
        message = self.emit(1)
        with self.answers(garbage) as requests:
            self.drain(self.outbound)
        self.assertEqual((message.state, message.attempt_count), ("done", 1))
        self.assertEqual(len(requests), 1)

        def refuse(_handler, _message, response):
            raise ValueError(f"what is {response.text!r}?")

        message = self.emit(1)
        with self.handler(self.outbound, _on_success=refuse), self.answers(garbage) as requests:
            with self.assertLogs("odoo.addons.integration_monitor", "WARNING"):
                self.drain(self.outbound)
        # He did it: what he said is kept, and applied by the next attempt without a call.
        self.assertEqual(message.state, "retry")
        self.due_now(message)
        with self.answers(OK) as requests:
            self.drain(self.outbound)
        self.assertEqual((message.state, requests), ("done", []))

    def test_settling_that_fails_calls_once(self):
        """The partner took a message, settling it fails, and he gets it again."""
        fails = [True]

        def resolve(records):
            if fails:
                fails.clear()
                raise ZeroDivisionError
            return resolve_exceptions(records)

        resolve_exceptions = type(self.env["integration.message"])._resolve_exceptions
        self.patch(type(self.env["integration.message"]), "_resolve_exceptions", resolve)
        message = self.emit(1)
        with self.answers(OK) as requests:
            self.drain(self.outbound)
        self.assertEqual(message.state, "done")
        self.assertEqual(len(requests), 1)
