from odoo.tests import HttpCase, new_test_user, tagged

from ..instrumentation import log_writer
from ..tools.observation import Observation

# Says so when the selector appears; browser_js fails on an error of the page, and after 3 minutes.
WAIT = """(function look() {
    if (document.querySelector(%r)) { console.log("test successful"); }
    else { setTimeout(look, 50); }
})()"""


@tagged("post_install", "-at_install")
class TestIssueScreens(HttpCase):
    """The screens open in a browser, with what only a browser draws."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        new_test_user(
            cls.env, "im_screens", groups="base.group_user,integration_monitor.group_administrator"
        )
        line = Observation(
            "rpc_in",
            outcome="error",
            error_class="server",
            error_message="screen 1 failed",
            company_id=cls.env.company.id,
        )
        log_writer.write_on(cls.env.cr, [line] * 3)
        cls.env["integration.metric"]._roll_up_on(cls.env.cr)
        cls.issue = cls.env["integration.issue"].search([("name", "=", "screen … failed")])

    def opens(self, path, selector):
        self.browser_js(
            f"/odoo/{path}",
            WAIT % selector,
            "odoo.isReady === true",
            login="im_screens",
            timeout=180,
        )

    def test_board(self):
        """The board of issues is an error message."""
        self.opens("integration-issues", ".o_kanban_record .o_field_widget[name=user_id]")

    def test_form(self):
        """The week of an issue is not drawn."""
        self.opens(
            f"integration-issues/{self.issue.id}", ".o_field_widget[name=trend_graph] canvas"
        )

    def test_dependencies(self):
        """The list of dependencies, and the page of a system, are error messages."""
        system = self.env["integration.system"].create(
            {"name": "Screens", "code": "im_screens", "environment": "test"}
        )
        self.opens("integration-dependencies", ".o_list_view")
        self.opens(f"integration-systems/{system.id}", "[name=dependencies]")
