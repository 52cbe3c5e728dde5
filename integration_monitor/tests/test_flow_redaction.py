import hashlib
import json

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..instrumentation import log_writer
from ..tools.errors import BusinessError
from ..tools.http_client import HttpResponse
from ..tools.observation import Observation
from .common import IntegrationCase

MASK = "[redacted]"
ANSWER = HttpResponse(
    status=200,
    headers={"Content-Type": "application/json"},
    body=b'{"birth_date": "1970-01-01", "email": "jo@example.com", "token": "hunter2"}',
    elapsed_ms=1.0,
    address=None,
)
SENT = {"birth_date": "1970-01-01", "email": "jo@example.com", "password": "hunter2"}


@tagged("post_install", "-at_install")
class TestFlowRedaction(IntegrationCase):
    def emit(self, payload=None):
        """:return: an outbound message with a ready-made payload"""
        text = json.dumps(payload or SENT)
        return self.outbound._emit([{"res_model": "res.partner", "res_id": 1, "payload": text}])

    def refuse(self, text, headers=None):
        """:return: a received message that its handler refuses with this text"""

        def handle(handler, message, payload):
            raise BusinessError(text)

        message, _created = self.inbound._receive(
            json.dumps(SENT).encode(), headers or {}, external_id=text
        )
        with self.handler(self.inbound, _handle=handle):
            log_writer.write_on(self.env.cr, self.drain(self.inbound))
        return message

    def test_names_are_validated_with_advice(self):
        """A password is made readable by a slip, or a name is saved that does nothing."""
        for values, words in (
            ({"keep_names": "email, Access-Token"}, "Access-Token"),
            ({"keep_names": "client_secret"}, "hidden in any case"),
            ({"keep_names": "Cookie"}, "Remove from"),
            ({"keep_names": "api_key"}, "api_key"),
            ({"redact_names": "birth_date; *"}, "birth_date, customer_note"),
            ({"redact_names": "email", "keep_names": "E-Mail"}, "not both"),
            ({"redact_names": ",".join(f"n{n}" for n in range(101))}, "100 at most"),
        ):
            with self.assertRaises(ValidationError, msg=values) as caught:
                self.inbound.write(values)
            self.assertIn(words, str(caught.exception))
        self.inbound.write({"redact_names": "birth_date\nnote", "keep_names": "email, street"})

    def test_everything_of_the_flow_follows(self):
        """A date of birth is hidden in the payload and readable in the error text."""
        self.inbound.write(
            {"redact_names": "birth_date", "keep_names": "email", "payload_policy": "redact"}
        )
        headers = {"Birth-Date": "1970-01-01", "Email": "jo@example.com", "Authorization": "x y"}
        message = self.refuse("refused: birth_date=1970-01-01", headers)
        self.assertEqual(message.error_message, f"refused: birth_date={MASK}")
        self.assertEqual(message.exception_ids.error_message, message.error_message)
        self.assertEqual(
            message.headers,
            {"Birth-Date": MASK, "Email": "jo@example.com", "Authorization": MASK},
        )
        line = self.env["integration.log"].search([("message_id", "=", message.id)])
        self.assertEqual(line.error_message, message.error_message)
        message.action_retry()
        self.drain(self.inbound)
        self.assertEqual(
            json.loads(message.payload),
            {"birth_date": MASK, "email": "jo@example.com", "password": MASK},
        )

    def test_lines_of_the_log_follow(self):
        """The log shows what the flow hides, or hides what another flow hides."""
        self.inbound.write({"redact_names": "birth_date", "keep_names": "email"})
        for flow in (self.inbound, self.outbound):
            log_writer.write_on(
                self.env.cr,
                [
                    Observation(
                        "custom",
                        outcome="error",
                        flow_id=flow.id,
                        error_message="birth_date=1970",
                        request_headers={"Birth-Date": "1970", "Email": "jo@example.com"},
                        response_excerpt=ANSWER.text,
                        detail={"birth_date": "1970", "email": "jo@example.com"},
                    )
                ],
            )
        hidden, usual = self.env["integration.log"].search(
            [("flow_id", "in", (self.inbound | self.outbound).ids)], order="id"
        )
        self.assertEqual(hidden.error_message, f"birth_date={MASK}")
        self.assertEqual(usual.error_message, "birth_date=1970")
        self.assertEqual(hidden.request_headers, {"Birth-Date": MASK, "Email": "jo@example.com"})
        self.assertEqual(usual.request_headers, {"Birth-Date": "1970", "Email": MASK})
        self.assertEqual(hidden.detail, {"birth_date": MASK, "email": "jo@example.com"})
        self.assertEqual(
            json.loads(hidden.response_excerpt),
            {"birth_date": MASK, "email": "jo@example.com", "token": MASK},
        )
        self.assertEqual(json.loads(usual.response_excerpt)["email"], MASK)

    def test_rules_cost_no_query_for_a_line(self):
        """Each line of the log asks the database what its flow hides."""

        def statements(**values):
            before = self.env.cr.sql_log_count
            log_writer.write_on(self.env.cr, [Observation("custom", **values)] * 50)
            return self.env.cr.sql_log_count - before

        statements(flow_id=self.inbound.id)
        self.assertEqual(statements(flow_id=self.inbound.id), statements())

    def test_inbound_policies(self):
        """A flow that keeps nothing keeps it, or one that keeps everything loses it."""
        body = json.dumps(SENT).encode()
        for policy, kept in (
            ("keep", SENT),
            ("redact", {**SENT, "email": MASK, "password": MASK}),
            ("drop", None),
        ):
            self.inbound.payload_policy = policy
            message, _created = self.inbound._receive(body, {}, external_id=policy)
            self.drain(self.inbound)
            self.assertEqual(message.state, "done")
            self.assertEqual(json.loads(message.payload) if message.payload else None, kept)
            self.assertEqual(message.payload_sha256, hashlib.sha256(body).hexdigest())
            self.assertEqual(message.payload_bytes, len(body))

    def test_outbound_policies(self):
        """Answers stay when payloads go; or nothing proves what was sent."""
        sent = json.dumps(SENT)
        answer = {"birth_date": "1970-01-01", "email": MASK, "token": MASK}
        for policy, kept, answered in (
            ("keep", SENT, answer),
            ("redact", {**SENT, "email": MASK, "password": MASK}, answer),
            ("drop", None, None),
        ):
            self.outbound.payload_policy = policy
            message = self.emit()
            digest = hashlib.sha256(sent.encode()).hexdigest()
            self.assertEqual((message.payload_sha256, message.payload_bytes), (digest, len(sent)))
            with self.answers(ANSWER) as requests:
                log_writer.write_on(self.env.cr, self.drain(self.outbound))
            self.assertEqual(requests[0]["body"].decode(), sent)
            self.assertEqual(message.state, "done")
            self.assertEqual(json.loads(message.payload) if message.payload else None, kept)
            response = message.response_body
            self.assertEqual(json.loads(response) if response else None, answered)
            self.assertFalse(message.answer)
            self.assertEqual((message.payload_sha256, message.payload_bytes), (digest, len(sent)))
            line = self.env["integration.log"].search(
                [("message_id", "=", message.id), ("kind", "=", "http_out")]
            )
            excerpt = line.response_excerpt
            self.assertEqual(json.loads(excerpt) if excerpt else None, answered)

    def test_what_the_handler_builds_is_proved_too(self):
        """A payload that is built late, or is replaced while it waits, has a wrong checksum."""
        self.outbound.coalesce = True
        for number in (1, 2):
            message = self.emit({"number": number})
        text = json.dumps({"number": 2})
        self.assertEqual(message.payload_sha256, hashlib.sha256(text.encode()).hexdigest())
        self.outbound.coalesce = False
        message = self.outbound._emit([{"res_model": "res.partner", "res_id": 2}])
        self.assertFalse(message.payload_sha256)
        with self.handler(self.outbound, _prepare=lambda handler, message: {"built": True}):
            with self.answers(ANSWER):
                self.drain(self.outbound)
        sent = json.dumps({"built": True}).encode()
        self.assertEqual(message.payload_sha256, hashlib.sha256(sent).hexdigest())

    def test_a_correction_is_proved(self):
        """Support corrects what goes out, and the checksum is that of what never went."""
        refused = HttpResponse(status=422, headers={}, body=b"", elapsed_ms=1.0, address=None)
        message = self.emit()
        with self.answers(refused):
            self.drain(self.outbound)
        self.assertEqual(message.state, "dead")
        message.with_user(self.users["support"]).payload = '{"corrected": true}'
        self.assertEqual(message.payload_sha256, hashlib.sha256(b'{"corrected": true}').hexdigest())
        received = self.refuse("no")
        proof = received.payload_sha256
        received.with_user(self.users["support"]).payload = '{"corrected": true}'
        self.assertEqual(received.payload_sha256, proof, "proves what came")

    def test_the_dropped_answer_of_a_failure_stays_in_the_log(self):
        """Nobody can tell why a partner refused, because contents are not kept."""
        self.outbound.payload_policy = "drop"
        self.emit()
        body = b'{"error": "no such carrier"}'
        refused = HttpResponse(status=422, headers={}, body=body, elapsed_ms=1.0, address=None)
        with self.answers(refused):
            log_writer.write_on(self.env.cr, self.drain(self.outbound))
        line = self.env["integration.log"].search(
            [("flow_id", "=", self.outbound.id), ("kind", "=", "http_out")]
        )
        self.assertIn("no such carrier", line.response_excerpt)
