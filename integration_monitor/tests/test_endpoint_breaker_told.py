"""Whom an open breaker tells."""

from datetime import timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from ..instrumentation import log_writer
from ..tools.errors import TransportError
from .common import IntegrationCase
from .common_partner import PartnerMixin
from .test_endpoint_breaker import OK, START, BreakerCase
from .test_runbook import RunbookMixin


@tagged("post_install", "-at_install")
class TestEndpointBreakerTold(BreakerCase):
    def test_somebody_is_told(self):
        """Orders wait behind an open breaker for a day, and nobody has a task."""
        with freeze_time(START) as clock:
            self.trip()
            [problem] = self.env["integration.exception"].search(
                [("endpoint_id", "=", self.endpoint.id), ("is_open", "=", True)]
            )
            self.assertEqual(problem.dedupe_key, f"breaker:{self.endpoint.id}")
            self.assertIn("refused", problem.error_message)
            self.assertTrue(problem.advice)
            clock.tick(timedelta(seconds=31))
            with self.answers(TransportError("refused still")):
                self.drain(self.outbound)
            self.assertEqual(self.endpoint.breaker_state, "open")
            self.assertTrue(problem.is_open)
            clock.tick(timedelta(seconds=61))
            with self.answers(OK):
                self.drain(self.outbound)
            self.assertEqual(self.endpoint.breaker_state, "closed")
            self.assertEqual((problem.state, problem.resolution), ("resolved", "auto"))

    def test_a_person_who_opens_it_is_told_nothing(self):
        """Who stops the calls himself gets a task that says so, and a failure in the log."""
        with log_writer.captured() as seen:
            self.endpoint._switch_breaker("open", "They move house")
        lines = [(line.operation, line.outcome) for line in seen if line.kind == "monitor"]
        self.assertEqual(lines, [("breaker.open", "ok")])
        self.assertFalse(
            self.env["integration.exception"].search([("endpoint_id", "=", self.endpoint.id)])
        )


@tagged("post_install", "-at_install")
class TestBreakerInRunbook(RunbookMixin, PartnerMixin, IntegrationCase):
    def test_probe_and_the_breaker(self):
        """The partner answers, and his messages wait on; or what a person opened closes."""
        self.partner.open = True
        self.endpoint.base_url = self.partner.url
        for forced, state in ((False, "closed"), (True, "open")):
            self.endpoint.write({"breaker_state": "open", "breaker_forced": forced})
            exception = self.exception()
            run = self.start(exception, self.runbook("probe", code=f"p{forced}"))
            exception.action_runbook_do()
            self.assertEqual((self.endpoint.breaker_state, run.state), (state, "done"))
            self.assertIn("breaker", run.line_ids.outcome)
