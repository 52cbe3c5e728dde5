"""What the recorder costs, and that it records nothing that did not happen."""

from unittest.mock import patch

from odoo.tests import tagged

from .common_transaction import TransactionCommon


class Stop(Exception):
    """Ends a savepoint."""


@tagged("post_install", "-at_install")
class TestMilestoneRecord(TransactionCommon):
    def _count(self, action, record=True):
        """Return the number of SQL statements of an action with what it leaves to the commit."""
        self.env.cr.flush()
        recorder = self.registry["integration.milestone"]
        method = recorder._record_pending if record else lambda milestones: self._forget()
        with patch.object(recorder, "_record_pending", method):
            before = self.env.cr.sql_log_count
            action()
            self.env.cr.flush()
            return self.env.cr.sql_log_count - before

    def _forget(self):
        self.env.cr.precommit.data.pop("integration_monitor.notes", None)

    def test_at_most_three_statements_for_a_hundred_orders(self):
        """A mass confirmation gets slower with each order that is followed."""
        for number in (1, 10):  # the first one fills caches of Odoo and of the recorder
            with_recorder, without = self.quotations(number), self.quotations(number)
            self.env.invalidate_all()
            counted = self._count(with_recorder.action_confirm)
            self.env.invalidate_all()
            baseline = self._count(without.action_confirm, record=False)
        self.assertEqual(len(self.owner(with_recorder[0]).milestone_ids), 8)
        self.assertLessEqual(counted - baseline, 3)

    def test_at_most_three_statements_for_a_hundred_documents(self):
        """The recorder writes row by row instead of in one statement."""
        orders = self.quotations(100)
        orders.action_confirm()
        self.record()
        notes = self.env["integration.milestone"]._notes()
        for order in orders:
            notes.documents["sale.order"][order.id] = {"state": "draft"}
        self.env["integration.transaction"].sudo().search([]).write({"name": "stale"})
        self.env.cr.execute("DELETE FROM integration_milestone")
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.env["integration.milestone"].sudo()._record_pending()
        self.assertLessEqual(self.env.cr.sql_log_count - before, 3)
        self.assertEqual(self.states(orders[99])["confirmed"], "reached")

    def test_order_with_nothing_to_invoice_is_complete(self):
        """An order of nothing but a free gift note waits for an invoice that nobody can make."""
        service = self.env["product.product"].create(
            {"name": "Gift note", "type": "service", "invoice_policy": "order"}
        )
        order = self.order(quantity=0, product=service)
        self.assertEqual(order.invoice_status, "invoiced")
        self.assertEqual(self.owner(order).state, "completed")
        order.order_line.product_uom_qty = 1
        self.record()
        self.assertEqual(self.owner(order).waits_for_step_id.code, "invoiced")

    def test_documents_of_others_cost_two_statements(self):
        """Each vendor bill, each internal transfer pays for what only orders need."""
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.out_type_id.id,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "move_ids": [
                    (0, 0, {
                        "product_id": self.product.id, "product_uom_qty": 1,
                        "location_id": self.warehouse.lot_stock_id.id,
                        "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                    })
                ],
            }
        )  # fmt: skip
        self.env.cr.flush()
        notes = self.env["integration.milestone"]._notes()
        notes.documents["stock.picking"][picking.id] = {"state": "draft"}
        before = self.env.cr.sql_log_count
        self.env["integration.milestone"].sudo()._record_pending()
        # It is not found to belong to an order; and the savepoint ends.
        self.assertEqual(self.env.cr.sql_log_count - before, 2)

    def test_rolled_back_savepoint_leaves_nothing(self):
        """An order that was confirmed and rolled back counts as confirmed."""
        order = self.order(confirm=False)
        with self.assertRaises(Stop), self.env.cr.savepoint():
            order.action_confirm()
            raise Stop
        self.record()
        self.assertFalse(self.owner(order))
        self.assertEqual(order.state, "draft")

    def test_rolled_back_savepoint_keeps_what_was_before(self):
        """A failed delivery takes the confirmation of the same transaction with it."""
        order = self.order(confirm=False)
        order.action_confirm()
        with self.assertRaises(Stop), self.env.cr.savepoint():
            for move in order.picking_ids.move_ids:
                move.picked = True
            order.picking_ids.button_validate()
            raise Stop
        self.record()
        self.assertStates(order, confirmed="reached", shipped="pending")

    def test_there_and_back_is_no_event(self):
        """A state that changed and changed back within one transaction sends a message."""
        order = self.order()
        events = []
        emit = "odoo.addons.integration_monitor.models.integration_flow_trigger.IntegrationFlow"
        with patch(f"{emit}._emit_for_events", lambda flows, found: events.extend(found) or False):
            order._action_cancel()
            order.action_draft()
            order.action_confirm()
            self.record()
        self.assertNotIn("sale.confirmed", [event.code for event in events])

    def test_events_of_an_order(self):
        """A flow that waits for a delivery is never triggered."""
        order = self.order(confirm=False)
        events = []
        emit = "odoo.addons.integration_monitor.models.integration_flow_trigger.IntegrationFlow"
        with patch(f"{emit}._emit_for_events", lambda flows, found: events.extend(found) or False):
            order.action_confirm()
            self.record()
            self.ship(order.picking_ids)
            self.pay(self.invoice(order))
        owner = self.owner(order)
        self.assertEqual(
            [event.code for event in events],
            [
                "sale.confirmed", "picking.first.ready", "picking.first.done", "picking.out.done",
                "invoice.posted", "invoice.paid", "payment.paid",
            ],
        )  # fmt: skip
        self.assertEqual({event.transaction_id for event in events}, {owner.id})

    def test_report_counts_once(self):
        """A carrier that reports twice delivers twice."""
        order = self.order()
        self.ship(order.picking_ids)
        report = {
            "transaction_id": self.owner(order).id,
            "step_code": "delivered",
            "occurred_at": order.create_date,
            "res_model": "stock.picking",
            "res_id": order.picking_ids.id,
            "source": "external",
        }
        for _again in range(2):
            self.env["integration.milestone"]._record([report])
        delivered = self.owner(order).milestone_ids.filtered(
            lambda milestone: milestone.step_id.code == "delivered"
        )
        self.assertEqual((delivered.state, delivered.reached_count), ("reached", 1))
        self.assertStates(order, in_transit=None, carrier_booked=None)

    def test_late_report_is_still_recorded(self):
        """'In transit' arrives after 'delivered' and is lost."""
        order = self.order()
        self.ship(order.picking_ids)
        for code in ("delivered", "in_transit"):
            self.env["integration.milestone"]._record(
                [
                    {
                        "correlation_id": order.integration_correlation_id,
                        "step_code": code,
                        "occurred_at": order.create_date,
                    }
                ]
            )
        self.assertStates(order, in_transit="reached", delivered="reached")

    def test_changed_amount_follows(self):
        """The monitor shows the amount that the order had when it was confirmed."""
        order = self.order()
        self.assertEqual(self.owner(order).sudo().amount_total, 200)
        order.order_line.product_uom_qty = 3
        self.record()
        self.assertEqual(self.owner(order).sudo().amount_total, 300)
