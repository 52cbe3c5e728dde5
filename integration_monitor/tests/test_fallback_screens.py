from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from .common import IntegrationCase
from .common_gate import GateCase
from .test_issue_screens import WAIT

# Presses a button, fills a field of the dialog, confirms, and waits until the button is gone.
DIALOG = """(function act(step) {
    const next = (n) => setTimeout(() => act(n), 50);
    const find = (selector) => document.querySelector(selector);
    const button = find("button[name=%(button)s]");
    if (step === 0) {
        if (!button) { return next(0); }
        button.click();
        return next(1);
    }
    if (step === 1) {
        const input = find(".modal .o_field_widget[name=%(field)s] :is(input, textarea)");
        if (!input) { return next(1); }
        input.value = "%(text)s";
        input.dispatchEvent(new Event("input", {bubbles: true}));
        input.dispatchEvent(new Event("change", {bubbles: true}));
        find(".modal button[name=%(confirm)s]").click();
        return next(2);
    }
    if (find(".modal") || button) { return next(2); }
    console.log("test successful");
})(0)"""


@tagged("post_install", "-at_install")
class TestFallbackScreens(IntegrationCase, HttpCase):
    """What people see of a partner that is out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Forms of flows show warehouses, and carriers where there are any.
        cls.operator = new_test_user(
            cls.env,
            "im_fallback_screens",
            groups="base.group_user,stock.group_stock_user,integration_monitor.group_operator",
        )

    def opens(self, path, script):
        self.browser_js(
            f"/odoo/{path}",
            script,
            "odoo.isReady === true",
            login=self.operator.login,
            timeout=180,
        )

    def test_flow_tells_the_way(self):
        """The form does not show that messages go elsewhere, nor how many wait."""
        spare = self.env["integration.endpoint"].create(
            {**self._endpoint_values(), "name": "Spare API", "code": "im_spare_api"}
        )
        self.outbound.write({"fallback": "endpoint", "fallback_endpoint_id": spare.id})
        self.endpoint.action_pause()
        self.outbound._emit(self.env.user.partner_id)
        path = f"integration-flows/{self.outbound.id}"
        self.opens(path, WAIT % ".alert .o_field_widget[name=diversion]")
        self.opens(path, WAIT % ".alert .o_field_widget[name=backlog_text]")

    def test_done_by_hand(self):
        """From the exception to the confirmation, with a reference."""
        self.outbound.write({"fallback": "manual", "manual_text": "Call them."})
        self.endpoint._switch_breaker("open", "He is out")
        message = self.outbound._emit(self.env.user.partner_id)
        message.sudo().received_at = fields.Datetime.now() - timedelta(hours=1)
        self.env["integration.message"]._sweep()
        exception = message.exception_ids
        self.opens(
            f"integration-exceptions/{exception.id}",
            DIALOG
            % {
                "button": "action_done_by_hand",
                "field": "reference",
                "text": "TEL-7",
                "confirm": "action_confirm",
            },
        )
        self.env.invalidate_all()
        self.assertEqual((message.state, message.by_hand_reference), ("done", "TEL-7"))
        self.assertEqual(exception.state, "resolved")
        self.opens(
            f"integration-messages/{message.id}",
            WAIT % ".o_field_widget[name=by_hand_reference]",
        )


@tagged("post_install", "-at_install")
class TestGateScreens(GateCase, HttpCase):
    """What people see of a gate."""

    def opens(self, path, script, user):
        self.browser_js(
            f"/odoo/{path}", script, "odoo.isReady === true", login=user.login, timeout=180
        )

    def test_override(self):
        """The transfer's form offers no way to who is entitled."""
        self.gate()
        picking = self.ready(self.order().picking_ids)
        action = self.env.ref("stock.action_picking_tree_all").id
        self.opens(
            f"action-{action}/{picking.id}",
            WAIT % ".alert .o_field_widget[name=integration_gate_text]",
            self.clerk,
        )
        self.opens(
            f"action-{action}/{picking.id}",
            DIALOG
            % {
                "button": "action_override_gate",
                "field": "reason",
                "text": "The driver waits",
                "confirm": "action_override",
            },
            self.boss,
        )
        self.env.invalidate_all()
        row = self.env["integration.gate.override"].sudo().search([])
        self.assertEqual((row.user_id, row.reason), (self.boss, "The driver waits"))

    def test_configuration(self):
        """The screens of gates and overrides are error messages."""
        gate = self.gate()
        picking = self.ready(self.order().picking_ids)
        picking.with_user(self.boss)._integration_override_gate("The driver waits")
        administrator = new_test_user(
            self.env,
            "im_gate_screens",
            groups="base.group_user,integration_monitor.group_administrator",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.opens("integration-gates", WAIT % ".o_data_row [name=step_id]", administrator)
        self.opens(
            f"integration-gates/{gate.id}", WAIT % ".o_field_widget[name=unlinked]", administrator
        )
        self.opens("integration-gate-overrides", WAIT % ".o_data_row [name=reason]", administrator)
