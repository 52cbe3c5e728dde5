"""Deliveries that are accepted."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import requests

from odoo.tests import tagged

from odoo.addons.integration_monitor.tools import signature, tracing

from ..controllers.reception import Reception
from .common import WebhookHttpCase

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@tagged("post_install", "-at_install")
class TestWebhookAccepted(WebhookHttpCase):
    def test_accepted(self):
        """The partner is told 200 and the message is in the database, whole and unprocessed."""
        raw = '{"order": 1, "name": "Łódź"}'.encode()
        response = self.deliver(raw=raw, message_id="msg_1")
        self.assertEqual(response.status_code, 200, response.text)
        message = self.messages()
        self.assertEqual(
            response.json(), {"status": "accepted", "message_uid": message.message_uid}
        )
        self.assertEqual(message.external_id, "msg_1")
        self.assertEqual(message.payload, raw.decode())
        self.assertEqual(message.state, "pending")
        self.assertEqual(message.create_uid, self.service)
        self.assertEqual(message.correlation_id, response.headers["X-Correlation-ID"])
        self.assertTrue(message.occurred_at)
        self.assertNotIn("Set-Cookie", response.headers)

    def test_secrets_are_not_kept(self):
        """The signature and cookies of a delivery are not to be read in the message."""
        self.deliver(headers={"Authorization": "Bearer top-secret-token"})
        kept = json.dumps(self.messages().headers)
        self.assertNotIn("top-secret-token", kept)
        self.assertNotIn("v1,", kept)

    def test_duplicate(self):
        """A repeated delivery is acknowledged and not kept twice, though its content differs."""
        first = self.deliver({"n": 1}, message_id="msg_2").json()
        second = self.deliver({"n": 2}, message_id="msg_2")
        self.assertEqual(second.status_code, 200)
        self.assertEqual(
            second.json(), {"status": "duplicate", "message_uid": first["message_uid"]}
        )
        self.assertEqual(len(self.messages()), 1)

    def test_one_id_many_times_at_once(self):
        """A partner that fires the same delivery twenty times makes one message."""
        raw = b'{"order": 7}'
        headers = signature.signed_headers([self.secret], "msg_many", raw)
        headers["Content-Type"] = "application/json"
        url = self.base_url() + self.flow.webhook_path
        with self.allow_requests(), ThreadPoolExecutor(20) as pool:
            cookies = self.opener.cookies.get_dict()

            def post(_number):
                return requests.post(url, data=raw, headers=headers, cookies=cookies, timeout=60)

            answers = list(pool.map(post, range(20)))
        self.assertEqual({answer.status_code for answer in answers}, {200})
        states = [answer.json()["status"] for answer in answers]
        self.assertEqual(states.count("accepted"), 1)
        self.assertEqual(states.count("duplicate"), 19)
        self.assertEqual(len(self.messages()), 1)

    def test_same_id_in_two_flows(self):
        """Two partners may use the same ids without losing a delivery."""
        other = self._make_flow("webhook.other.test")
        _credential, secret = self.env["integration.credential"]._issue_webhook_secret(other)
        self.deliver(message_id="msg_3")
        answer = self.deliver(message_id="msg_3", flow=other, secret=secret)
        self.assertEqual(answer.json()["status"], "accepted")

    def test_paused(self):
        """A paused flow loses nothing: the delivery is kept and held."""
        self.flow.action_pause()
        self.assertEqual(self.deliver().status_code, 200)
        message = self.messages()
        self.assertEqual((message.held, message.hold_reason), (True, "paused"))

    def test_rotation(self):
        """While a partner changes over, the old and the new secret are both accepted."""
        _credential, new = self.env["integration.credential"]._issue_webhook_secret(self.flow)
        self.assertEqual(self.deliver(secret=self.secret).status_code, 200)
        self.assertEqual(self.deliver(secret=new).status_code, 200)
        self.credential.action_retire()
        self.assertEqual(self.deliver(secret=self.secret).status_code, 401)
        self.assertEqual(self.deliver(secret=new).status_code, 200)

    def test_packed(self):
        """A gzip body is kept unpacked, whichever form the sender signed."""
        raw = b'{"order": 8}'
        packed = gzip.compress(raw)
        headers = {"Content-Encoding": "gzip"}
        self.assertEqual(self.deliver(raw=packed, signed=raw, headers=headers).status_code, 200)
        self.assertEqual(self.deliver(raw=packed, headers=headers).status_code, 200)
        self.assertEqual(self.messages().mapped("payload"), [raw.decode()] * 2)

    def test_chunked(self):
        """A sender that streams its body is served like any other."""
        raw = b'{"order": 9}'
        headers = signature.signed_headers([self.secret], "msg_chunked", raw)
        headers["Content-Type"] = "application/json"
        answer = self.send(self.flow.webhook_path, iter([raw[:5], raw[5:]]), headers)
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual(self.messages().payload, raw.decode())

    def test_vendor_json(self):
        """Content types such as CloudEvents' are JSON too."""
        answer = self.deliver(headers={"Content-Type": "application/vnd.shop+json; charset=UTF-8"})
        self.assertEqual(answer.status_code, 200)

    def test_correlation_and_trace(self):
        """The partner's correlation id and trace are continued, so that one search finds all."""
        answer = self.deliver(headers={"X-Correlation-ID": "order:42", "traceparent": TRACEPARENT})
        self.assertEqual(answer.headers["X-Correlation-ID"], "order:42")
        message = self.messages()
        self.assertEqual(message.correlation_id, "order:42")
        self.assertEqual(message.trace_id, TRACE)

    def test_correlation_from_trace(self):
        """Without a correlation id the trace names the delivery."""
        self.deliver(headers={"traceparent": TRACEPARENT})
        self.assertEqual(self.messages().correlation_id, TRACE)

    def test_hostile_correlation(self):
        """A correlation id that would break a log or a page is replaced."""
        answer = self.deliver(headers={"X-Correlation-ID": "<script>", "traceparent": "00-zz"})
        correlation = answer.headers["X-Correlation-ID"]
        self.assertEqual(tracing.clean_correlation_id(correlation), correlation)
        self.assertEqual(self.messages().correlation_id, correlation)

    def test_test_event(self):
        """A test event proves the way in and makes no work."""
        answer = self.deliver({"type": "integration.test"})
        self.assertEqual(answer.json()["status"], "accepted")
        message = self.messages()
        self.assertEqual((message.state, message.message_type), ("done", "integration.test"))
        self.assertFalse(message.exception_ids)

    def test_few_queries(self):
        """The acknowledgement stays fast: a warm delivery takes a handful of statements."""
        self.deliver()
        self.deliver()
        counted = []
        accept = Reception.accept

        def counting(reception_self):
            cr = reception_self.request.env.cr
            before = cr.sql_log_count
            try:
                return accept(reception_self)
            finally:
                reception_self.request.env.flush_all()
                counted.append(cr.sql_log_count - before)

        with patch.object(Reception, "accept", counting):
            self.assertEqual(self.deliver().status_code, 200)
        self.assertLessEqual(counted[0], 10)
