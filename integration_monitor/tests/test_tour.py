"""The screens of runbooks and of signing in, in a browser."""

from odoo.tests import HttpCase, tagged

from .common import IntegrationCase
from .test_runbook import RunbookMixin


@tagged("post_install", "-at_install")
class TestTour(RunbookMixin, IntegrationCase, HttpCase):
    def test_runbook(self):
        """From the exception through its steps to the signed run."""
        exception = self.exception()
        runbook = self.runbook("pause", False, False, name="Tour runbook")
        runbook.fingerprints = exception.fingerprint
        for step, (name, check) in zip(
            runbook.step_ids,
            (("Stop sending", "It is paused"), ("Call them", "They know"), ("Write a report", "")),
            strict=True,
        ):
            step.write({"name": name, "check_text": check})
        self.start_tour(
            f"/odoo/integration-exceptions/{exception.id}",
            "integration_monitor_runbook",
            login=self.users["operator"].login,
            timeout=180,
        )
        self.env.invalidate_all()
        run = exception.runbook_run_ids
        self.assertEqual(run.state, "done")
        self.assertEqual(run.line_ids.mapped("state"), ["done", "done", "skipped"])
        self.assertEqual(run.line_ids.user_id, self.users["operator"])
        notes = run.line_ids.mapped("note")
        self.assertEqual(notes, [False, "They know already", "It was short"])
        self.assertEqual(self.outbound.state, "paused")

    def test_sign_in(self):
        """An administrator sets up OAuth 2 on the endpoint's form."""
        self.endpoint.write(
            {"auth_type": "oauth2", "oauth_token_url": "https://login.example/token"}
        )
        self.start_tour(
            f"/odoo/integration-endpoints/{self.endpoint.id}",
            "integration_monitor_sign_in",
            login=self.users["administrator"].login,
            timeout=180,
        )
        self.env.invalidate_all()
        self.assertEqual(self.endpoint.oauth_token_url, "https://login.tour.example/token")
        credential = self.endpoint.credential_ids
        self.assertEqual((credential.kind, credential.login), ("oauth2", "client-7"))
        self.assertEqual(credential._reveal(), "tour-secret-123456")
