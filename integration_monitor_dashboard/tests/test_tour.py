from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from odoo.addons.integration_monitor.tools.errors import BusinessError

from .common import DashboardCase


@tagged("post_install", "-at_install")
class TestTour(DashboardCase, HttpCase):
    def test_exception_retry_resolved(self):
        """From the red number to the message that went through, without leaving the browser."""

        def refuse(handler, message, payload):
            raise BusinessError("Product LAMP-7 is unknown.")

        message, _created = self.receive({"id": 1}, external_id="tour-1")
        with self.handler(self.inbound, _handle=refuse):
            self.drain(self.inbound)
        self.assertEqual(message.exception_ids.state, "open")

        model = self.registry["integration.exception"]
        retry = model.action_retry

        def retry_and_work(exceptions):
            """The button, and right after it the job that the runner would start."""
            result = retry(exceptions)
            exceptions.env.flush_all()
            for flow in exceptions.sudo().flow_id:
                flow._as_service()._drain()
            return result

        with patch.object(model, "action_retry", retry_and_work):
            self.start_tour(
                "/odoo/control-tower",
                "integration_monitor_control_tower_retry",
                login=self.users["operator"].login,
                timeout=180,
            )
        self.env.invalidate_all()
        self.assertEqual(message.state, "done")
        self.assertEqual(message.exception_ids.state, "resolved")
