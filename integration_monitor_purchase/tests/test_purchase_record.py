"""What following purchases costs, what it triggers, and purchases from before."""

import json
from datetime import date
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import new_test_user, tagged

from .common import PurchaseCommon


@tagged("post_install", "-at_install")
class TestPurchaseRecord(PurchaseCommon):
    def _statements(self, documents):
        """:return: number of statements for recording documents of one model, noted as changed"""
        self.env.flush_all()
        self.env.cr.precommit.clear()
        documents._integration_note(("state",))
        before = self.env.cr.sql_log_count
        self.env["integration.milestone"].sudo()._record_pending()
        return self.env.cr.sql_log_count - before

    def test_a_batch_costs_a_fixed_number_of_statements(self):
        """Twenty purchases cost twenty times as many statements as one."""
        drafts = (self.purchase(confirm=False) for _ in range(20))
        orders = self.env["purchase.order"].concat(*drafts)
        orders.button_confirm()
        self.ship(orders.picking_ids)
        bills = [self.bill(order, post=False) for order in orders]
        self.env["account.move"].concat(*bills).action_post()
        self.record()
        for documents in (orders, orders.picking_ids, orders.invoice_ids):
            self._statements(documents[:1])  # fills the caches
            self.env["integration.transaction"].sudo().search([]).write({"name": "stale"})
            one = self._statements(documents[:1])
            self.env["integration.transaction"].sudo().search([]).write({"name": "stale"})
            self.assertEqual(self._statements(documents), one, documents._name)
            self.assertLessEqual(one, 3, documents._name)
        self.assertEqual(self.owner(orders[19]).name, orders[19].name)

    def test_documents_of_nobody_cost_nothing_more(self):
        """Each delivery, each bill of the landlord pays for what only purchases need."""
        sale = self.order()
        bill = self.init_invoice("in_invoice", partner=self.customer, amounts=[30.0], post=True)
        self.record()
        seen = []
        root = type(self.env["integration.transaction"])
        original = root._root_reading

        def counted(records, *args):
            seen.append(args)
            return original(records, *args)

        with patch.object(root, "_root_reading", counted):
            self.ship(sale.picking_ids)
            self.pay(self.invoice(sale))
            bill.button_draft()
            bill.action_post()
            self.pay(bill)
        self.assertFalse(seen)

    def test_events(self):
        """A flow that waits for a receipt is never triggered."""
        order = self.purchase(confirm=False)
        events = []
        emit = "odoo.addons.integration_monitor.models.integration_flow_trigger.IntegrationFlow"
        with patch(f"{emit}._emit_for_events", lambda flows, found: events.extend(found) or False):
            order.button_confirm()
            self.record()
            self.ship(order.picking_ids)
            self.pay(self.bill(order))
            self.send_back(order.picking_ids)
            self.bill(order)
        own = [event for event in events if event.transaction_id == self.owner(order).id]
        self.assertEqual(
            [event.code for event in own],
            [
                "purchase.confirmed", "receipt.done", "bill.posted", "bill.paid",
                "receipt.returned", "bill.refunded",
            ],
        )  # fmt: skip

    def test_event_data(self):
        """A subscriber's account may not read what it is told of, or reads of other documents."""
        order = self.purchase(partner_ref="V-17")
        self.ship(order.picking_ids)
        bill = self.bill(order)
        groups = self.env["integration.handler.event"]._required_groups()
        user = new_test_user(
            self.env, "im_purchase_events", groups=",".join(groups), company_id=self.company.id
        )
        Data = self.env["integration.event.data"].with_user(user)
        told = {
            document._name: getattr(Data, f"_{document._table}_data")(document.with_user(user))
            for document in (order, order.picking_ids, bill)
        }
        purchase = told["purchase.order"]
        self.assertEqual((purchase["order"], purchase["vendor_reference"]), (order.name, "V-17"))
        self.assertEqual(told["stock.picking"]["order"], order.name)
        self.assertEqual(
            (told["account.move"]["orders"], told["account.move"]["kind"]),
            ([order.name], "vendor_bill"),
        )
        self.assertNotIn(self.vendor.name, json.dumps(told))

    def test_adoption(self):
        """Purchases from before the installation stand at their first step for ever."""
        received, new = self.purchase(), self.purchase()
        self.ship(received.picking_ids)
        before = {order: self.states(order) for order in (received, new)}
        self.env.cr.execute(
            "DELETE FROM integration_transaction WHERE res_model = 'purchase.order';"
            "UPDATE purchase_order SET integration_correlation_id = NULL"
        )
        self.env.invalidate_all()
        adoption = (
            self.env["integration.adoption"]
            .sudo()
            .create({"company_id": self.company.id, "root_model": "purchase.order"})
        )
        adoption.action_start()
        self.assertEqual(adoption.total_count, 2)
        self.env.cr.precommit.run()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            adoption.with_env(adoption.env(cr=cr))._run()
        self.env.invalidate_all()
        self.assertEqual((adoption.state, adoption.done_count), ("done", 2))
        for order, states in before.items():
            self.assertEqual(self.states(order), states)
            self.assertEqual(order.integration_correlation_id, self.owner(order).correlation_id)

    def test_moved_before_its_adoption(self):
        """The bill of March is posted today, as somebody saves the purchase before its turn."""
        with freeze_time("2026-03-01 10:00:00"):
            order = self.purchase()
            self.ship(order.picking_ids)
            self.pay(self.bill(order))
        self.env.cr.execute(
            "DELETE FROM integration_transaction WHERE res_model = 'purchase.order';"
            "UPDATE purchase_order SET integration_correlation_id = NULL"
        )
        self.env.invalidate_all()
        order.user_id = self.env.ref("base.user_admin")
        self.record()
        owner = self.owner(order)
        self.assertEqual(owner.state, "completed")
        days = {one.step_id.code: one.reached_at.date() for one in owner.milestone_ids
                if one.reached_at}  # fmt: skip
        self.assertEqual(set(days.values()), {date(2026, 3, 1)}, days)
        self.assertTrue(owner.adopted_at)

    def test_a_new_version_of_the_process(self):
        """An administrator cannot change how purchases are followed."""
        process = self.env.ref("integration_monitor_purchase.process_procure_to_pay").sudo()
        draft = self.env["integration.process"].browse(process.action_new_version()["res_id"])
        draft = draft.sudo()
        draft.step_ids.filtered(lambda step: step.code == "matched").unlink()
        draft.action_put_in_use()
        old = self.env["integration.transaction"].search_count([("process_id", "=", process.id)])
        order = self.purchase()
        self.assertEqual(self.owner(order).process_id, draft)
        self.assertNotIn("matched", self.states(order))
        self.assertEqual(
            self.env["integration.transaction"].search_count([("process_id", "=", process.id)]), old
        )
