from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..tools.errors import RequestUnusable
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestEndpointAddress(IntegrationCase):
    def test_addresses_that_no_call_can_use(self):
        """An address is saved, and the first call fails with a traceback or wrong advice."""
        for address, words in (
            ("http://[::1/", "valid host"),
            ("http://127.0.0.1:abc/", "port"),
            ("http://127.0.0.1:999999/", "port"),
            ("http://exa mple/x", "space"),
            ("shop.example", "full address"),
            ("http://user:pw@shop.example", "not into the address"),
        ):
            with self.subTest(address), self.assertRaisesRegex(ValidationError, words):
                self.endpoint.base_url = address

    def test_path_for_the_test_is_relative(self):
        """'Test connection' of a full address tells to allow a network."""
        with self.assertRaisesRegex(ValidationError, "follows the address"):
            self.endpoint.health_path = "http://evil.example/"
        self.endpoint.health_path = "/health?deep=1"

    def test_token_address(self):
        """The token address raises a traceback."""
        with self.assertRaisesRegex(ValidationError, "full token address"):
            self.endpoint.write({"auth_type": "oauth2", "oauth_token_url": "http://[::1/"})

    def test_what_is_sent_in_headers_is_visible(self):
        """A pasted line break is saved, and no call leaves any more."""
        credentials = self.env["integration.credential"]
        owner = {"endpoint_id": self.endpoint.id}
        for values in (
            {"kind": "bearer", "secret": "token-123456789\r\n"},
            {"kind": "api_key", "secret": " token"},
            {"kind": "basic", "login": "me\nyou", "secret": "x"},
        ):
            with self.subTest(values), self.assertRaises(ValidationError) as caught:
                credentials.create({**owner, **values})
            self.assertNotIn("token-123456789", str(caught.exception))
        with self.assertRaisesRegex(ValidationError, "before the signature"):
            self.endpoint.write({"auth_type": "hmac", "hmac_prefix": "v1=\r\n"})

    def test_address_of_an_older_version(self):
        """An address that was saved before it was checked: a traceback in place of words."""
        self.endpoint.flush_recordset()
        self.env.cr.execute(
            "UPDATE integration_endpoint SET base_url = 'http://[::1/' WHERE id = %s",
            [self.endpoint.id],
        )
        self.endpoint.invalidate_recordset()
        with self.assertRaises(RequestUnusable):
            self.endpoint._call("GET")
