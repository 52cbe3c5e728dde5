"""The screens of deadlines, in a browser."""

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from .common_deadline import DeadlineCommon


@tagged("post_install", "-at_install")
class TestDeadlineTour(DeadlineCommon, HttpCase):
    def test_screens(self):
        """An administrator enters a cut-off, and lets a step follow dates."""
        administrator = new_test_user(
            self.env, "im_deadline_tour",
            groups="base.group_user,integration_monitor.group_administrator",
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        self.start_tour(
            "/odoo/integration-cut-offs",
            "integration_monitor_deadline",
            login=administrator.login,
            timeout=180,
        )
        self.assertEqual(self.steps["shipped"].deadline_offset, -30)
        cut_off = self.env["integration.cut.off"].search([("company_id", "=", self.company.id)])
        self.assertTrue(cut_off.saturday and cut_off.monday and not cut_off.sunday)
