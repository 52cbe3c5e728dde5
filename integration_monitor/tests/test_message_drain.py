import json

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..tools.errors import BusinessError, TransportError
from ..tools.http_client import HttpResponse
from .common import IntegrationCase

OK = HttpResponse(status=200, headers={}, body=b'{"ok": true}', elapsed_ms=3.0, address=None)


@tagged("post_install", "-at_install")
class TestMessageDrain(IntegrationCase):
    def test_handler_runs_as_service_account(self):
        """A handler runs as superuser: a partner's message may then do anything."""
        seen = {}

        def handle(handler, message, payload):
            seen.update(su=handler.env.su, uid=handler.env.uid, payload=payload)
            seen["message_su"] = message.env.su
            seen["companies"] = handler.env.companies.ids

        message, _created = self.receive({"id": 5}, external_id="s1")
        with self.handler(self.inbound, _handle=handle):
            self.drain(self.inbound)
        self.assertEqual(seen["payload"], {"id": 5})
        self.assertFalse(seen["su"])
        self.assertFalse(seen["message_su"])
        self.assertEqual(seen["uid"], self.inbound.service_user_id.id)
        self.assertEqual(seen["companies"], self.inbound.company_id.ids)
        self.assertEqual(message.state, "done")

    def test_job_keeps_the_service_account(self):
        """The queue runs the drain as superuser because the job was enqueued so."""
        self.receive({"id": 5}, external_id="s2")
        self.env.cr.precommit.run()
        self.env.flush_all()
        job = self.env["queue.job"].search([("method_name", "=", "_drain")], limit=1)
        self.assertFalse(job.records.env.su)
        self.assertEqual(job.records.env.uid, self.inbound.service_user_id.id)
        self.assertTrue(job.job_function_id.allow_commit)

    def test_document_and_state_in_one_transaction(self):
        """The handler's document stays although the message is to be tried again."""
        name = "Integration drain partner"

        def handle(handler, message, payload):
            handler.env["res.partner"].sudo().create({"name": name})
            raise BusinessError("No such product.")

        message, _created = self.receive({"id": 5}, external_id="t1")
        with self.handler(self.inbound, _handle=handle):
            self.drain(self.inbound)
        self.assertFalse(self.env["res.partner"].search([("name", "=", name)]))
        self.assertEqual(message.state, "dead")
        self.assertEqual(message.error_message, "No such product.")

    def test_result_becomes_the_document(self):
        """Nobody can tell which document a message made."""
        partner = self.env["res.partner"].create({"name": "Made"})

        def handle(handler, message, payload):
            return handler.env["res.partner"].browse(partner.id)

        message, _created = self.receive({"id": 5}, external_id="d1")
        with self.handler(self.inbound, _handle=handle):
            self.drain(self.inbound)
        self.assertEqual((message.res_model, message.res_id), ("res.partner", partner.id))

    def test_one_bad_message_does_not_stop_the_lane(self):
        """One order with a mistake holds up all the others."""

        def handle(handler, message, payload):
            if payload["id"] == 2:
                raise UserError(handler.env._("Wrong."))

        messages = [self.receive({"id": n}, external_id=f"l{n}")[0] for n in (1, 2, 3)]
        with self.handler(self.inbound, _handle=handle):
            self.drain(self.inbound)
        self.assertEqual([m.state for m in messages], ["done", "dead", "done"])
        self.assertEqual([m.attempt_count for m in messages], [1, 1, 1])

    def test_malformed_content_is_quarantined(self):
        """A body that is no JSON is tried again for hours."""
        message, _created = self.receive(b"{not json", external_id="q1")
        self.drain(self.inbound)
        self.assertEqual(message.state, "quarantined")
        self.assertEqual(message.exception_ids.category, "partner")

    def test_outbound_call_carries_stable_identity(self):
        """A repeated call books a second label because its key changed."""
        message = self.outbound._emit(self.env.user.partner_id)
        with self.answers(TransportError("down"), OK) as requests:
            self.drain(self.outbound)
            self.assertEqual(message.state, "retry")
            self.due_now(message)
            self.drain(self.outbound)
        self.assertEqual(message.state, "done")
        self.assertEqual(len(requests), 2)
        keys = {request["headers"]["Idempotency-Key"] for request in requests}
        self.assertEqual(keys, {message.idempotency_key})
        self.assertEqual(requests[0]["body"], requests[1]["body"])
        self.assertEqual(requests[0]["headers"]["X-Correlation-ID"], message.correlation_id)
        self.assertIn(message.trace_id or "", requests[0]["headers"]["traceparent"])
        self.assertEqual(json.loads(message.payload)["id"], message.message_uid)

    def test_kept_answer_is_applied_without_a_second_call(self):
        """A failure after the partner accepted calls the partner again."""
        calls = []

        def on_success(handler, message, response):
            calls.append(response.body)
            if len(calls) == 1:
                raise ZeroDivisionError("applying failed")

        message = self.outbound._emit(self.env.user.partner_id)
        with self.answers(OK) as requests, self.handler(self.outbound, _on_success=on_success):
            with self.assertLogs("odoo.addons.integration_monitor", "WARNING"):
                self.drain(self.outbound)
            self.assertEqual(message.state, "retry")
            self.due_now(message)
            self.drain(self.outbound)
        self.assertEqual(message.state, "done")
        self.assertEqual(len(requests), 1)
        self.assertEqual(calls, [OK.body, OK.body])

    def test_nothing_to_send_cancels(self):
        """A message about a deleted document is tried until it dies."""
        message = self.outbound._emit(self.env.user.partner_id)
        with self.handler(self.outbound, _prepare=lambda handler, message: None):
            self.drain(self.outbound)
        self.assertEqual(message.state, "cancelled")

    def test_ordering_waits_for_the_predecessor(self):
        """A cancellation overtakes the order that it cancels."""
        self.outbound.ordering = True
        partner = self.env.user.partner_id
        first = self.outbound._emit(partner)
        second = self.outbound._emit(partner)
        with self.answers(TransportError("down")):
            self.drain(self.outbound)
        self.assertEqual((first.state, second.state), ("retry", "pending"))
        self.due_now(first)
        with self.answers(OK) as requests:
            self.drain(self.outbound)
        self.assertEqual((first.state, second.state), ("done", "done"))
        self.assertEqual(
            [request["headers"]["Idempotency-Key"] for request in requests],
            [first.idempotency_key, second.idempotency_key],
        )

    def test_coalescing_replaces_what_waits(self):
        """A thousand stock moves make a thousand calls for one product."""
        self.outbound.coalesce = True
        partner = self.env.user.partner_id
        first = self.outbound._emit(partner)
        second = self.outbound._emit(partner)
        self.assertEqual(first, second)
        with self.answers(OK):
            self.drain(self.outbound)
        third = self.outbound._emit(partner)
        self.assertNotEqual(first, third)

    def test_emission_costs_the_same_for_many(self):
        """Confirming a hundred orders with a flow costs a hundred inserts."""
        partners = self.env["res.partner"].create([{"name": f"P{n}"} for n in range(50)])
        self.outbound._emit(partners[:1])
        self.env.flush_all()
        with self.assertQueryCount(4):
            messages = self.outbound._emit(partners)
        self.assertEqual(len(messages), 50)
        self.assertEqual(set(messages.mapped("res_id")), set(partners.ids))

    def test_payload_policy(self):
        """Personal data stay in messages for years."""
        for policy, kept in (("drop", False), ("redact", "***"), ("keep", "jane@example.com")):
            self.inbound.payload_policy = policy
            message, _created = self.receive(
                {"email": "jane@example.com", "total": 3}, external_id=f"p-{policy}"
            )
            self.drain(self.inbound)
            self.assertEqual(message.state, "done")
            if policy == "drop":
                self.assertFalse(message.payload)
            elif policy == "redact":
                self.assertNotIn("jane@example.com", message.payload)
                self.assertEqual(json.loads(message.payload)["total"], 3)
            else:
                self.assertIn(kept, message.payload)

    def test_second_drain_leaves_the_lane(self):
        """A message committed while another drain ends waits for the next sweep."""
        message, _created = self.receive({"id": 1}, external_id="x1")
        with self.own_flow(self.inbound) as lane:
            self.assertTrue(lane._has_due())
            self.assertIn("1", lane._drain())
            self.assertFalse(lane._has_due())
        self.assertEqual(message.state, "done")

    def test_claim_is_checked_again(self):
        """A message that was taken back meanwhile is processed twice."""
        calls = []
        message, _created = self.receive({"id": 1}, external_id="c1")
        with self.handler(self.inbound, _handle=lambda *args: calls.append(1)):
            with self.own_flow(self.inbound) as lane:
                message_id, attempt = lane._claim()
                lane.env.cr.commit()
                lane.env["integration.message"].browse(message_id)._work(attempt + 1)
        self.assertFalse(calls)
        self.assertEqual(message.state, "processing")

    def test_attempts_are_observed_after_their_commit(self):
        """The log says done although the work was rolled back, or twice."""
        seen = []
        message, _created = self.receive({"id": 1}, external_id="o1")
        seen += self.drain(self.inbound)
        mine = [item for item in seen if item.message_uid == message.message_uid]
        self.assertEqual([item.outcome for item in mine], ["ok"])
        self.assertGreater(mine[0].duration_ms, 0)
        self.assertEqual(mine[0].user_id, self.inbound.service_user_id.id)
        self.assertEqual(mine[0].correlation_id, message.correlation_id)

    def test_coalesced_content_decides_the_key(self):
        """A partner ignores a newer stock level because it came with the key of an older one."""
        self.outbound.coalesce = True
        levels = iter(["5", "3"])
        message = self.outbound._emit(self.env.user.partner_id)
        with (
            self.answers(TransportError("down"), OK) as requests,
            self.handler(self.outbound, _prepare=lambda *args: {"level": next(levels)}),
        ):
            self.drain(self.outbound)
            self.due_now(message)
            self.drain(self.outbound)
        keys = [request["headers"]["Idempotency-Key"] for request in requests]
        self.assertNotEqual(*keys)
        self.assertTrue(all(key.startswith(message.message_uid) for key in keys))
