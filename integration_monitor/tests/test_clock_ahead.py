"""A clock was a month ahead and came back: nothing waits until then."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from ..tools.http_client import HttpResponse
from .common import IntegrationCase

OK = HttpResponse(200, {}, b"{}", 1.0, None)


@tagged("post_install", "-at_install")
class TestClockAhead(IntegrationCase):
    def setUp(self):
        super().setUp()
        self.now = fields.Datetime.now()
        self.ahead = self.now + timedelta(days=30)

    def message(self, **values):
        """:return: a message as the wrong clock left it behind, without its job"""
        message = self.outbound._emit(self.users["plain"].partner_id)
        self.env.cr.precommit.run()
        message.sudo().write({"attempt_count": 1, **values})
        self.env["queue.job"].search([("method_name", "=", "_drain")]).unlink()
        self.env.flush_all()
        return message

    def swept(self, message):
        """Sweep, and let the lane work if it was woken. :return: the message's state"""
        self.env.flush_all()
        self.env["integration.message"]._sweep()
        self.env.cr.precommit.run()
        jobs = self.env["queue.job"].search([("method_name", "=", "_drain")])
        if any(self.outbound.id in job.records.ids for job in jobs):
            with self.answers(OK):
                self.drain(self.outbound)
        return message.state

    def test_claim(self):
        """The worker died long ago, and its message is in work for a month."""
        message = self.message(state="processing", claimed_at=self.ahead)
        self.assertEqual(self.swept(message), "done")

    def test_claim_of_a_clock_that_is_a_little_ahead(self):
        """Two servers' clocks differ by a minute, and messages are taken away from workers."""
        message = self.message(state="processing", claimed_at=self.now + timedelta(minutes=1))
        self.assertEqual(self.swept(message), "processing")

    def test_retry(self):
        """The retry waits for a month."""
        message = self.message(state="retry", next_attempt_at=self.ahead)
        self.assertEqual(self.swept(message), "done")

    def test_retry_within_bounds(self):
        """A partner asked for six hours, or a policy waits for two days, and is not obeyed."""
        policy, cap = self.outbound.retry_policy_id, timedelta(hours=6)
        message = self.message(state="retry", next_attempt_at=self.now + cap)
        self.assertEqual(self.swept(message), "retry")
        policy.cap_seconds = 2 * 86400
        message.next_attempt_at = self.now + timedelta(days=2)
        self.assertEqual(self.swept(message), "retry")
        message.next_attempt_at = self.now + timedelta(days=3)
        self.assertEqual(self.swept(message), "done")

    def test_retry_of_an_attempt_in_hours(self):
        """The clock was five hours ahead: so long could a partner ask for, but none has."""
        message = self.message()
        with self.answers(HttpResponse(500, {}, b"", 1.0, None)):
            with freeze_time(self.now + timedelta(hours=5)):
                self.drain(self.outbound)
        self.assertEqual(message.state, "retry")
        self.assertEqual(self.swept(message), "done")
        # The time until it would have been given up ran from then on.
        self.assertLessEqual(message.budget_at, fields.Datetime.now())

    def test_probe_that_failed_in_hours(self):
        """The breaker opens again at once, and the message that tried waits for five hours."""
        self.endpoint.sudo().write({"breaker_failure_limit": 1, "breaker_cool_down": 30})
        message = self.message()
        with self.answers(HttpResponse(503, {}, b"", 1.0, None)):
            for hours in (-0.1, 5):
                with freeze_time(self.now + timedelta(hours=hours)):
                    self.drain(self.outbound)
        self.assertEqual(self.endpoint.breaker_trips, 2)
        self.assertEqual(self.swept(message), "done")

    def test_partner_who_asked_in_hours(self):
        """Who asked for a minute by the wrong clock is left alone for five hours."""
        message = self.message()
        with self.answers(HttpResponse(429, {"Retry-After": "60"}, b"", 1.0, None)):
            with freeze_time(self.now + timedelta(hours=5)):
                self.drain(self.outbound)
        self.assertGreater(self.endpoint.throttled_until, self.now + timedelta(hours=5))
        self.assertEqual(self.swept(message), "done")

    def test_waiting(self):
        """What came in by the wrong clock, and lost its job, waits for a month."""
        self.assertEqual(self.swept(self.message(received_at=self.ahead)), "done")

    def test_breaker(self):
        """The partner is back, and nobody tries him for a month."""
        for values in (
            {"breaker_state": "open", "breaker_until": self.ahead},
            {
                "breaker_state": "half_open",
                "breaker_probe": 1,
                "breaker_probe_until": self.ahead,
            },
            {"throttled_until": self.ahead},
        ):
            with self.subTest(values):
                message = self.message()
                self.endpoint.sudo().write(values)
                self.assertEqual(self.swept(message), "done")
                self.assertEqual(self.endpoint.breaker_state, "closed")

    def test_breaker_within_bounds(self):
        """A breaker that waits ten minutes, and a partner who asked for an hour, are called."""
        message = self.message()
        for values in (
            {"breaker_state": "open", "breaker_until": self.now + timedelta(minutes=10)},
            {"breaker_state": "open", "breaker_until": self.now + timedelta(hours=6)},
            {"breaker_state": "closed", "throttled_until": self.now + timedelta(hours=1)},
        ):
            with self.subTest(values):
                self.endpoint.sudo().write(values)
                self.assertEqual(self.swept(message), "pending")

    def test_breaker_of_a_partner_who_asked_for_an_hour(self):
        """He answers 502 with Retry-After, and is called again within the minute."""
        self.endpoint.breaker_failure_limit = 1
        message = self.message()
        busy = HttpResponse(502, {"Retry-After": "3600"}, b"", 1.0, None)
        with self.answers(busy):
            self.drain(self.outbound)
        until = self.endpoint.breaker_until
        self.assertGreater(until, self.now + timedelta(minutes=59))
        self.assertEqual(self.swept(message), "retry")
        self.assertEqual(
            (self.endpoint.breaker_state, self.endpoint.breaker_until), ("open", until)
        )

    def test_breaker_that_opened_in_an_hour(self):
        """The clock was an hour ahead: so long could a partner ask for, but none has."""
        self.endpoint.sudo().write(
            {
                "breaker_state": "open",
                "breaker_opened_at": self.now + timedelta(hours=1),
                "breaker_until": self.now + timedelta(hours=1, seconds=30),
                # So long may it stay open, but has just begun to.
                "breaker_cool_down_cap": 7200,
            }
        )
        self.assertEqual(self.swept(self.message()), "done")

    def test_breaker_whose_probe_failed_in_hours(self):
        """It opened by the right clock, a probe failed by the wrong one: five hours for nothing."""
        self.endpoint.sudo().write({"breaker_failure_limit": 1, "breaker_cool_down": 30})
        message = self.message()
        down, past = HttpResponse(503, {}, b"", 1.0, None), self.now - timedelta(minutes=10)
        with self.answers(down), freeze_time(past):
            self.drain(self.outbound)
        self.assertEqual(self.endpoint.breaker_since, past)
        with self.answers(down), freeze_time(self.now + timedelta(hours=5)):
            self.drain(self.outbound)
        self.assertEqual(self.endpoint.breaker_trips, 2)
        self.assertGreater(self.endpoint.breaker_until, self.now + timedelta(hours=5))
        self.assertEqual(message.state, "retry")
        self.assertEqual(self.swept(self.message()), "done")
        self.assertEqual(self.endpoint.breaker_state, "closed")

    def test_opened_by_a_person(self):
        """The sweep closes what somebody opened."""
        self.endpoint._switch_breaker("open", "Out")
        self.assertEqual(self.swept(self.message()), "pending")

    def test_gentle_for_half_a_minute(self):
        """A breaker that closed by the wrong clock lets one lane work for a month."""
        self.endpoint.sudo().breaker_closed_at = self.ahead
        self.swept(self.message())
        self.assertLessEqual(self.endpoint.breaker_closed_at, fields.Datetime.now())

    def test_rate_limit(self):
        """The tokens of a rate limit come again after a month."""
        self.endpoint.sudo().write({"rate_limit": 1, "rate_period": "second"})
        bucket = self.env["integration.endpoint.bucket"].create(
            {"endpoint_id": self.endpoint.id, "tokens": 0.0, "refilled_at": self.ahead}
        )
        self.swept(self.message())
        self.assertLessEqual(bucket.refilled_at, fields.Datetime.now())
