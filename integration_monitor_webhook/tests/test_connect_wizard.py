"""'Connect a partner': from a name to a working connection."""

import os
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import config

from odoo.addons.integration_monitor.models.integration_credential import KEY_OPTION, KEY_VARIABLE

from .common import WebhookCase, WebhookHttpCase


class ConnectMixin:
    """Fills in the wizard the way a person does."""

    def start(self, preset="shopify", name="Fixture shop Wadden"):
        """The wizard at its second step, with the flows of a preset."""
        form = Form(self.env["integration.connect.wizard"].with_user(self.admin))
        form.system_name = name
        wizard = form.save()
        wizard.environment = "test"
        wizard.action_next()
        form = Form(wizard)
        form.preset = preset
        if form.has_warehouse:
            form.warehouse_id = self.env["stock.warehouse"].search([], limit=1)
        return form.save()


@tagged("post_install", "-at_install")
class TestConnectWizard(ConnectMixin, WebhookCase):
    def test_shop(self):
        """One pass through the wizard makes everything a shop needs, ready to run."""
        wizard = self.start()
        wizard.action_next()
        self.assertEqual(wizard.step, "outbound")
        form = Form(wizard)
        form.base_url = "https://shop.example/api"
        form.auth_type = "bearer"
        form.token = "partner-token-123456"
        wizard = form.save()
        self.assertFalse(wizard.token)
        wizard.action_connect()
        self.assertEqual(wizard.step, "handover")
        system = wizard.system_id
        self.assertEqual((system.name, system.kind), ("Fixture shop Wadden", "ecommerce"))
        orders, stock = wizard.flow_ids.sorted("direction")
        self.assertEqual((orders.direction, stock.direction), ("inbound", "outbound"))
        self.assertEqual(orders.code, "fixture-shop-wadden.orders")
        self.assertEqual(stock.endpoint_id, wizard.endpoint_id)
        self.assertTrue(stock.coalesce)
        credential = wizard.endpoint_id.credential_ids
        self.assertEqual(credential._reveal(), "partner-token-123456")
        self.assertFalse(wizard.sudo().token_sealed)
        self.assertTrue(wizard.handover_ids.secret.startswith("whsec_"))
        self.assertTrue(wizard.handover_ids.webhook_url.endswith(orders.webhook_path))
        handover = wizard.handover_ids
        wizard.action_done()
        handover.invalidate_recordset()
        self.assertFalse(handover.secret)

    def outbound_step(self, **values):
        """The wizard at its third step, with the sign-in of ``values``."""
        wizard = self.start()
        wizard.action_next()
        form = Form(wizard)
        form.base_url = "https://shop.example/api"
        for name, value in values.items():
            form[name] = value
        return form.save()

    def test_oauth2(self):
        """A partner that gives tokens cannot be connected without the endpoint's form."""
        wizard = self.outbound_step(
            auth_type="oauth2",
            oauth_token_url="https://login.shop.example/token",
            oauth_scope="orders",
            oauth_client_auth="post",
            login="client-7",
            token="client-secret-123456",
        )
        wizard.action_connect()
        endpoint = wizard.endpoint_id
        self.assertEqual(
            (endpoint.auth_type, endpoint.oauth_token_url, endpoint.oauth_scope),
            ("oauth2", "https://login.shop.example/token", "orders"),
        )
        self.assertEqual(endpoint.oauth_client_auth, "post")
        credential = endpoint.credential_ids
        self.assertEqual((credential.kind, credential.login), ("oauth2", "client-7"))
        self.assertEqual(credential._reveal(), "client-secret-123456")

    def test_hmac(self):
        """A partner that wants signed requests cannot be connected."""
        wizard = self.outbound_step(
            auth_type="hmac",
            hmac_signed="timestamp_body",
            hmac_algorithm="sha512",
            hmac_encoding="base64",
            hmac_header="X-Shop-Signature",
            hmac_prefix="v1=",
            token="signing-secret-123456",
        )
        wizard.action_connect()
        endpoint = wizard.endpoint_id
        self.assertEqual(
            (endpoint.hmac_signed, endpoint.hmac_algorithm, endpoint.hmac_encoding),
            ("timestamp_body", "sha512", "base64"),
        )
        self.assertEqual(
            (endpoint.hmac_header, endpoint.hmac_prefix, endpoint.hmac_timestamp_header),
            ("X-Shop-Signature", "v1=", "X-Timestamp"),
        )
        self.assertEqual(endpoint.credential_ids.kind, "hmac")
        self.assertEqual(endpoint.credential_ids._reveal(), "signing-secret-123456")

    def test_what_a_sign_in_lacks_is_named(self):
        """The partner is connected, and the first call fails."""
        wizard = self.outbound_step(auth_type="oauth2")
        with self.assertRaisesRegex(UserError, "gives tokens"):
            wizard.action_connect()
        wizard.oauth_token_url = "https://id:secret@login.example/token"
        with self.assertRaisesRegex(UserError, "not into the address"):
            wizard.action_connect()
        wizard.oauth_token_url = "https://login.example/token"
        with self.assertRaisesRegex(UserError, "client id"):
            wizard.action_connect()
        wizard.login = "client-7"
        with self.assertRaisesRegex(UserError, "secret"):
            wizard.action_connect()
        wizard.write({"token": "secret-123456789", "auth_type": "hmac", "hmac_header": "Host"})
        with self.assertRaisesRegex(UserError, "X-Signature"):
            wizard.action_connect()
        self.assertFalse(wizard.flow_ids)

    def test_inbound_only(self):
        """Who only receives is not asked for an address."""
        wizard = self.start("custom")
        wizard.action_next()
        self.assertEqual(wizard.step, "handover")
        self.assertFalse(wizard.endpoint_id)
        self.assertEqual(len(wizard.handover_ids), 1)

    def test_two_partners_of_one_name(self):
        """A second partner of the same name gets addresses of its own."""
        self.start("custom").action_next()
        second = self.start("custom")
        self.assertEqual(second.line_ids.code, "fixture-shop-wadden2.in")
        second.action_next()

    def test_existing_system(self):
        """Further flows go to a system that exists."""
        action = self.system.with_user(self.admin).action_connect_partner()
        wizards = self.env["integration.connect.wizard"].with_user(self.admin)
        form = Form(wizards.with_context(**action["context"]))
        self.assertEqual(form.system_name, self.system.name)
        wizard = form.save()
        wizard.action_next()
        form = Form(wizard)
        form.preset = "custom"
        wizard = form.save()
        wizard.action_next()
        self.assertEqual(wizard.flow_ids.system_id, self.system)

    def test_what_is_missing_is_named(self):
        """Each step says what to enter instead of failing later."""
        wizard = self.env["integration.connect.wizard"].with_user(self.admin).create({})
        with self.assertRaisesRegex(UserError, "Name the system"):
            wizard.action_next()
        wizard = self.start()
        wizard.line_ids[0].code = "Not a code"
        with self.assertRaisesRegex(UserError, "small letters"):
            wizard.action_next()
        wizard.line_ids[0].code = self.flow.code
        with self.assertRaisesRegex(UserError, "used already"):
            wizard.action_next()
        wizard.line_ids[0].code = "fine"
        wizard.action_next()
        wizard.base_url = "shop.example"
        with self.assertRaisesRegex(UserError, "full address"):
            wizard.action_connect()
        wizard.base_url = "https://user:secret@shop.example"
        with self.assertRaisesRegex(UserError, "not into the address"):
            wizard.action_connect()
        wizard.base_url = "https://shop.example"
        with self.assertRaisesRegex(UserError, "token"):
            wizard.action_connect()
        self.assertFalse(wizard.flow_ids)

    def test_missing_key(self):
        """Without an encryption key the first screen says so, before anything is typed."""
        with patch.dict(os.environ), patch.dict(config.options, {KEY_OPTION: ""}):
            os.environ.pop(KEY_VARIABLE)
            wizard = (
                self.env["integration.connect.wizard"]
                .with_user(self.admin)
                .create({"system_name": "Shop"})
            )
            self.assertIn(KEY_VARIABLE, wizard.key_problem)
            self.assertEqual(len(wizard.new_key), 44)
            with self.assertRaisesRegex(UserError, KEY_VARIABLE):
                wizard.action_next()

    def test_back(self):
        """Going back loses nothing."""
        wizard = self.start()
        wizard.action_back()
        self.assertEqual((wizard.step, len(wizard.line_ids)), ("who", 2))

    def test_presets_without_handler(self):
        """A preset is not offered when nothing here can handle its messages."""
        presets = self.env["integration.connect.preset"]
        absent = {"x": {"label": "X", "kind": "other", "flows": [{"handler": "no.such.handler"}]}}
        with patch.object(type(presets), "_presets", return_value=absent):
            self.assertFalse(presets._available())

    def test_every_preset_connects(self):
        """Each offered preset leads to flows that can be saved."""
        for code in self.env["integration.connect.preset"]._available():
            with self.subTest(code):
                wizard = self.start(code, name=f"Partner {code}")
                wizard.write({"base_url": "https://partner.example", "auth_type": "none"})
                wizard.action_connect()
                self.assertEqual(wizard.step, "handover")


@tagged("post_install", "-at_install")
class TestConnectionTest(ConnectMixin, WebhookHttpCase):
    def connected(self, path):
        """A wizard whose partner is this very server."""
        wizard = self.start()
        wizard.write(
            {
                "base_url": self.base_url(),
                "auth_type": "none",
                "allowed_networks": "127.0.0.0/8",
                "health_path": path,
            }
        )
        wizard.action_connect()
        return wizard

    def test_connection_works(self):
        """A real call, with status and time."""
        wizard = self.connected("/web/health")
        with self.allow_requests(all_requests=True):
            wizard.action_test_connection()
        self.assertEqual(wizard.connection_state, "ok", wizard.connection_message)
        self.assertIn("200", wizard.connection_message)

    def test_connection_fails_in_words(self):
        """A failure says what to do."""
        wizard = self.connected("/integration/no-such-page")
        with self.allow_requests(all_requests=True):
            wizard.action_test_connection()
        self.assertEqual(wizard.connection_state, "failed")
        self.assertIn("path", wizard.connection_message)

    def test_test_event_from_the_wizard(self):
        """The hand-over shows whether the way in works, and when something came last."""
        self.env["ir.config_parameter"].set_param("web.base.url", self.base_url())
        wizard = self.connected("/")
        handover = wizard.handover_ids
        with self.allow_requests(all_requests=True):
            handover.action_send_test_event()
        self.assertEqual(handover.test_state, "ok", handover.test_message)
        self.env.invalidate_all()
        self.assertNotIn("none", handover.last_delivery_text)
