from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..tools.errors import ContractError
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestMessageEdit(IntegrationCase):
    """A payload as it was sent, as it is now, and every step between."""

    def setUp(self):
        super().setUp()

        def handle(handler, message, payload):
            raise ContractError("No.")

        self.message, _created = self.receive({"sku": "A", "email": "jane@example.com"})
        with self.handler(self.inbound, _handle=handle):
            self.drain(self.inbound)
        self.assertEqual(self.message.state, "quarantined")

    def edit(self, text):
        self.message.with_user(self.users["support"]).payload = text

    def test_each_correction_is_kept(self):
        """Two people correct a payload, and nobody knows who changed what."""
        original = self.message.payload
        self.edit('{"sku": "B", "email": "jane@example.com"}')
        self.edit('{"sku": "C", "email": "jane@example.com"}')
        edits = self.message.edit_ids.sorted("id")
        self.assertEqual(edits.user_id, self.users["support"])
        self.assertIn('-  "sku": "A",', edits[0].diff)
        self.assertIn('+  "sku": "B",', edits[0].diff)
        self.assertIn('-  "sku": "B",', edits[1].diff)
        self.assertEqual(edits[0].sha256_after, edits[1].sha256_before)
        self.assertEqual(edits[0].sha256_before, self.message.payload_sha256)
        self.assertEqual(self.message.payload_original, original)
        self.assertIn('-  "sku": "A",', self.message.payload_diff)
        self.assertIn('+  "sku": "C",', self.message.payload_diff)

    def test_no_correction(self):
        """Saving the form counts as a correction."""
        self.edit(self.message.payload)
        self.assertFalse(self.message.edit_ids)

    def test_differences_follow_the_policy(self):
        """Personal data is hidden in the payload, and readable in the difference."""
        self.inbound.payload_policy = "redact"
        self.edit('{"sku": "A", "email": "john@example.com"}')
        self.assertIn("jane@", self.message.edit_ids.diff)
        self.message.action_retry()
        self.drain(self.inbound)
        self.assertEqual(self.message.state, "done")
        self.assertFalse(self.message.edit_ids.diff)
        self.assertTrue(self.message.edit_ids.sha256_after)
        self.assertNotIn("jane@", self.message.payload_diff or "")

    def test_access(self):
        """Operators read personal data in differences; support rewrites the record."""
        self.edit('{"sku": "B"}')
        edit = self.message.edit_ids
        with self.assertRaises(AccessError):
            edit.with_user(self.users["operator"]).read(["diff"])
        edit.with_user(self.users["support"]).read(["diff"])
        for role in ("support", "administrator"):
            with self.subTest(role=role):
                with self.assertRaises(UserError):
                    edit.with_user(self.users[role]).write({"diff": False})
                with self.assertRaises(AccessError):
                    edit.with_user(self.users[role]).unlink()
        with self.assertRaises(UserError):
            edit.sudo().write({"diff": "forged"})
