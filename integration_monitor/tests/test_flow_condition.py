"""Conditions of outbound flows: tried when saved, and harmless when they fail all the same."""

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_transaction import TransactionCommon

CONDITION = "odoo.addons.integration_monitor.models.integration_flow_condition"


@tagged("post_install", "-at_install")
class TestFlowCondition(TransactionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        system = (
            cls.env["integration.system"]
            .sudo()
            .create(
                {
                    "name": "Main WMS",
                    "code": "im_condition_wms",
                    "kind": "wms",
                    "company_id": cls.company.id,
                    "environment": "test",
                }
            )
        )
        endpoint = (
            cls.env["integration.endpoint"]
            .sudo()
            .create(
                {
                    "name": "WMS API",
                    "code": "im_condition_api",
                    "system_id": system.id,
                    "base_url": "http://127.0.0.1:9",
                    "allowed_networks": "127.0.0.0/8",
                }
            )
        )
        cls.flow = (
            cls.env["integration.flow"]
            .sudo()
            .create(
                {
                    "name": "Order release",
                    "code": "im.condition.release",
                    "system_id": system.id,
                    "endpoint_id": endpoint.id,
                    "direction": "outbound",
                    "style": "event",
                    "message_type": "wms.release",
                    "trigger_event": "picking.first.ready",
                }
            )
        )

    def _messages(self):
        return self.env["integration.message"].sudo().search([("flow_id", "=", self.flow.id)])

    def _damage(self, condition):
        """Put a condition into the database that the form would refuse."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_flow SET trigger_domain = %s WHERE id = %s",
            (condition, self.flow.id),
        )
        self.flow.invalidate_recordset()

    def test_wrong_values_are_refused(self):
        """A condition that compares money with text is saved, and stops the next sale."""
        self.order()
        for condition in (
            "[('sale_id.amount_total', '>', 'x')]",
            "[('name', '>', 5)]",
            "[('no_such_field', '=', 1)]",
            "[('state'",
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                self.flow.trigger_domain = condition
        self.flow.trigger_domain = "[('sale_id.amount_total', '>', 5)]"

    def test_unknown_event_is_refused(self):
        """A flow waits for an event that no document reports."""
        with self.assertRaisesRegex(ValidationError, "picking.first.ready"):
            self.flow.trigger_event = "foo.bar"

    @mute_logger(CONDITION)
    def test_failing_condition_stops_no_sale_and_loses_nothing(self):
        """Nobody can confirm an order because of a flow's condition, or its message is lost."""
        self._damage("[('sale_id.amount_total', '>', 'x')]")
        small, large = self.order(quantity=1), self.order(quantity=9)
        self.assertEqual((small.state, large.state), ("sale", "sale"))
        held = self._messages()
        self.assertEqual(set(held.mapped("hold_reason")), {"condition"})
        self.assertEqual(set(held.mapped("res_id")), set((small + large).picking_ids.ids))
        exception = (
            self.env["integration.exception"]
            .sudo()
            .search([("dedupe_key", "=", f"condition:{self.flow.id}")])
        )
        self.assertEqual((len(exception), exception.occurrence_count), (1, 2))
        self.assertIn("condition", self.owner(small).cause_text)
        self.flow.trigger_domain = "[('sale_id.amount_total', '>', 500)]"
        states = {message.res_id: (message.state, message.held) for message in held}
        self.assertEqual(states[small.picking_ids.id], ("cancelled", False))
        self.assertEqual(states[large.picking_ids.id], ("pending", False))
        self.assertEqual(exception.state, "resolved")

    @mute_logger(CONDITION)
    def test_cancelled_while_held(self):
        """What was cancelled while it was held stays held, and a retry is looked at by nobody."""
        self._damage("[('sale_id.amount_total', '>', 'x')]")
        self.order()
        message = self._messages()
        message.sudo().action_cancel()
        self.assertEqual((message.held, message.hold_reason), (False, False))
        message.sudo().action_retry()
        self.assertEqual((message.state, message.held), ("retry", False))
        # So it is with what a copy of a database holds.
        message.sudo().write({"held": True, "hold_reason": "neutralized"})
        message.sudo().action_retry()
        self.assertFalse(message.held)

    @mute_logger(CONDITION)
    def test_missing_handler_stops_no_sale(self):
        """An addon was removed, its flow is still there, and the warehouse stands still."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_flow SET handler = 'integration.handler.gone' WHERE id = %s",
            (self.flow.id,),
        )
        self.flow.invalidate_recordset()
        self.assertEqual(self.order().state, "sale")
        self.assertEqual(self._messages().hold_reason, "condition")
