from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..tools.errors import BusinessError
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestDigest(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in cls.users.values():
            user.email = f"{user.login}@example.com"

    def send(self):
        """:return: the mails of a digest, kept although they were sent"""
        mail_class = type(self.env["mail.mail"])
        with patch.object(mail_class, "send", lambda mails, **kwargs: True):
            return self.env["integration.digest"]._send()

    def mail_of(self, mails, role):
        """:return: the mail for a role"""
        return mails.filtered(lambda mail: self.users[role].email in mail.email_to)

    def yesterday(self):
        """Make one done and one failed message of yesterday."""

        def handle(handler, message, payload):
            if payload["id"] == 2:
                raise BusinessError("No such product.")

        messages = [self.receive({"id": n}, external_id=f"y{n}")[0] for n in (1, 2)]
        with self.handler(self.inbound, _handle=handle):
            self.drain(self.inbound)
        for message in messages:
            message.sudo().received_at = fields.Datetime.now() - timedelta(days=1)
        self.env.flush_all()
        return messages[1].exception_ids

    def test_managers_get_real_mail(self):
        """Managers learn about failures from their customers."""
        exception = self.yesterday()
        mails = self.send()
        mail = self.mail_of(mails, "administrator")
        self.assertEqual(len(mail), 1)
        self.assertIn("1 failed", mail.subject)
        self.assertIn(self.inbound.name, mail.body_html)
        self.assertIn(exception.name, mail.body_html)
        self.assertIn(f"/odoo/integration-exceptions/{exception.id}", mail.body_html)
        self.assertFalse(self.mail_of(mails, "viewer"))
        self.assertFalse(self.mail_of(mails, "plain"))

    def test_everybody_may_decline(self):
        """The digest cannot be switched off."""
        user = self.users["support"]
        user.with_user(user).write({"integration_digest_wanted": False})
        mails = self.send()
        self.assertFalse(self.mail_of(mails, "support"))
        self.assertTrue(self.mail_of(mails, "operator"))

    def test_companies_are_kept_apart(self):
        """The digest tells one company about the orders of another."""
        company = self.other_company()
        system = self.env["integration.system"].create(
            {"name": "Far", "code": "far", "company_id": company.id, "environment": "test"}
        )
        flow = self.env["integration.flow"].create(
            {"name": "Far flow", "code": "far.digest", "system_id": system.id, "message_type": "x"}
        )
        self.env["integration.exception"]._open([{"name": "Far failure", "flow_id": flow.id}])
        mail = self.mail_of(self.send(), "administrator")
        self.assertNotIn("Far failure", mail.body_html)

    def test_settings_move_the_hour(self):
        """The hour on the settings page has no effect."""
        settings = self.env["res.config.settings"].create(
            {"integration_digest": True, "integration_digest_hour": 4}
        )
        settings.set_values()
        cron = self.env.ref("integration_monitor.ir_cron_digest")
        self.assertEqual(cron.nextcall.hour, 4)
        self.assertGreater(cron.nextcall, fields.Datetime.now())
        self.env["res.config.settings"].create({"integration_digest_hour": 0}).set_values()
        self.assertEqual(self.env["res.config.settings"].create({}).integration_digest_hour, 0)
        settings = self.env["res.config.settings"].create({"integration_digest": False})
        settings.set_values()
        self.assertFalse(cron.active)

    def test_settings_never_show_the_key(self):
        """The encryption key is on the screen."""
        import os

        settings = self.env["res.config.settings"].create({})
        self.assertTrue(settings.integration_key_usable)
        self.assertNotIn(os.environ["INTEGRATION_MONITOR_KEY"], str(settings.read()))

    def test_old_messages_are_removed(self):
        """Messages fill the disk, or an open one is removed."""
        exception = self.yesterday()
        done, _created = self.receive({"id": 9}, external_id="old")
        self.drain(self.inbound)
        dead = exception.message_id
        (done | dead).sudo().write({"received_at": "2001-01-01 00:00:00"})
        self.env.flush_all()
        self.env["integration.message"]._gc_messages()
        self.assertFalse(done.exists())
        self.assertTrue(dead.exists())
