"""Who may see, work through and change runbooks."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import IntegrationCase
from .test_runbook import RunbookMixin


@tagged("post_install", "-at_install")
class TestRunbookAccess(RunbookMixin, IntegrationCase):
    def test_roles(self):
        """A viewer pauses flows by way of a runbook; an operator rewrites runbooks."""
        exception = self.exception()
        runbook = self.runbook("pause")
        for role in ("viewer", "plain"):
            with self.assertRaises(AccessError, msg=role):
                self.start(exception.with_user(self.users[role]), runbook)
        run = self.start(exception, runbook)
        line = run.line_ids
        for role in ("viewer", "plain"):
            for method in ("action_do", "action_next", "action_skip"):
                with self.assertRaises(AccessError, msg=(role, method)):
                    getattr(line.with_user(self.users[role]), method)()
        self.assertEqual(self.outbound.state, "active")
        self.assertEqual(line.with_user(self.users["viewer"]).name, "Step 1")
        for role in ("viewer", "operator", "support"):
            with self.assertRaises(AccessError, msg=role):
                runbook.with_user(self.users[role]).name = "Mine"
            with self.assertRaises(AccessError, msg=role):
                self.env["integration.runbook.run"].with_user(self.users[role]).create(
                    {"name": "Forged", "exception_id": exception.id, "state": "done"}
                )
        runbook.with_user(self.users["administrator"]).name = "Better"

    def test_forged_signatures(self):
        """Somebody signs in another's name, through the API."""
        run = self.start(self.exception(), self.runbook(False))
        line = run.line_ids.with_user(self.users["operator"])
        for values in ({"state": "done"}, {"user_id": 1}, {"outcome": "fine"}, {"name": "x"}):
            with self.assertRaises(AccessError, msg=values):
                line.write(values)
        with self.assertRaises(AccessError):
            run.with_user(self.users["administrator"]).write({"state": "done"})
        line.write({"note": "I saw it"})

    def test_companies(self):
        """Runs and runbooks of another company are shown."""
        company = self.other_company()
        self.env.user.company_ids |= company
        system = self.env["integration.system"].create(
            {"name": "Else", "code": "else", "company_id": company.id, "environment": "test"}
        )
        flow = self.env["integration.flow"].create(
            {**self._inbound_values(), "code": "else.in", "system_id": system.id}
        )
        foreign = self.runbook(False, code="foreign", company_id=company.id)
        exception = self.exception(flow_id=flow.id, dedupe_key="test:else").with_user(self.env.user)
        run = self.start(exception, foreign)
        operator = self.users["operator"]
        for record in (foreign, foreign.step_ids, run, run.line_ids):
            self.assertFalse(
                record.with_user(operator).search([("id", "in", record.ids)]), record._name
            )
            with self.assertRaises(AccessError, msg=record._name):
                record.with_user(operator).read(["name"])
        with self.assertRaises(AccessError):
            self.start(self.exception(), foreign)
