"""Requests signed by HMAC reach the partner as it verifies them."""

import hashlib
import hmac
from unittest.mock import patch

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..instrumentation import log_writer
from .common import IntegrationCase
from .common_partner import PartnerMixin

KEY = "signing-secret-0123456789"


@tagged("post_install", "-at_install")
class TestHmac(PartnerMixin, IntegrationCase):
    def setUp(self):
        super().setUp()
        self.partner.open = True
        self.endpoint.write({"base_url": self.partner.url, "auth_type": "hmac"})
        self.env["integration.credential"].create(
            {"endpoint_id": self.endpoint.id, "kind": "hmac", "secret": KEY}
        )

    def test_signature_over_the_bytes_that_arrive(self):
        """The partner refuses each request: the signature is over something else."""
        self.endpoint.write(
            {
                "hmac_signed": "timestamp_body",
                "hmac_algorithm": "sha512",
                "hmac_prefix": "v1=",
                "hmac_header": "X-Acme-Signature",
                "hmac_timestamp_header": "X-Acme-Time",
            }
        )
        with log_writer.captured() as seen:
            self.endpoint._call("POST", "/orders", json={"name": "Ünit"})
        [call] = self.partner.api_calls
        content = call["headers"]["X-Acme-Time"].encode() + b"." + call["body"]
        expected = hmac.new(KEY.encode(), content, hashlib.sha512).hexdigest()
        self.assertEqual(call["headers"]["X-Acme-Signature"], f"v1={expected}")
        self.assertNotIn(expected, repr(seen))
        self.assertNotIn(KEY, repr(seen))

    def test_each_attempt_is_signed_anew(self):
        """A retry carries the time of the first attempt, and is refused as too old."""
        self.endpoint.hmac_signed = "timestamp_body"
        for moment in (1000, 2000):
            with patch("time.time", return_value=moment):
                self.endpoint._call("GET", "/a")
        stamps = [call["headers"]["X-Timestamp"] for call in self.partner.api_calls]
        self.assertEqual(stamps, ["1000", "2000"])

    def test_headers_that_break_requests_are_refused(self):
        """A signature in the header Host is saved, and each call fails."""
        for name in ("Host", "Content-Length", "X Y", "X\nY", "", "Idempotency-Key"):
            with self.assertRaisesRegex(ValidationError, "cannot carry"):
                self.endpoint.hmac_header = name
        self.endpoint.write({"hmac_header": "X-Signature", "hmac_signed": "timestamp_body"})
        with self.assertRaisesRegex(ValidationError, "cannot carry"):
            self.endpoint.hmac_timestamp_header = "x-signature"
        self.endpoint.hmac_timestamp_header = "X-Timestamp"
        with self.assertRaisesRegex(ValidationError, "Choose"):
            self.endpoint.write({"hmac_timestamp_header": "X-T", "hmac_algorithm": False})
        self.endpoint.write(
            {"auth_type": "api_key", "hmac_timestamp_header": "X-T", "hmac_algorithm": "sha256"}
        )
        with self.assertRaisesRegex(ValidationError, "cannot carry"):
            self.endpoint.auth_header = "Host"
