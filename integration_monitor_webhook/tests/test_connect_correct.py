"""'Connect a partner' with something that cannot work: said at once, and corrected in place."""

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from odoo.addons.integration_monitor.tests.common_partner import PartnerMixin

from .common import WebhookCase
from .test_connect_wizard import ConnectMixin


@tagged("post_install", "-at_install")
class TestConnectCorrect(PartnerMixin, ConnectMixin, WebhookCase):
    def outbound_step(self, **values):
        """The wizard at its third step, with an address of the partner."""
        wizard = self.start()
        wizard.action_next()
        wizard.write({"base_url": self.partner.url, "allowed_networks": "127.0.0.0/8", **values})
        return wizard

    def test_what_no_call_can_use_is_refused(self):
        """It is saved, and the test then blames the path or the network."""
        for words, values in (
            ("valid host", {"base_url": "http://[::1/"}),
            ("port", {"base_url": "http://127.0.0.1:abc/"}),
            ("port", {"base_url": "http://127.0.0.1:999999/"}),
            ("space", {"base_url": "http://exa mple/x"}),
            ("follows the address", {"health_path": "http://evil.example/"}),
            ("line break", {"token": "abc\r\n"}),
            ("header", {"auth_type": "api_key", "auth_header": "Bad Header:\r\nX: y"}),
            ("header", {"auth_type": "api_key", "auth_header": False}),
        ):
            with self.subTest(values):
                wizard = self.outbound_step(**{"token": "right-token", **values})
                with self.assertRaisesRegex(UserError, words):
                    wizard.action_connect()
                self.assertFalse(wizard.flow_ids)

    def test_nothing_sent_is_said(self):
        """The address of an endpoint was spoilt later: the test says the path is unknown."""
        wizard = self.outbound_step(token="right-token")
        wizard.action_connect()
        wizard.endpoint_id.flush_recordset()
        self.env.cr.execute(
            "UPDATE integration_endpoint SET base_url = 'http://127.0.0.1:abc' WHERE id = %s",
            [wizard.endpoint_id.id],
        )
        wizard.endpoint_id.invalidate_recordset()
        wizard.action_test_connection()
        self.assertEqual(wizard.connection_state, "failed")
        self.assertIn("Nothing was sent", wizard.connection_message)
        self.assertFalse(self.partner.api_calls)

    def test_wrong_token_and_address_are_corrected(self):
        """A wrong token leaves the wizard useless, and what was made must be sought."""
        self.partner.valid.add("right-token")
        wizard = self.outbound_step(token="wrong-token")
        wizard.action_connect()
        wizard.action_test_connection()
        self.assertEqual(wizard.connection_state, "failed")
        made = wizard.system_id, wizard.endpoint_id, wizard.flow_ids, wizard.handover_ids
        secret = wizard.handover_ids.secret

        wizard.action_correct()
        self.assertEqual((wizard.step, wizard.base_url), ("outbound", self.partner.url))
        self.assertFalse(wizard.token)
        self.assertTrue(wizard.token_given)
        with self.assertRaisesRegex(UserError, "connected already"):
            wizard.action_connect()
        form = Form(wizard)
        form.token = "right-token"
        form.base_url = f"{self.partner.url}/v1"
        wizard = form.save()
        wizard.action_save_correction()
        self.assertEqual(
            (wizard.step, wizard.connection_state), ("handover", "ok"), wizard.connection_message
        )
        self.assertEqual(
            (wizard.system_id, wizard.endpoint_id, wizard.flow_ids, wizard.handover_ids), made
        )
        self.assertEqual(wizard.handover_ids.secret, secret)
        self.assertEqual(wizard.endpoint_id.base_url, f"{self.partner.url}/v1")
        self.assertEqual(len(wizard.endpoint_id.credential_ids), 1)
        self.assertEqual(wizard.endpoint_id.credential_ids._reveal(), "right-token")
        self.assertFalse(wizard.sudo().token_sealed)

    def test_address_alone_keeps_the_token(self):
        """Whoever corrects the path must have the token at hand."""
        self.partner.valid.add("right-token")
        wizard = self.outbound_step(token="right-token", base_url="http://127.0.0.1:9")
        wizard.action_connect()
        wizard.action_test_connection()
        self.assertEqual(wizard.connection_state, "failed")
        wizard.action_correct()
        wizard.base_url = self.partner.url
        wizard.action_save_correction()
        self.assertEqual(wizard.connection_state, "ok", wizard.connection_message)

    def test_another_sign_in_needs_its_secret(self):
        """A bearer token is taken for a password; the former one stays valid beside it."""
        wizard = self.outbound_step(token="bearer-token")
        wizard.action_connect()
        wizard.action_correct()
        wizard.write({"auth_type": "basic", "login": "me"})
        with self.assertRaisesRegex(UserError, "password"):
            wizard.action_save_correction()
        wizard.token = "pass-word"
        wizard.action_save_correction()
        credentials = wizard.endpoint_id.credential_ids
        self.assertEqual(
            {(c.kind, c.state) for c in credentials},
            {("bearer", "retired"), ("basic", "active")},
        )

    def test_back_changes_nothing(self):
        """'Back' after a correction that was begun saves half of it."""
        wizard = self.outbound_step(token="first-token")
        wizard.action_connect()
        wizard.action_correct()
        wizard.write({"base_url": "https://else.example", "token": "other-token"})
        wizard.action_back()
        self.assertEqual((wizard.step, wizard.base_url), ("handover", self.partner.url))
        self.assertFalse(wizard.sudo().token_sealed)
        self.assertEqual(wizard.endpoint_id.base_url, self.partner.url)
        self.assertEqual(wizard.endpoint_id.credential_ids._reveal(), "first-token")
