import json

from odoo import fields
from odoo.tests import tagged

from .test_wms_release import WmsCase


@tagged("post_install", "-at_install")
class TestGateMessage(WmsCase):
    """A shipment of goods that a gate keeps back waits, and is never lost."""

    def setUp(self):
        super().setUp()
        order = self._order((1, 1, 1))
        self.order = order
        self.picking = self._first(order)
        self.release = self._release(self.picking)
        process_id = self.env["integration.process"]._for_root(
            "sale.order", self.shipment_flow.company_id.id
        )
        self.gate = (
            self.env["integration.gate"]
            .sudo()
            .create(
                {
                    "name": "Paid first",
                    "company_id": self.shipment_flow.company_id.id,
                    "step_id": self.env["integration.process.step"]
                    .sudo()
                    .search([("process_id", "=", process_id), ("code", "=", "paid")])
                    .id,
                }
            )
        )
        event = self._shipment(self.release, self.picking)
        self.env.flush_all()
        self.message, _created = self.shipment_flow.sudo()._receive(
            json.dumps(event).encode(), {}, external_id="gated", content_type="application/json"
        )

    def work(self):
        """Let the lane run."""
        self.env.cr.precommit.run()
        flow = self.shipment_flow.sudo()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            lane = flow._as_service()
            lane.with_env(lane.env(cr=cr))._drain()
        self.env.invalidate_all()

    def test_held_then_applied(self):
        """The warehouse has shipped, and its report dies of the gate."""
        self.work()
        self.assertEqual((self.message.state, self.message.held), ("retry", True))
        self.assertEqual(self.message.hold_reason, "gate")
        self.assertEqual(self.message.attempt_start, self.message.attempt_count)
        self.assertGreater(self.message.next_attempt_at, fields.Datetime.now())
        self.assertFalse(self.message.exception_ids)
        owner = self.message.transaction_id
        self.assertEqual(owner.res_id, self.order.id)
        self.assertEqual(owner.cause, "gate")
        self.assertNotEqual(self.picking.state, "done")
        self.gate.active = False
        self.assertLessEqual(self.message.next_attempt_at, fields.Datetime.now())
        self.work()
        self.assertEqual(self.message.state, "done")
        self.assertEqual(self.picking.state, "done")

    def test_waits_for_ever_without_attempts(self):
        """The fifth look at the gate is the last one."""
        for _turn in range(7):
            self.message.sudo().next_attempt_at = "2000-01-01 00:00:00"
            self.work()
        self.assertEqual((self.message.state, self.message.hold_reason), ("retry", "gate"))

    def test_override_wakes_it(self):
        """Somebody lets the transfer pass, and the report waits for minutes."""
        self.work()
        self.env["stock.picking"].browse(self.picking.id).sudo()._integration_override_gate(
            "It has left the house"
        )
        self.assertLessEqual(self.message.next_attempt_at, fields.Datetime.now())
        self.work()
        self.assertEqual(self.message.state, "done")

    def test_milestone_wakes_it(self):
        """The order is paid, and the report waits for minutes."""
        self.work()
        owner = self.message.transaction_id
        self.env["integration.milestone"].sudo()._record(
            [
                {
                    "transaction_id": owner.id,
                    "step_code": "paid",
                    "occurred_at": fields.Datetime.now(),
                    "source": "external",
                }
            ]
        )
        self.assertLessEqual(self.message.next_attempt_at, fields.Datetime.now())
        self.work()
        self.assertEqual(self.message.state, "done")
