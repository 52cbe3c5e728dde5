import json

from odoo.tests import HttpCase, new_test_user, tagged

from ..tools.payload import proof
from .test_issue_screens import WAIT


@tagged("post_install", "-at_install")
class TestReplayScreens(HttpCase):
    """The screens of replays, owner rules and expectations open in a browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(
            cls.env,
            "im_screens",
            groups="base.group_user,integration_monitor.group_administrator,"
            "stock.group_stock_user,sales_team.group_sale_salesman",
        )
        system = cls.env["integration.system"].create(
            {"name": "Screens", "code": "im_screens", "environment": "test"}
        )
        cls.flow = cls.env["integration.flow"].create(
            {
                "name": "Screens",
                "code": "im.screens",
                "system_id": system.id,
                "message_type": "screens",
            }
        )
        text = json.dumps({"sku": "B"})
        values = {
            "flow_id": cls.flow.id,
            "system_id": system.id,
            "company_id": cls.flow.company_id.id or cls.env.company.id,
            "direction": "inbound",
            "content_type": "application/json",
            "payload": text,
            **proof(text),
        }
        cls.messages = cls.env["integration.message"].create(
            [{**values, "state": "done"}, {**values, "state": "dead"}]
        )
        cls.messages[1].with_user(cls.user).payload = '{"sku": "C"}'

    def opens(self, path, selector):
        self.browser_js(
            f"/odoo/{path}",
            WAIT % selector,
            "odoo.isReady === true",
            login="im_screens",
            timeout=180,
        )

    def test_replay(self):
        """The dry run is an error message."""
        wizard = self.env["integration.replay.wizard"].with_user(self.user)
        wizard = wizard.create(
            {
                "scope": "selection",
                "message_ids": [(6, 0, self.messages.ids)],
                "reason": "Screens",
                "max_count": 10,
                "rate": 10,
            }
        )
        replay_id = wizard.action_check()["res_id"]
        self.opens("integration-replays", ".o_field_progressbar")
        self.opens(f"integration-replays/{replay_id}", ".o_field_widget[name=line_ids] .o_data_row")

    def test_wizard(self):
        """The button of a message opens nothing."""
        script = """(function look() {
            const button = document.querySelector("button[name=action_replay]");
            if (document.querySelector(".modal [name=reason] input")) {
                console.log("test successful");
                return;
            }
            if (button && !window.pressed) { window.pressed = true; button.click(); }
            setTimeout(look, 50);
        })()"""
        self.browser_js(
            f"/odoo/integration-messages/{self.messages[0].id}",
            script,
            "odoo.isReady === true",
            login="im_screens",
            timeout=180,
        )

    def test_corrections(self):
        """The page of a corrected message is an error message."""
        self.opens(f"integration-messages/{self.messages[1].id}", "[name=corrections]")

    def test_rules(self):
        """Owner rules and expectations are error messages."""
        self.env["integration.owner.rule"].create({"name": "Screens", "user_id": self.user.id})
        expectation = self.env["integration.expectation"].create(
            {"flow_id": self.flow.id, "event_code": "picking.out.done"}
        )
        self.opens("integration-owner-rules", ".o_data_row")
        self.opens(f"integration-expectations/{expectation.id}", ".o_field_widget[name=minutes]")
        self.opens(f"integration-flows/{self.flow.id}", "[name=expectations]")
