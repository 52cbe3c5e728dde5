from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common_issue import IssueCase


@tagged("post_install", "-at_install")
class TestIssueAccess(IssueCase):
    def rpc(self, role, method, *args, model="integration.issue", **kwargs):
        env = self.env(user=self.users[role], su=False)
        return call_kw(env[model], method, list(args), kwargs)

    def setUp(self):
        super().setUp()
        self.lines()
        self.roll_up()
        self.issue = self.issues()

    def test_roles(self):
        """Every employee reads what fails; viewers close it; figures are forged over RPC."""
        ids = self.issue.ids
        for model in ("integration.issue", "integration.issue.occurrence"):
            with self.assertRaises(AccessError):
                self.rpc("plain", "search_read", [], ["id"], model=model)
        self.assertTrue(self.rpc("viewer", "read", ids, ["name", "count_day", "user_count"]))
        self.assertTrue(
            self.rpc(
                "viewer",
                "search",
                [("issue_id", "in", ids)],
                model=f"{self.issue._name}.occurrence",
            )
        )
        for method in ("action_take", "action_resolve", "action_reopen", "action_archive_until"):
            with self.assertRaises(AccessError, msg=method):
                self.rpc("viewer", method, ids)
        with self.assertRaises(AccessError):
            self.rpc("viewer", "create", [{"mode": "forever"}], model="integration.issue.archive")
        for role in ("viewer", "operator", "administrator"):
            for values in ({"state": "resolved"}, {"count": 0}, {"fingerprint": "x"}):
                with self.assertRaises(AccessError, msg=f"{role} {values}"):
                    self.rpc(role, "write", ids, values)
            for method, arguments in (("create", [{"name": "x"}]), ("unlink", ids)):
                with self.assertRaises(AccessError, msg=f"{role} {method}"):
                    self.rpc(role, method, arguments)
            with self.assertRaises(AccessError):
                self.rpc(role, "_set_state", ids, "resolved")
        self.rpc("operator", "write", ids, {"note": "asked the partner"})
        self.rpc("operator", "action_resolve", ids)
        self.assertEqual(self.issue.state, "resolved")
        self.rpc("operator", "action_reopen", ids)
        self.assertEqual(self.issue.state, "ongoing")

    def test_archiving_asks_for_what_it_needs(self):
        """An issue is archived until yesterday."""
        for values in (
            {"mode": "date", "until": "2000-01-01 00:00:00"},
            {"mode": "count", "more": 0},
        ):
            wizard = self.env["integration.issue.archive"].create(
                {"issue_ids": self.issue.ids, **values}
            )
            with self.assertRaises(UserError):
                wizard.action_archive()
        wizard = self.env["integration.issue.archive"].create(
            {"issue_ids": self.issue.ids, "mode": "forever"}
        )
        wizard.action_archive()
        self.assertEqual(
            (self.issue.state, self.issue.archived_until, self.issue.archived_count),
            ("archived", False, 0),
        )

    def test_companies(self):
        """One company's faults are counted for another, or shown to it."""
        company = self.other_company()
        self.lines(3, company_id=company.id)
        self.roll_up()
        issues = self.issues(fingerprint=self.issue.fingerprint)
        self.assertEqual(sorted(issues.mapped("count")), [1, 3])
        for model, field in (
            ("integration.issue", "id"),
            ("integration.issue.occurrence", "issue_id"),
        ):
            found = self.rpc(
                "administrator", "search_read", [(field, "in", issues.ids)], [field], model=model
            )
            self.assertEqual(len(found), 1)
        self.lines(company_id=None)
        self.roll_up()
        self.assertEqual(
            len(self.rpc("viewer", "search", [("fingerprint", "=", self.issue.fingerprint)])), 2
        )
