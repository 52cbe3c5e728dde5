from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from ..tools.errors import IntegrationError
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestNeutralize(IntegrationCase):
    def test_copy_is_harmless(self):
        """A copy of the production database books labels and knows the carrier's token."""
        credential = self.env["integration.credential"].create(
            {"endpoint_id": self.endpoint.id, "kind": "bearer", "secret": "sk_live_0123456789"}
        )
        self.env["integration.credential.token"]._write_on(
            self.env.cr, credential.id, "profile", {"token_encrypted": "gAAAA"}
        )
        message = self.outbound._emit(self.env.user.partner_id)
        self.env.cr.precommit.run()
        self.env.flush_all()
        for query in get_neutralization_queries(["integration_monitor"]):
            self.env.cr.execute(query)
        self.env.invalidate_all()
        self.assertEqual(self.endpoint.state, "paused")
        self.assertEqual(self.outbound.state, "paused")
        self.assertIn(".invalid", self.endpoint.base_url)
        self.assertFalse(credential.sudo().secret_encrypted)
        self.assertFalse(self.env["integration.credential.token"].search([]))
        self.assertEqual(message.hold_reason, "neutralized")
        self.assertFalse(
            self.env["queue.job"].search(
                [("method_name", "=", "_drain"), ("state", "=", "pending")]
            )
        )
        self.endpoint.action_resume()
        self.outbound.action_resume()
        self.drain(self.outbound)
        self.assertEqual(message.state, "pending")
        self.endpoint.auth_type = "bearer"
        with self.assertRaises(IntegrationError):
            self.endpoint._call("GET")
