"""The complete order-to-cash on databases that were installed with the former one."""

import importlib.util
from pathlib import Path
from unittest.mock import patch

from odoo.tests import tagged

from .common_transaction import TransactionCommon

FOLDER = Path(__file__).parents[1] / "migrations" / "19.0.1.1.0"
#: What an installation of the former version had.
FORMER = (
    ("received", "sale.created"), ("confirmed", "sale.confirmed"), ("picked", "picking.first.done"),
    ("shipped", "picking.out.done"), ("invoiced", "invoice.posted"), ("paid", "invoice.paid"),
)  # fmt: skip


@tagged("post_install", "-at_install")
class TestProcessUpgrade(TransactionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("integration_monitor.group_administrator")
        complete = cls.env.ref("integration_monitor.process_order_to_cash")
        cls.expected = [
            (step.code, step.event_code, step.optional, step.branch) for step in complete.step_ids
        ]
        # As if the database had been installed with the former version.
        cls.env["ir.model.data"].search(
            [
                ("module", "=", "integration_monitor"),
                ("model", "in", ("integration.process", "integration.process.step")),
            ]
        ).unlink()
        complete._switch("draft")
        complete.unlink()
        cls.former = cls.env["integration.process"].create(
            {
                "name": "Order to Cash",
                "code": "order_to_cash",
                "step_ids": [
                    (0, 0, {"name": code.title(), "code": code, "event_code": event})
                    for code, event in FORMER
                ],
            }
        )
        cls.former.action_put_in_use()
        cls._name(cls.former, "process_order_to_cash")
        for step in cls.former.step_ids:
            cls._name(step, f"step_{step.code}")

    @classmethod
    def _name(cls, record, name):
        cls.env["ir.model.data"].create(
            {
                "module": "integration_monitor",
                "name": name,
                "model": record._name,
                "res_id": record.id,
                "noupdate": True,
            }
        )

    def _upgrade(self):
        """Run the migration as an upgrade does: while the registry is being built."""
        self.env.flush_all()
        with patch.object(self.registry, "ready", False):
            for name in ("pre-migration", "post-migration"):
                spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
                script = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(script)
                script.migrate(self.env.cr, "19.0.1.0.0")
                self.env.invalidate_all()
        return self.env.ref("integration_monitor.process_order_to_cash")

    def test_new_orders_follow_the_complete_process(self):
        """An upgrade leaves customers with the old steps, or changes the orders under way."""
        before = self.order()
        complete = self._upgrade()
        self.assertEqual((complete.version, complete.state), (2, "active"))
        self.assertEqual(
            [(s.code, s.event_code, s.optional, s.branch) for s in complete.step_ids], self.expected
        )
        self.assertEqual(self.former.state, "superseded")
        self.assertEqual(self.env.ref("integration_monitor.step_shipped_1").process_id, self.former)
        after = self.order()
        self.assertEqual(self.owner(after).process_id, complete)
        self.ship(before.picking_ids)
        self.assertEqual(self.owner(before).process_id, self.former)
        self.assertStates(before, shipped="reached", allocated=None)
        self.assertStates(after, validated="reached", allocated="reached")

    def test_process_of_the_customer_stays(self):
        """An upgrade takes the place of the process that a customer made."""
        own = self.env["integration.process"].browse(self.former.action_new_version()["res_id"])
        own.step_ids.filtered(lambda step: step.code == "picked").unlink()
        own.action_put_in_use()
        complete = self._upgrade()
        self.assertEqual((complete.version, complete.state), (3, "draft"))
        self.assertEqual((own.state, own.version), ("active", 2))
        self.assertEqual(self.owner(self.order()).process_id, own)

    def test_archived_process_stays_archived(self):
        """An upgrade follows orders again that nobody wanted to follow."""
        self.former._switch("superseded")
        self.former.active = False
        complete = self._upgrade()
        self.assertEqual(complete.state, "draft")
        self.assertFalse(self.owner(self.order()))
