from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models import integration_business_rule_sweep
from ..wizards import integration_business_rule_preview
from .common_business_rule import BusinessRuleCase


@tagged("post_install", "-at_install")
class TestBusinessRuleSweep(BusinessRuleCase):
    """All rules in turn: by the clock, within bounds, one failure without the others."""

    check_code = "shipped_not_invoiced"

    def test_statements_do_not_grow(self):
        """A sweep asks for each document by itself."""
        self.shipped()
        self.sweep()
        with self.assertQueryCount(6):
            self.rule.sudo()._sweep_safely(self.now + timedelta(hours=2))
        for _number in range(3):
            self.shipped()
        self.sweep()
        with self.assertQueryCount(6):
            self.rule.sudo()._sweep_safely(self.now + timedelta(hours=2))

    def test_one_rule_fails(self):
        """A rule that takes too long blinds the others."""
        self.shipped()
        slow = self._rule(
            name="Slow", sequence=1, check_code="domain", model="stock.quant", text="{document}"
        )
        self.env.flush_all()
        self.patch(integration_business_rule_sweep, "SWEEP_TIMEOUT_MS", 200)
        self.env.cr.execute("SAVEPOINT before_lock")
        # What it needs is slow: a view that sleeps stands in for the table.
        self.env.cr.execute(
            """ALTER TABLE stock_quant RENAME TO slow_quant;
               CREATE VIEW stock_quant AS
               SELECT q.* FROM slow_quant q WHERE pg_sleep(1) IS NOT NULL"""
        )
        with self.assertLogs(integration_business_rule_sweep.__name__, "ERROR"):
            with self.assertLogs("odoo.sql_db", "ERROR"):
                self.env["integration.business.rule"]._sweep(self.now + timedelta(hours=2))
        self.assertIn("needs too long", slow.last_error)
        self.assertEqual(len(self.rule.exception_ids), 1)
        with self.assertRaisesRegex(UserError, "needs too long"), mute_logger("odoo.sql_db"):
            self.patch(integration_business_rule_preview, "PREVIEW_TIMEOUT_MS", 200)
            slow.action_preview()
        self.env.cr.execute("ROLLBACK TO SAVEPOINT before_lock")
        self.env.invalidate_all(flush=False)

    def test_scheduled(self):
        """Nothing ever calls the sweep."""
        order = self.shipped()
        self.rule.grace_minutes = 0
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref("integration_monitor.ir_cron_business_rules").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.rule.exception_ids.res_id, order.id)

    def test_ready_made_rules(self):
        """A ready-made rule is missing, fails, or has a text that nobody can fill."""
        data = (
            self.env["ir.model.data"]
            .sudo()
            .search([("module", "=", "integration_monitor"), ("model", "=", self.rule._name)])
        )
        ready = self.rule.browse(data.mapped("res_id"))
        self.assertEqual(len(set(ready.mapped("check_code"))), 10)
        self.env["integration.business.rule"]._sweep(fields.Datetime.now())
        self.assertEqual(ready.mapped("last_error"), [False] * len(ready))
        ready._check_text()

    def test_at_most(self):
        """A rule that finds everything buries everything else."""
        self.rule.max_open = 2
        orders = [self.shipped() for _number in range(3)]
        self.assertEqual(len(self.sweep()), 2)
        self.assertEqual(self.rule.found_count, 3)
        self.invoice(orders[0])
        found = self.sweep()
        self.assertEqual(set(found.mapped("res_id")), {orders[1].id, orders[2].id})
