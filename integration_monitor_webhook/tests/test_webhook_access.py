"""Who may do what, checked the way a client would try: through RPC."""

from odoo.exceptions import AccessError
from odoo.service.model import get_public_method
from odoo.tests import new_test_user, tagged

from .common import WebhookCase


@tagged("post_install", "-at_install")
class TestWebhookAccess(WebhookCase):
    def test_wizard_is_for_administrators(self):
        """Nobody below an administrator can connect a partner or make secrets."""
        for group in ("viewer", "operator", "support"):
            user = new_test_user(
                self.env, f"webhook_{group}", groups=f"integration_monitor.group_{group}"
            )
            with self.subTest(group):
                with self.assertRaises(AccessError):
                    self.env["integration.connect.wizard"].with_user(user).create({})
                with self.assertRaises(AccessError):
                    self.flow.with_user(user).action_new_webhook_secret()
                with self.assertRaises(AccessError):
                    self.flow.with_user(user).action_send_test_event()

    def test_private_methods(self):
        """What reveals or forges is not callable from outside."""
        for model, name in (
            ("integration.credential", "_show_once"),
            ("integration.credential", "_webhook_secrets"),
            ("integration.flow", "_webhook_profile"),
            ("integration.message", "_settle_test_event"),
        ):
            with self.subTest(name), self.assertRaises(AccessError):
                get_public_method(self.env[model], name)

    def test_secret_columns_are_closed(self):
        """Not even an administrator reads an encrypted secret."""
        credential = self.credential.with_user(self.admin)
        with self.assertRaises(AccessError):
            credential.read(["secret_encrypted"])
        self.assertEqual(credential.read(["secret"])[0]["secret"], False)
        wizard = self.env["integration.connect.wizard"].with_user(self.admin).create({})
        with self.assertRaises(AccessError):
            wizard.read(["token_sealed"])
        with self.assertRaises(AccessError):
            wizard.write({"token_sealed": "x"})
