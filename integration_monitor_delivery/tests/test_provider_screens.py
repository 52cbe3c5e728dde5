from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, new_test_user, tagged

from odoo.addons.integration_monitor.tests.test_issue_screens import WAIT

from .common_provider import ProviderCase


@tagged("post_install", "-at_install")
class TestProviderScreens(ProviderCase, HttpCase):
    """What a provider did lately, on its delivery method and by carrier."""

    def setUp(self):
        super().setUp()
        self.viewer = new_test_user(
            self.env,
            "carrier_viewer",
            groups="integration_monitor.group_viewer,sales_team.group_sale_manager",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        for fault in (None, None, None, 500):
            _order, picking = self.ready()
            self.shop.faults = {picking.name: fault}
            self.watched(picking._action_done, error=fault and UserError)

    def test_figures_of_the_method(self):
        """Three of four bookings succeeded."""
        carrier = self.provider.with_user(self.viewer)
        self.assertEqual(carrier.integration_operation_count, 4)
        self.assertEqual(carrier.integration_success_rate, 0.75)
        self.assertGreater(carrier.integration_duration_ms, 0)
        with Form(carrier) as form:
            self.assertEqual(form.integration_operation_count, 4)
        action = carrier.action_open_integration_operations()
        lines = self.env[action["res_model"]].with_user(self.viewer).search(action["domain"])
        self.assertEqual(sorted(lines.mapped("outcome")), ["error", "ok", "ok", "ok"])
        self.assertEqual(set(lines.mapped("tracking_number")) - {False}, set(self.shop.sold))
        opened = lines[0].action_open_log()
        self.assertEqual(
            self.env[opened["res_model"]].browse(opened["res_id"]).operation, "carrier.book"
        )

    def test_by_carrier(self):
        """Graph and pivot: figures of each method."""
        rows = (
            self.env["integration.carrier.operation"]
            .with_user(self.viewer)
            ._read_group(
                [("carrier_id", "=", self.provider.id)],
                ["carrier_id", "operation"],
                ["__count", "success:avg"],
            )
        )
        self.assertEqual(rows, [(self.provider, "carrier.book", 4, 0.75)])

    def test_rights(self):
        """Who does not look after integrations, or after this company, sees none of it."""
        other = self.env["res.company"].create({"name": "Other"})
        stranger = new_test_user(
            self.env,
            "carrier_stranger",
            groups="integration_monitor.group_viewer",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        Operation = self.env["integration.carrier.operation"]
        domain = [("carrier_id", "=", self.provider.id)]
        self.assertFalse(
            Operation.with_user(stranger).with_context(allowed_company_ids=other.ids).search(domain)
        )
        clerk = new_test_user(self.env, "carrier_clerk", groups="stock.group_stock_user")
        for model in (Operation, self.env["integration.carrier.label"]):
            with self.assertRaises(AccessError):
                model.with_user(clerk).search([])
        # The warehouse validates all the same.
        _order, picking = self.ready()
        clerk.write({"company_ids": [(4, self.company.id)], "company_id": self.company.id})
        picking.with_user(clerk).with_context(allowed_company_ids=self.company.ids)._action_done()
        self.assertEqual(picking.integration_booking, "booked")

    def test_index(self):
        """The operations of one carrier are found without reading the log."""
        self.env.cr.execute(
            "SELECT count(*) FROM pg_indexes WHERE indexname LIKE %s",
            ["integration_log_data_carrier_idx"],
        )
        self.assertEqual(self.env.cr.fetchone()[0], 1)

    def test_in_a_browser(self):
        """The button of the method, the list and the graph are error messages."""
        self.opens(
            f"action-delivery.action_delivery_carrier_form/{self.provider.id}",
            "button[name=action_open_integration_operations] [name=integration_success_rate]",
        )
        self.opens("integration-carriers", ".o_data_row .badge")
        self.opens("integration-carriers?view_type=graph", ".o_graph_renderer canvas")

    def opens(self, path, selector):
        """Open a screen as the viewer, and wait for what it must show."""
        self.browser_js(
            f"/odoo/{path}",
            WAIT % selector,
            "odoo.isReady === true",
            login="carrier_viewer",
            timeout=180,
        )
