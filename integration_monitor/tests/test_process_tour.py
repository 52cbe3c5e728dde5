"""The editor of processes, in a browser."""

from odoo.tests import HttpCase, tagged

from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestProcessTour(IntegrationCase, HttpCase):
    def test_new_version(self):
        """An administrator removes a step, adds one, and puts the new version in use."""
        process = self.env.ref("integration_monitor.process_order_to_cash")
        self.start_tour(
            f"/odoo/integration-processes/{process.id}",
            "integration_monitor_process",
            login=self.users["administrator"].login,
            timeout=180,
        )
        self.env.invalidate_all()
        version = self.env["integration.process"].browse(
            self.env["integration.process"]._for_root("sale.order", self.env.company.id)
        )
        self.assertEqual((version.version, version.former_id), (process.version + 1, process))
        last = version.step_ids[-1]
        self.assertEqual(
            (last.code, last.event_code), ("customs_cleared", "external.customs_cleared")
        )
        self.assertNotIn("packed", version.step_ids.mapped("code"))
