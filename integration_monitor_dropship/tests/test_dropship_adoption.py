"""Dropships from before the installation, and what is left after the addon is gone."""

from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.integration_monitor_dropship import hooks

from .common import DropshipCommon


@tagged("post_install", "-at_install")
class TestDropshipAdoption(DropshipCommon):
    def _forget(self):
        """Everything is as before the installation."""
        self.env.cr.execute(
            "DELETE FROM integration_transaction;"
            "UPDATE purchase_order SET integration_correlation_id = NULL;"
            "UPDATE sale_order SET integration_correlation_id = NULL"
        )
        self.env.invalidate_all()

    def _adopt(self, root_model):
        adoption = (
            self.env["integration.adoption"]
            .sudo()
            .create({"company_id": self.company.id, "root_model": root_model})
        )
        adoption.action_start()
        self.env.cr.precommit.run()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            adoption.with_env(adoption.env(cr=cr))._run()
        self.env.invalidate_all()
        self.assertEqual(adoption.failed_count, 0)
        return adoption

    def _told(self, *orders):
        """:return: what people read of transactions"""
        return {
            order: (
                self.states(order),
                self.roles(order),
                self.owner(order).process_id,
                self.owner(order).cause_text,
                self.owner(order).waits_on,
            )
            for order in orders
        }

    def test_adopted_as_recorded(self):
        """Old dropships are followed as receipts, or their orders wait for the warehouse."""
        shipped, done = self.dropshipped()
        self.ship(done.picking_ids)
        waiting, open_ = self.dropshipped()
        asked = self.sell(self.goods, self.product)
        orders = (shipped, done, waiting, open_, asked)
        before = self._told(*orders)
        for models in (("sale.order", "purchase.order"), ("purchase.order", "sale.order")):
            self._forget()
            for root_model in models:
                adoption = self._adopt(root_model)
                self.assertEqual(adoption.done_count, {"sale.order": 3, "purchase.order": 2}[
                    root_model
                ])  # fmt: skip
            self.assertEqual(self._told(*orders), before, models)
            self.assertFalse(self.owner(self.bought(asked)))

    def test_installed_on_data(self):
        """Dropships that were recorded as receipts keep that name, or their orders know nothing."""
        sale, purchase = self.dropshipped()
        draft = self.sell(self.goods)
        expected = self.roles(sale), self.roles(purchase), self.roles(draft)
        self.env.cr.execute(
            "UPDATE integration_transaction_document SET role = 'out' WHERE role = 'dropship';"
            "DELETE FROM integration_transaction_document WHERE res_model = 'purchase.order'"
            " AND role <> 'order'; DELETE FROM integration_transaction_document"
            " WHERE role = 'sale'"
        )
        self.env.invalidate_all()
        jobs = []
        root = type(self.env["integration.transaction"])
        with patch.object(root, "with_delay", lambda records, **_job: jobs.append(1) or records):
            hooks.post_init_hook(self.env)
        self.assertTrue(jobs)
        self.assertEqual((self.roles(sale), self.roles(purchase), self.roles(draft)), expected)

    def test_uninstall(self):
        """The process stays behind, or purchases that follow it are followed no longer."""
        sale, purchase = self.dropshipped()
        plain = self.purchase()
        flow = self.edi_flow(self.edi(), "purchase.asn.copy", trigger_event="dropship.done")
        process = self.owner(purchase).process_id
        gate = (
            self.env["integration.gate"]
            .sudo()
            .create({"name": "Nothing unsent", "step_id": process.step_ids[0].id})
        )
        adopting = []
        adoption = type(self.env["integration.adoption"])
        with (
            patch.object(adoption, "_adopt_all", lambda records, model: adopting.append(model)),
            patch.object(self.registry, "ready", False),
        ):
            hooks.uninstall_hook(self.env)
        self.assertEqual(adopting, ["purchase.order"])
        self.assertFalse(self.owner(purchase))
        self.assertTrue(self.owner(plain))
        self.assertTrue(self.owner(sale))
        self.assertFalse(flow.active)
        self.assertFalse(gate.active)
        processes = self.env["integration.process"].with_context(active_test=False).sudo()
        self.assertFalse(processes.search([("root_kind", "!=", False)]))
        self._adopt("purchase.order")
        self.assertEqual(self.owner(purchase).process_id.code, "procure_to_pay")
