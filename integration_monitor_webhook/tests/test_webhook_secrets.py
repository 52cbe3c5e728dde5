"""Secrets: shown once, to one person, for a short time; test events."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import WebhookCase, WebhookHttpCase


@tagged("post_install", "-at_install")
class TestSecretIsShownOnce(WebhookCase):
    def setUp(self):
        super().setUp()
        self.as_admin = self.flow.with_user(self.admin)
        action = self.as_admin.action_new_webhook_secret()
        self.handover = self.env[action["res_model"]].with_user(self.admin).browse(action["res_id"])

    def test_shown_to_its_maker(self):
        """The person who made the secret can copy it, and the former one stays valid."""
        self.assertTrue(self.handover.secret.startswith("whsec_"))
        self.assertEqual(self.handover.former_secret_count, 1)
        self.assertEqual(self.flow.webhook_secret_count, 2)
        self.assertIn(self.handover.secret, self.handover.example_shell)
        self.assertIn(self.handover.secret, self.handover.example_python)

    def test_gone_when_done(self):
        """After 'I copied it' nobody reads the secret again."""
        secret = self.handover.secret
        self.handover.action_done()
        self.handover.invalidate_recordset()
        self.assertFalse(self.handover.secret)
        self.assertNotIn(secret, self.handover.example_shell)

    def test_gone_after_a_while(self):
        """A dialog left open does not show the secret for ever."""
        later = fields.Datetime.now() + timedelta(minutes=16)
        self.handover.invalidate_recordset()
        with patch.object(fields.Datetime, "now", return_value=later):
            self.assertFalse(self.handover.secret)

    def test_not_for_another_administrator(self):
        """Another administrator can make a secret of his own, not read this one."""
        other = new_test_user(
            self.env, "webhook_admin_2", groups="integration_monitor.group_administrator"
        )
        with self.assertRaises(AccessError):
            self.handover.with_user(other).read(["secret"])
        forged = (
            self.env["integration.webhook.handover"]
            .with_user(other)
            .create({"flow_id": self.flow.id, "credential_id": self.handover.credential_id.id})
        )
        self.assertFalse(forged.secret)

    def test_outbound_flow_has_none(self):
        """A secret for a flow that nobody delivers to would mislead."""
        self._make_outbound()
        with self.assertRaises(UserError):
            self.as_admin.action_new_webhook_secret()


@tagged("post_install", "-at_install")
class TestTestEvent(WebhookHttpCase):
    def send_event(self):
        self.env["ir.config_parameter"].set_param("web.base.url", self.base_url())
        self.env.flush_all()
        with self.allow_requests(all_requests=True):
            return self.flow.with_user(self.admin)._send_test_event()

    def test_real_delivery(self):
        """The button proves the whole way: address, signature, database."""
        outcome = self.send_event()
        self.assertTrue(outcome.ok, outcome.text)
        message = self.messages()
        self.assertEqual((message.state, message.message_type), ("done", "integration.test"))
        self.assertTrue(message.external_id.startswith("test_"))
        self.flow.invalidate_recordset()
        self.assertTrue(self.flow.webhook_last_delivery_at)

    def test_without_secret(self):
        """The button says what is missing."""
        self.credential.action_retire()
        outcome = self.send_event()
        self.assertFalse(outcome.ok)
        self.assertIn("secret", outcome.text)

    def test_archived(self):
        """The button says in words what the answer means."""
        self.flow.active = False
        outcome = self.send_event()
        self.assertFalse(outcome.ok)
        self.assertIn("archived", outcome.text)

    def test_unreachable(self):
        """A wrong base address is named, with where to correct it."""
        self.env["ir.config_parameter"].set_param("web.base.url", "http://127.0.0.1:9")
        with self.allow_requests(all_requests=True):
            outcome = self.flow._send_test_event()
        self.assertFalse(outcome.ok)
        self.assertIn("web.base.url", outcome.text)
