import os
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import config

from ..tools import crypto
from ..tools.errors import AuthError
from ..tools.http_client import HttpResponse
from .common import IntegrationCase

OK = HttpResponse(status=200, headers={}, body=b"{}", elapsed_ms=1.0, address=None)
SECRET = "sk_live_0123456789abcdef"


@tagged("post_install", "-at_install")
class TestCredential(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.credential = cls.env["integration.credential"].create(
            {"endpoint_id": cls.endpoint.id, "kind": "bearer", "secret": SECRET}
        )

    def test_encrypted_at_rest(self):
        """A copy of the database hands out the partner's secrets."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT to_jsonb(c)::text FROM integration_credential c WHERE id = %s",
            (self.credential.id,),
        )
        stored = self.env.cr.fetchone()[0]
        self.assertNotIn(SECRET, stored)
        self.assertEqual(self.credential._reveal(), SECRET)
        self.assertEqual(self.credential.fingerprint, "cdef")

    def test_nobody_reads_it(self):
        """Whoever has a login reads secrets over RPC."""
        for role, user in self.users.items():
            credential = self.credential.with_user(user)
            if role != "administrator":
                with self.assertRaises(AccessError, msg=role):
                    credential.read(["fingerprint"])
                with self.assertRaises(AccessError, msg=role):
                    credential.read(["secret"])
            else:
                self.assertFalse(credential.read(["secret"])[0]["secret"])
            with self.assertRaises(AccessError, msg=role):
                credential.read(["secret_encrypted"])
            with self.assertRaises(AccessError, msg=role):
                credential.search([("secret_encrypted", "like", "gAAAA%")])
            with self.assertRaises(AccessError, msg=role):
                credential.write({"secret_encrypted": "x"})
            self.assertNotIn("secret_encrypted", credential.fields_get())

    def test_empty_secret_keeps_the_stored_one(self):
        """Saving the form without typing the secret again erases it."""
        self.credential.write({"secret": False, "login": "me"})
        self.assertEqual(self.credential._reveal(), SECRET)

    def test_missing_key_says_how_to_make_one(self):
        """Storing a secret fails with a traceback."""
        with (
            patch.dict(os.environ, {"INTEGRATION_MONITOR_KEY": ""}),
            patch.dict(config.options, {"integration_monitor_key": False}),
        ):
            with self.assertRaisesRegex(UserError, "INTEGRATION_MONITOR_KEY"):
                self.credential.secret = "another secret"
            usable, text = self.credential._encryption_status()
            self.assertFalse(usable)
            self.assertIn("generate_key", text)
        self.assertTrue(self.credential._encryption_status()[0])
        other = {"INTEGRATION_MONITOR_KEY": crypto.generate_key()}
        with patch.dict(os.environ, other):
            usable, text = self.credential._encryption_status()
            self.assertFalse(usable, "the settings are green, and no call leaves")
            self.assertIn("another one", text)

    def test_rotation(self):
        """After a new key was put in front, old secrets cannot be read."""
        old = os.environ["INTEGRATION_MONITOR_KEY"]
        new = crypto.generate_key()
        with patch.dict(os.environ, {"INTEGRATION_MONITOR_KEY": f"{new},{old}"}):
            self.assertEqual(self.credential._reveal(), SECRET)
            self.assertGreaterEqual(self.env["integration.credential"]._rotate_keys(), 1)
        with patch.dict(os.environ, {"INTEGRATION_MONITOR_KEY": new}):
            self.assertEqual(self.credential._reveal(), SECRET)

    def test_call_signs_in_and_logs_no_secret(self):
        """The partner's token is in the integration log."""
        from ..instrumentation import log_writer

        self.endpoint.auth_type = "bearer"
        with self.answers(OK) as requests, log_writer.captured() as seen:
            self.endpoint._call("GET", "/orders?page=1")
        self.assertEqual(requests[0]["headers"]["Authorization"], f"Bearer {SECRET}")
        calls = [item for item in seen if item.kind == "http_out"]
        self.assertEqual(len(calls), 1)
        self.assertNotIn(SECRET, repr(calls))

    def test_other_ways_to_sign_in(self):
        """API keys and user/password are sent the wrong way."""
        self.endpoint.write({"auth_type": "api_key", "auth_header": "X-Token"})
        self.env["integration.credential"].create(
            {"endpoint_id": self.endpoint.id, "kind": "api_key", "secret": "key-1"}
        )
        with self.answers(OK) as requests:
            self.endpoint._call("GET")
        self.assertEqual(requests[0]["headers"]["X-Token"], "key-1")
        self.endpoint.auth_type = "basic"
        self.env["integration.credential"].create(
            {"endpoint_id": self.endpoint.id, "kind": "basic", "login": "u", "secret": "p"}
        )
        with self.answers(OK) as requests:
            self.endpoint._call("GET")
        self.assertEqual(requests[0]["client"].auth, ("u", "p"))

    def test_retired_secret_is_not_used(self):
        """A retired token goes on being sent."""
        self.endpoint.auth_type = "bearer"
        self.credential.action_retire()
        with self.answers(OK), self.assertRaises(AuthError):
            self.endpoint._call("GET")

    def test_webhook_secret_is_handed_over_once(self):
        """A webhook secret cannot be given to the partner, or can be read for ever."""
        credential, secret = self.env["integration.credential"]._issue_webhook_secret(self.inbound)
        self.assertTrue(secret.startswith("whsec_"))
        self.assertEqual(credential._reveal(), secret)
        admin = credential.with_user(self.users["administrator"])
        self.assertNotIn(secret, str(admin.read()))
