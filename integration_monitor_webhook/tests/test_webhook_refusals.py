"""Deliveries that are refused: the right status, a problem document, a line in the log."""

import gzip
import os
import time
from unittest.mock import patch

import psycopg2

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.integration_monitor.models.integration_credential import KEY_VARIABLE
from odoo.addons.integration_monitor.tools import crypto, signature

from .common import WebhookHttpCase


@tagged("post_install", "-at_install")
class TestWebhookRefusals(WebhookHttpCase):
    def check(self, response, status, slug):
        return self.assertProblem(response, status, slug)

    def test_unknown_flow(self):
        """A mistyped address is a 404 for machines, not Odoo's page."""
        answer = self.send("/integration/webhook/no.such.flow", b"{}", {})
        self.check(answer, 404, "unknown-flow")

    def test_wrong_addresses(self):
        """A slash too many is answered with a page for people."""
        for path in ("", "/", "/a/b", "/%00", "/%ff%fe", "/x%00y", "/" + "a" * 3000):
            with self.subTest(path):
                answer = self.send(f"/integration/webhook{path}", b"{}", {})
                self.check(answer, 404, "unknown-flow")

    def test_outbound_flow(self):
        """Nobody delivers to an outbound flow."""
        self._make_outbound()
        self.check(self.deliver(), 404, "unknown-flow")

    def test_archived(self):
        """An archived flow tells the partner to stop."""
        self.flow.active = False
        self.check(self.deliver(), 410, "retired")

    def test_archived_system(self):
        """Archiving a system retires its addresses, also those that were just used."""
        self.assertEqual(self.deliver({"type": "integration.test"}).status_code, 200)
        self.messages().unlink()
        self.system.active = False
        self.check(self.deliver(), 410, "retired")

    def test_bad_signature(self):
        """A forged body is refused without a reason."""
        body = self.check(self.deliver(signed=b"something else"), 401, "unauthenticated")
        self.assertNotIn("signature", body["detail"])

    def test_wrong_secret(self):
        """Another secret does not open the door."""
        secret = signature.generate_secret()
        self.check(self.deliver(secret=secret), 401, "unauthenticated")

    def test_no_secret(self):
        """A flow without a secret trusts nobody."""
        self.credential.action_retire()
        self.check(self.deliver(), 401, "unauthenticated")

    def test_expired_secret(self):
        """A secret past its date is no longer accepted, without anybody touching it."""
        self.credential.expires_at = "2020-01-01 00:00:00"
        self.check(self.deliver(), 401, "unauthenticated")

    def test_stale_and_future(self):
        """An old delivery cannot be played again, and a wrong clock is noticed."""
        now = int(time.time())
        self.check(self.deliver(timestamp=now - 301), 401, "unauthenticated")
        self.check(self.deliver(timestamp=now + 310), 401, "unauthenticated")
        for header in ("webhook-id", "webhook-timestamp", "webhook-signature"):
            with self.subTest(header):
                self.check(self.deliver(headers={header: None}), 401, "unauthenticated")

    def test_malformed(self):
        """Bad JSON from a known sender is a 400 that says where, never a 500."""
        cases = {
            "empty": b"",
            "cut": b'{"a": ',
            "nan": b'{"a": NaN}',
            "deep": b"[" * 5000 + b"]" * 5000,
            "nul": b'{"a": "\\u0000"}',
            "surrogate": b'{"a": "\\ud800"}',
            "digits": b'{"a": ' + b"1" * 5000 + b"}",
            "bytes": b'{"a": "\xff"}',
        }
        for name, raw in cases.items():
            with self.subTest(name):
                self.check(self.deliver(raw=raw), 400, "malformed")

    def test_malformed_from_strangers(self):
        """Who cannot sign learns nothing about the content."""
        self.check(self.deliver(raw=b"{", signed=b"{}"), 401, "unauthenticated")

    def test_too_large(self):
        """A body over the flow's limit is refused by its announced length."""
        self.flow.webhook_max_kb = 1
        self.check(self.deliver(raw=b'"' + b"x" * 1024 + b'"'), 413, "too-large")

    def test_too_large_chunked(self):
        """A streamed body over the limit is refused, not cut off and accepted."""
        self.flow.webhook_max_kb = 1
        raw = b'"' + b"x" * 5000 + b'"'
        headers = signature.signed_headers([self.secret], "msg_big", raw)
        headers["Content-Type"] = "application/json"
        parts = iter([raw[start : start + 500] for start in range(0, len(raw), 500)])
        answer = self.send(self.flow.webhook_path, parts, headers)
        self.check(answer, 413, "too-large")

    def test_bomb(self):
        """A small packed body that unpacks to megabytes is refused."""
        raw = gzip.compress(b'"' + b"0" * 3_000_000 + b'"')
        answer = self.deliver(raw=raw, headers={"Content-Encoding": "gzip"})
        self.check(answer, 413, "too-large")

    def test_content_types(self):
        """Forms, text and foreign encodings are refused as such, and their body is not parsed."""
        for content_type in (
            None,
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/json; charset=utf-16",
        ):
            with self.subTest(content_type):
                answer = self.deliver(headers={"Content-Type": content_type})
                self.check(answer, 415, "unsupported-media-type")
        answer = self.deliver(headers={"Content-Encoding": "br"})
        self.check(answer, 415, "unsupported-media-type")

    def test_methods(self):
        """Other methods get a problem document and learn what is allowed."""
        for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS"):
            with self.subTest(method):
                answer = self.send(self.flow.webhook_path, None, {}, method)
                self.check(answer, 405, "method-not-allowed")
                self.assertEqual(answer.headers["Allow"], "POST")
        answer = self.send(self.flow.webhook_path, None, {}, "HEAD")
        self.assertEqual(answer.status_code, 405)

    def test_rate_limit(self):
        """A flood is slowed down with a time to wait, before its signatures are checked."""
        self.flow.webhook_rate_limit = 6  # one at once, then one each ten seconds
        answers = [self.deliver(signed=b"forged").status_code for _ in range(2)]
        self.assertEqual(answers, [401, 429])
        answer = self.deliver()
        self.check(answer, 429, "rate-limited")
        self.assertGreater(int(answer.headers["Retry-After"]), 0)

    @mute_logger("odoo.http")
    def test_database_error(self):
        """What could not be written is never acknowledged: 503, and the partner repeats."""
        flows = type(self.env["integration.flow"])
        with patch.object(flows, "_receive", side_effect=psycopg2.OperationalError("gone")):
            answer = self.deliver()
        self.check(answer, 503, "unavailable")
        self.assertGreater(int(answer.headers["Retry-After"]), 0)

    @mute_logger("odoo.addons.integration_monitor_webhook.models.integration_credential")
    def test_lost_key(self):
        """A server that lost its encryption key asks partners to repeat, not to give up."""
        self.credential._forget_secrets()
        with patch.dict(os.environ, {KEY_VARIABLE: crypto.generate_key()}):
            answer = self.deliver()
        self.check(answer, 503, "unavailable")
        self.assertTrue(answer.headers["Retry-After"])

    @mute_logger("odoo.http")
    def test_fault_of_ours(self):
        """A bug of ours is a 500 problem document without a trace of the code."""
        flows = type(self.env["integration.flow"])
        with patch.object(flows, "_receive", side_effect=ZeroDivisionError("division by zero")):
            answer = self.deliver()
        self.check(answer, 500, "internal")
        self.assertNotIn("zero", answer.text.lower())
