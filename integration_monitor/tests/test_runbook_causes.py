"""The eight runbooks that ship, each worked through from the failure that it is for."""

from datetime import timedelta

from odoo import fields
from odoo.tests import Form, tagged

from ..tools.payload import proof
from .common import IntegrationCase
from .common_partner import PartnerMixin
from .common_shop import ShopCase, sample
from .test_queue import START, QueueCase
from .test_wms_release import WmsCase

SHIPPED = {
    "carrier_outage",
    "expired_credential",
    "wms_backlog",
    "unmapped_product",
    "duplicate_deliveries",
    "contract_broken",
    "stock_drift",
    "job_runner_stopped",
}


class CauseMixin:
    """Works through a runbook as an operator does."""

    def begin(self, exception, code):
        """Start the proposed runbook, which must be the one with this code."""
        exception.invalidate_recordset()
        self.assertEqual(exception.runbook_id.code, code)
        worked = exception.with_user(self.users["operator"])
        worked.action_runbook_start()
        return worked.runbook_run_id

    def do(self, run, *remedies):
        """Do what the engine offers, sign what it does not, skip what there is no need for.

        :param remedies: called in turn before the steps that a person does
        """
        remedies = list(remedies)
        for line in run.line_ids:
            self.assertTrue(line.text and line.check_text, line.name)
            self.assertEqual(line, run.current_line_id)
            if line.action:
                opened = line.action_do()
                if line.action == "replay":
                    self.replay(opened)
                if line.state == "current":
                    line._skip(line.outcome)
            else:
                if remedies:
                    remedies.pop(0)()
                line.action_next()
        self.assertEqual(run.state, "done")
        self.assertFalse(remedies)
        self.assertEqual(run.line_ids.user_id, self.users["operator"])
        self.assertTrue(all(line.started_at and line.finished_at for line in run.line_ids))

    def replay(self, action):
        """Confirm what a runbook opened, as the operator does: start what may be replayed.

        :return: the ``integration.replay``, or None when there was nothing to replay
        """
        wizard = Form(
            self.env[action["res_model"]]
            .with_user(self.users["operator"])
            .with_context(**action["context"])
        )
        if not wizard.flow_id:
            return None  # the exception is about no flow: the person would choose one
        replay = self.env["integration.replay"].browse(wizard.save().action_check()["res_id"])
        replay = replay.with_user(self.users["operator"])
        if replay.replay_count:
            replay.action_start()
            self.env.flush_all()
            replay.sudo()._run_slice()
        return replay

    def states(self, run):
        """:return: dict of action to the state of its last step"""
        return {line.action: line.state for line in run.line_ids if line.action}

    def reachable(self, system):
        """Give the company behind the system an address."""
        system.partner_id = self.env["res.partner"].create({"name": "IT", "email": "it@x.example"})

    def mails(self, system):
        """:return: how many mails the company behind the system got"""
        return (
            self.env["mail.mail"]
            .sudo()
            .search_count([("recipient_ids", "in", system.partner_id.ids)])
        )


@tagged("post_install", "-at_install")
class TestRunbookCauses(CauseMixin, PartnerMixin, QueueCase):
    def setUp(self):
        super().setUp()
        self.partner.open = True
        self.endpoint.base_url = self.partner.url
        self.reachable(self.system)

    def failed_push(self, status, record=None):
        """:return: the exception of a message that the partner answered with ``status``"""
        self.outbound.retry_policy_id = self.env["integration.retry.policy"].create(
            {"name": "Once", "code": "im_once", "max_attempts": 1}
        )
        self.partner.api_answer = (status, {"error": "no"})
        message = self.outbound._emit(record or self.env.user.partner_id)
        self.drain(self.outbound)
        self.assertEqual(message.state, "dead")
        return message.exception_ids

    def test_what_ships(self):
        """A runbook is lost, or its last step."""
        books = self.env["integration.runbook"].search([("code", "in", list(SHIPPED))])
        self.assertEqual(set(books.mapped("code")), SHIPPED)
        self.assertTrue(all(book.purpose and len(book.step_ids) >= 4 for book in books))

    def test_carrier_outage(self):
        """The carrier is down: nothing is lost, and everything is booked once it is back."""
        self.system.kind = "carrier"
        exception = self.failed_push(503)
        other = self.outbound._emit(self.users["support"].partner_id)
        self.endpoint.breaker_failure_limit = 2
        self.drain(self.outbound)
        self.assertEqual((other.state, self.endpoint.breaker_state), ("dead", "open"))
        run = self.begin(exception, "carrier_outage")
        probe, pause, notify, help_, back, resume, retry, replay = run.line_ids
        probe.action_do()
        self.assertEqual(probe.state, "current")
        self.assertIn("503", probe.outcome)
        probe.action_next()
        pause.action_do()
        waiting = self.outbound._emit(self.users["viewer"].partner_id)
        self.drain(self.outbound)
        self.assertEqual((waiting.state, waiting.attempt_count), ("pending", 0))
        notify.action_do()
        self.assertEqual(self.mails(self.system), 1)
        help_.action_next()
        self.partner.api_answer = (200, {})
        back.action_do()
        self.assertEqual(self.endpoint.breaker_state, "closed")
        resume.action_do()
        retry.action_do()
        self.replay(replay.action_do())
        self.assertEqual(run.state, "done")
        self.drain(self.outbound)
        self.assertEqual((exception.message_id.state, waiting.state), ("done", "done"))
        self.assertEqual(exception.state, "resolved")
        self.assertEqual(other.replay_ids.mapped("state"), ["done"])
        self.assertEqual(other.exception_ids.state, "resolved")
        self.assertFalse(waiting.replay_ids + exception.message_id.replay_ids)

    def test_expired_credential(self):
        """A token ended: somebody enters a new one, and what was stopped goes out."""
        self.partner.open = False
        self.partner.valid.add("new-token")
        self.endpoint.auth_type = "bearer"
        credential = self.env["integration.credential"].create(
            {
                "endpoint_id": self.endpoint.id,
                "kind": "bearer",
                "secret": "old",
                "expires_at": fields.Datetime.now() - timedelta(days=1),
            }
        )
        message = self.outbound._emit(self.env.user.partner_id)
        self.drain(self.outbound)
        exception = self.env["integration.exception"].search(
            [("dedupe_key", "=", f"credential:{self.endpoint.id}")]
        )
        run = self.begin(exception, "expired_credential")
        self.do(
            run,
            lambda: None,
            lambda: None,
            lambda: credential.write({"secret": "new-token", "expires_at": False}),
        )
        self.assertEqual(self.states(run), {"probe": "done", "retry": "done"})
        self.drain(self.outbound)
        self.assertEqual((message.state, exception.state), ("done", "resolved"))

    def test_wms_backlog(self):
        """Releases pile up in front of a warehouse."""
        self.system.kind = "wms"
        waiting = self.messages(3, flow=self.outbound)
        self.watch(10)
        exception = self.exceptions(self.queue(self.outbound))
        run = self.begin(exception, "wms_backlog")
        failed = self.messages(1, flow=self.outbound)
        now = fields.Datetime.now()
        failed.write({"state": "dead", "payload": "{}", "received_at": now, **proof("{}")})
        self.do(run)
        self.assertEqual(set(self.states(run)), {"probe", "notify", "resume", "replay"})
        self.assertEqual(set(self.states(run).values()), {"done"})
        self.assertEqual(len(failed.replay_ids), 1)
        self.assertFalse(waiting.replay_ids)
        self.assertEqual(self.mails(self.system), 1)
        waiting.write({"state": "done"})
        self.watch()
        self.assertEqual(exception.state, "resolved")

    def test_contract_broken(self):
        """A partner sends something else than agreed."""
        message, _created = self.receive(b'{"order": ')
        self.drain(self.inbound)
        self.assertEqual(message.state, "quarantined")
        exception = message.exception_ids
        run = self.begin(exception, "contract_broken")
        support = message.with_user(self.users["support"])
        self.do(
            run,
            lambda: None,
            lambda: None,
            lambda: support.write({"payload": '{"order": 1}'}),
        )
        self.assertEqual(set(self.states(run).values()), {"done"})
        self.assertEqual(self.inbound.state, "active")
        self.drain(self.inbound)
        self.assertEqual((message.state, exception.state), ("done", "resolved"))

    def test_stock_drift(self):
        """A shop did not take a stock level: it goes on selling what is not there."""
        self.outbound.write(
            {"handler": "integration.handler.shop.stock", "message_type": "shop.stock"}
        )
        product = self.env["product.product"].create(
            {"name": "Cup", "default_code": "CUP", "type": "consu", "is_storable": True}
        )
        exception = self.failed_push(422, product)
        run = self.begin(exception, "stock_drift")
        self.partner.api_answer = (200, {})
        self.do(run)
        self.assertEqual(set(self.states(run).values()), {"done"})
        self.drain(self.outbound)
        self.assertEqual((exception.message_id.state, exception.state), ("done", "resolved"))

    def test_job_runner_stopped(self):
        """Jobs wait, and nobody works on them."""
        self.env.cr.execute("DELETE FROM queue_job")
        job = self.env["integration.flow"].with_delay(channel="root.integration")._watch_silence
        job(START)
        self.env.cr.execute("UPDATE queue_job SET date_created = %s", [START])
        self.watch(10)
        queue = self.Queue.search([("channel", "=", "root.integration")])
        exception = self.exceptions(queue)
        run = self.begin(exception, "job_runner_stopped")
        self.do(run)
        self.assertEqual(self.states(run), {"replay": "done"})
        self.env.cr.execute("UPDATE queue_job SET state = 'started'")
        self.watch()
        self.assertEqual(exception.state, "resolved")


@tagged("post_install", "-at_install")
class TestRunbookUnmappedProduct(CauseMixin, ShopCase, IntegrationCase):
    def test_unmapped_product(self):
        """An order names a product that nobody knows."""
        red = self.products["IPOD2008RED"]
        red.default_code = "elsewhere"
        message, _created = self.receive(sample("shopify/order_created.json"), self.flow)
        self.drain(self.flow)
        exception = message.exception_ids
        operator = self.users["operator"]
        operator.write({"company_ids": [(4, self.company.id)], "company_id": self.company.id})
        run = self.begin(exception, "unmapped_product")
        self.do(run, lambda: None, lambda: red.write({"default_code": "IPOD2008RED"}))
        self.drain(self.flow)
        self.assertEqual((message.state, exception.state), ("done", "resolved"))


@tagged("post_install", "-at_install")
class TestRunbookDuplicateDeliveries(CauseMixin, WmsCase, IntegrationCase):
    def test_duplicate_deliveries(self):
        """A warehouse reports one release twice, under two numbers."""
        picking = self._first(self._order())
        release = self._release(picking)
        for number in ("SHP-1", "SHP-2"):
            event = self._shipment(release, picking, number=number)
            message, _created = self.receive(event, self.shipment_flow, external_id=number)
            self.drain(self.shipment_flow)
        self.assertEqual((picking.state, message.state), ("done", "dead"))
        exception = message.exception_ids
        self.reachable(self.system)
        operator = self.users["operator"]
        operator.write({"company_ids": [(4, self.company.id)], "company_id": self.company.id})
        run = self.begin(exception, "duplicate_deliveries")
        worked = exception.with_user(operator)
        self.do(run, lambda: None, lambda: None, worked.action_discard)
        self.assertEqual(self.mails(self.system), 1)
        self.assertEqual((message.state, exception.state), ("cancelled", "discarded"))
