from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..tools.errors import RemoteError, TimeoutError_, TransportError
from ..tools.http_client import HttpResponse
from .common import IntegrationCase

OK = HttpResponse(status=200, headers={}, body=b"{}", elapsed_ms=1.0, address=None)
BUSY = HttpResponse(status=503, headers={}, body=b"", elapsed_ms=1.0, address=None)
REFUSED = HttpResponse(status=422, headers={}, body=b"{}", elapsed_ms=1.0, address=None)
START = "2026-05-04 10:00:00"


class BreakerCase(IntegrationCase):
    """An endpoint that opens after three failures, and a policy that is never exhausted."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.env["integration.retry.policy"].create(
            {
                "name": "Patient",
                "code": "im_patient",
                "max_attempts": 3,
                "base_seconds": 1,
                "cap_seconds": 1,
                "deadline_minutes": 60,
            }
        )
        cls.outbound.retry_policy_id = cls.policy
        cls.endpoint.write({"breaker_failure_limit": 3, "breaker_timeout_limit": 2})

    def emit(self, count=1):
        """:return: so many messages for different partners, the first goes first"""
        partners = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(count)])
        return self.outbound._emit(partners).sorted("id")

    def trip(self, count=5, error=None):
        """Let messages fail until the breaker opens. :return: the messages"""
        messages = self.emit(count)
        with self.answers(error or TransportError("refused")) as requests:
            self.drain(self.outbound)
        self.assertEqual(self.endpoint.breaker_state, "open")
        self.tried = len(requests)
        return messages


@tagged("post_install", "-at_install")
class TestEndpointBreaker(BreakerCase):
    def test_what_waits_uses_up_no_attempt(self):
        """A partner is down for an hour, and every order of that hour dies."""
        messages = self.trip()
        self.assertEqual(self.tried, 3)
        # Chance says after which wait a message is tried again, and so which ones were tried.
        self.assertEqual(sum(messages.mapped("attempt_count")), 3)
        self.assertEqual(
            messages.mapped("state"),
            ["retry" if message.attempt_count else "pending" for message in messages],
        )
        self.assertEqual(messages.mapped("hold_reason"), ["breaker"] * 5)
        self.assertEqual(self.endpoint.breaker_reason, "refused")
        late = self.emit()
        self.assertEqual((late.held, late.hold_reason), (True, "breaker"))
        with self.answers(OK) as requests:
            self.drain(self.outbound)
        self.assertFalse(requests)

    def test_job_waits_for_the_probe(self):
        """Each order that comes meanwhile starts a job that finds nothing to do."""
        self.trip()
        self.env.cr.precommit.run()
        jobs = self.env["queue.job"].search([("method_name", "=", "_drain")])
        for _turn in range(3):
            self.emit()
            self.env.cr.precommit.run()
        more = self.env["queue.job"].search([("method_name", "=", "_drain")]) - jobs
        self.assertFalse(more)
        self.assertIn(self.endpoint.breaker_until, jobs.mapped("eta"))

    def test_one_probe_closes_it_and_all_go(self):
        """The partner is back, and what waited still waits."""
        with freeze_time(START) as clock:
            messages = self.trip()
            clock.tick(timedelta(seconds=29))
            with self.answers(OK) as requests:
                self.drain(self.outbound)
                self.assertFalse(requests)
                clock.tick(timedelta(seconds=2))
                self.drain(self.outbound)
            self.assertEqual(self.endpoint.breaker_state, "closed")
            self.assertEqual(messages.mapped("state"), ["done"] * 5)
            self.assertFalse(any(messages.mapped("held")))
            self.assertEqual(len(requests), 5)

    def test_failed_probe_costs_nothing_and_waits_longer(self):
        """The message that happens to be the probe dies of an outage."""
        with freeze_time(START) as clock:
            messages = self.trip()
            for expected in (60, 120, 240, 480, 600, 600):
                clock.tick(self.endpoint.breaker_until - fields.Datetime.now())
                clock.tick(timedelta(seconds=1))
                with self.answers(BUSY) as requests:
                    self.drain(self.outbound)
                self.assertEqual(len(requests), 1)
                self.assertEqual(self.endpoint.breaker_state, "open")
                self.assertEqual(
                    self.endpoint.breaker_until,
                    fields.Datetime.now() + timedelta(seconds=expected),
                )
            self.assertNotIn("dead", messages.mapped("state"))
            probe = messages[0]
            self.assertEqual(probe.attempt_count, 7)
            self.assertEqual(probe.attempt_count - probe.attempt_start, 1)
            # The hour of the policy went by while nobody was called; it begins anew.
            clock.tick(timedelta(hours=5))
            with self.answers(OK, TransportError("once more"), OK):
                self.drain(self.outbound)
            self.assertEqual(set(messages.mapped("state")), {"done", "retry"})

    def test_refused_document_is_no_probe(self):
        """A document that the partner refuses is taken for the partner's recovery, or his fall."""
        with freeze_time(START) as clock:
            messages = self.trip()
            clock.tick(timedelta(seconds=31))
            with self.answers(REFUSED, BUSY) as requests:
                self.drain(self.outbound)
            self.assertEqual(len(requests), 2)
            self.assertEqual(messages[0].state, "dead")
            self.assertEqual(self.endpoint.breaker_state, "open")
            self.assertEqual(self.endpoint.breaker_trips, 2)

    def test_refused_documents_never_open_it(self):
        """Twenty orders with a wrong postcode stop all others."""
        self.emit(20)
        with self.answers(REFUSED) as requests:
            self.drain(self.outbound)
        self.assertEqual(len(requests), 20)
        self.assertEqual(self.endpoint.breaker_state, "closed")

    def test_timeouts_open_it_earlier(self):
        """Ten calls hang for half a minute each before anybody notices."""
        self.trip(error=TimeoutError_("no answer"))
        self.assertEqual(self.tried, 2)

    def test_share_of_the_window(self):
        """Every second call fails for hours, never three in a row."""
        self.env.cr.execute(
            """INSERT INTO integration_log_data
                      (occurred_at, retention_class, kind, outcome, endpoint_id, error_class, count)
               SELECT now() AT TIME ZONE 'UTC', 'standard', 'http_out', 'ok', %s,
                      CASE WHEN n %% 2 = 0 THEN 'server' END, 1
                 FROM generate_series(1, 9) n""",
            (self.endpoint.id,),
        )
        self.emit()
        with self.answers(BUSY):
            self.drain(self.outbound)
        self.assertEqual(self.endpoint.breaker_state, "open")

    def test_answered_calls_write_nothing(self):
        """Each answered call writes the endpoint's row, and lanes queue for it."""
        self.emit(1)
        with self.answers(OK):
            self.drain(self.outbound)
        before = self.endpoint.write_date
        self.emit(3)
        self.env.flush_all()
        self.env.cr.execute("SELECT xmin, ctid FROM integration_endpoint")
        rows = self.env.cr.fetchall()
        with self.answers(OK):
            self.drain(self.outbound)
        self.env.cr.execute("SELECT xmin, ctid FROM integration_endpoint")
        self.assertEqual(self.env.cr.fetchall(), rows)
        self.assertEqual(self.endpoint.write_date, before)

    def test_kept_answer_needs_no_call(self):
        """An answer that came before the outage is applied when the partner is back."""
        message = self.emit()
        message.sudo().write(
            {
                "state": "retry",
                "answer": {
                    "status": 200, "headers": {}, "body": "{}", "elapsed_ms": 1.0, "address": None,
                },
            }
        )  # fmt: skip
        self.endpoint.write({"breaker_state": "half_open", "breaker_since": START})
        with self.answers(BUSY) as requests:
            self.drain(self.outbound)
        self.assertFalse(requests)
        self.assertEqual(message.state, "done")

    def test_switched_off_opens_never_and_releases(self):
        """The breaker is switched off, and what it held is held for ever."""
        messages = self.trip()
        self.endpoint.breaker_enabled = False
        self.assertEqual(self.endpoint.breaker_state, "closed")
        self.assertFalse(any(messages.mapped("held")))
        self.due_now(messages)
        # The clock stands still: nothing that failed is due again before the lane leaves.
        with freeze_time(fields.Datetime.now()), self.answers(BUSY) as requests:
            self.drain(self.outbound)
        self.assertEqual(len(requests), 5)
        self.assertEqual(self.endpoint.breaker_state, "closed")

    def test_people_open_and_close(self):
        """An operator stops a partner, and the next probe starts him again."""
        operator = self.endpoint.with_user(self.users["operator"])
        messages = self.emit(2)
        self.assertEqual(operator.action_open_breaker()["res_model"], "integration.breaker.switch")
        self._switch("open", "He sends rubbish")
        self.assertEqual(messages.mapped("hold_reason"), ["breaker"] * 2)
        self.assertIn("He sends rubbish", self.endpoint.breaker_reason)
        self.assertIn("He sends rubbish", self.endpoint.message_ids[0].body)
        with freeze_time(fields.Datetime.now() + timedelta(days=2)), self.answers(OK) as requests:
            self.drain(self.outbound)
            self.assertFalse(requests)
            self._switch("close", "Corrected")
            self.drain(self.outbound)
        self.assertEqual(messages.mapped("state"), ["done"] * 2)
        self.assertFalse(self.endpoint.breaker_reason)

    def _switch(self, operation, reason):
        self.env["integration.breaker.switch"].with_user(self.users["operator"]).create(
            {
                "endpoint_ids": self.endpoint.ids,
                "operation": operation,
                "reason": reason,
            }
        ).action_switch()

    def test_reset_forgets_the_partners_wish(self):
        """Support hears that the partner is ready, and still waits six hours."""
        later = fields.Datetime.now() + timedelta(hours=6)
        self.endpoint.throttled_until = later
        message = self.emit()
        self.assertEqual(message.hold_reason, "rate_limit")
        self._switch("reset", "Called him")
        self.assertFalse(self.endpoint.throttled_until)
        self.assertFalse(message.held)

    def test_who_may_switch(self):
        """Whoever may look may also let the calls go."""
        for login in ("viewer", "plain"):
            with self.assertRaises(AccessError):
                self.endpoint.with_user(self.users[login])._switch_breaker("open", "x")
        with self.assertRaises(UserError):
            self.endpoint._switch_breaker("open", "  ")

    def test_settings_that_make_no_sense(self):
        """A breaker without thresholds is believed to protect."""
        for values in (
            {"breaker_failure_limit": 0, "breaker_timeout_limit": 0, "breaker_share": 0},
            {"breaker_share": 101},
            {"breaker_cool_down": 0},
            {"breaker_cool_down": 700},
            {"breaker_window": 0},
            {"max_concurrency": 0},
            {"rate_limit": -1},
            {"retry_percent": 101},
            {"retry_floor": 0},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.endpoint.write(values)

    def test_test_connection_closes_it(self):
        """A person sees that the partner answers, and the suite waits for its own probe."""
        self.trip()
        with self.answers(BUSY):
            self.endpoint.with_user(self.users["operator"]).action_test_connection()
        self.assertEqual(self.endpoint.breaker_state, "open")
        with self.answers(OK):
            self.endpoint.with_user(self.users["operator"]).action_test_connection()
        self.assertEqual(self.endpoint.breaker_state, "closed")

    def test_the_log_tells(self):
        """Nobody can tell afterwards when the breaker was open."""
        self.emit(3)
        with self.answers(RemoteError(503)):
            seen = self.drain(self.outbound)
        lines = [line.operation for line in seen if line.kind == "monitor"]
        self.assertEqual(lines, ["breaker.open"])

    def test_paused_partner_is_paused(self):
        """A paused endpoint is shown as not answering."""
        self.trip()
        self.endpoint.action_pause()
        message = self.emit()
        self.assertEqual(message.hold_reason, "paused")
