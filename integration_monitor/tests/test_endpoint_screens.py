from odoo.tests import HttpCase, new_test_user, tagged

from .test_issue_screens import WAIT

# Presses a button by its name, writes the reason, confirms, and waits for the closed breaker.
CLOSE = """(function act(step) {
    const next = (n) => setTimeout(() => act(n), 50);
    const find = (selector) => document.querySelector(selector);
    if (step === 0) {
        const button = find("button[name=action_close_breaker]");
        if (!button) { return next(0); }
        button.click();
        return next(1);
    }
    if (step === 1) {
        const input = find(".modal .o_field_widget[name=reason] input");
        if (!input) { return next(1); }
        input.value = "The partner says that he is back";
        input.dispatchEvent(new Event("input", {bubbles: true}));
        input.dispatchEvent(new Event("change", {bubbles: true}));
        find(".modal button[name=action_switch]").click();
        return next(2);
    }
    if (find(".modal") || find("button[name=action_close_breaker]")) { return next(2); }
    console.log("test successful");
})(0)"""


@tagged("post_install", "-at_install")
class TestEndpointScreens(HttpCase):
    """The screens of limits and maintenance open in a browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        new_test_user(
            cls.env, "im_screens", groups="base.group_user,integration_monitor.group_administrator"
        )
        system = cls.env["integration.system"].create(
            {"name": "Screens", "code": "im_screens", "environment": "test"}
        )
        cls.endpoint = cls.env["integration.endpoint"].create(
            {
                "name": "Screens",
                "code": "im_screens",
                "system_id": system.id,
                "base_url": "https://screens.example.com",
                "breaker_state": "open",
                "breaker_reason": "No answer",
                "breaker_since": "2026-05-04 10:00:00",
                "breaker_until": "2026-05-04 10:00:30",
            }
        )
        cls.window = cls.env["integration.maintenance"].create(
            {
                "name": "Backup",
                "system_id": system.id,
                "repeat": "weekly",
                "sunday": True,
                "tz": "Europe/Berlin",
            }
        )

    def opens(self, path, script):
        self.browser_js(
            f"/odoo/{path}", script, "odoo.isReady === true", login="im_screens", timeout=180
        )

    def test_close_the_breaker(self):
        """The button of the form asks for a reason that nobody can give."""
        self.opens(f"integration-endpoints/{self.endpoint.id}", CLOSE)
        self.endpoint.invalidate_recordset()
        self.assertEqual(self.endpoint.breaker_state, "closed")
        self.assertIn("he is back", self.endpoint.message_ids[0].body)

    def test_list(self):
        """The list of endpoints does not show which partner does not answer."""
        self.opens("integration-endpoints", WAIT % ".o_data_row [name=breaker_state] .badge")

    def test_maintenance(self):
        """The screens of maintenance windows are error messages."""
        self.opens("integration-maintenance", WAIT % ".o_data_row [name=schedule]")
        self.opens(
            f"integration-maintenance/{self.window.id}", WAIT % ".o_field_widget[name=start_hour]"
        )
