from datetime import timedelta

from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_business_rule import BusinessRuleCase
from .common_users import new_user


@tagged("post_install", "-at_install")
class TestBusinessRule(BusinessRuleCase):
    """What all rules share: once per matter, by itself, for the right people."""

    check_code = "shipped_not_invoiced"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.left = cls.shipped()
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})

    def test_once(self):
        """Each sweep counts another occurrence of what stays as it is."""
        exception = self.assertFound(self.left)
        self.assertEqual(self.sweep(hours=3), exception)
        self.assertEqual(exception.occurrence_count, 1)
        self.assertEqual((self.rule.found_count, self.rule.exception_count), (1, 1))

    def test_other_facts(self):
        """The matter grows, and the exception still tells of its beginning."""
        self.invoice(self.left)
        order = self.order(quantity=3)
        self.rule.text = "{shipped} shipped"
        self.ship(order.picking_ids, 1)
        exception = self.assertFound(order)
        self.assertEqual(exception.error_message, "1 shipped")
        self.ship(order.picking_ids.filtered(lambda picking: picking.state != "done"))
        self.assertEqual(self.sweep(), exception)
        self.assertEqual(exception.error_message, "3 shipped")
        self.assertEqual((exception.amount_at_stake, exception.occurrence_count), (300.0, 2))

    def test_ignored(self):
        """What a person ignored comes back; or stays away although the facts are others."""
        self.invoice(self.left)
        order = self.order(quantity=3)
        self.ship(order.picking_ids, 1)
        exception = self.assertFound(order)
        exception.action_ignore()
        self.assertFalse(self.sweep(hours=24 * 30))
        self.ship(order.picking_ids.filtered(lambda picking: picking.state != "done"))
        again = self.assertFound(order)
        self.assertNotEqual(again, exception)

    def test_resolved_by_a_person(self):
        """A person says that it is right now: he is believed for a day."""
        order = self.left
        self.assertFound(order).action_resolve()
        self.assertFalse(self.sweep(hours=20))
        self.assertFound(order, hours=26)

    def test_comes_back(self):
        """What closed by itself and is so again opens again."""
        order = self.left
        exception = self.assertFound(order)
        invoice = self.invoice(order)
        self.assertClosed(exception)
        invoice.button_draft()
        self.assertFound(order)

    def test_archived(self):
        """Nobody closes what a rule opened that is no longer used."""
        exception = self.assertFound(self.left)
        self.rule.active = False
        self.assertEqual((exception.state, exception.resolution), ("resolved", "auto"))
        self.env["integration.business.rule"]._sweep(self.now + timedelta(hours=2))
        self.assertFalse(self.rule.exception_ids.filtered("is_open"))

    def test_deleted_or_changed(self):
        """The same after a rule is deleted, or looks for something else."""
        exception = self.assertFound(self.left)
        self.rule.check_code = "negative_stock"
        self.assertFalse(exception.is_open)
        self.rule.check_code = "shipped_not_invoiced"
        exception = self.sweep()
        self.assertTrue(exception)
        self.rule.unlink()
        self.assertFalse(exception.is_open)
        self.assertFalse(exception.business_rule_id)

    def test_companies_and_warehouses(self):
        """Documents of other companies and warehouses are found."""
        order = self.left
        other = self.env["stock.warehouse"].create(
            {"name": "Second", "code": "SEC", "company_id": self.company.id}
        )
        self.rule.warehouse_ids = other
        self.assertFalse(self.sweep())
        self.rule.warehouse_ids = order.warehouse_id
        exception = self.assertFound(order)
        self.assertEqual(exception.company_id, self.company)
        self.rule.warehouse_ids = False
        self.rule.company_ids = self.elsewhere
        self.assertClosed(exception)
        with self.assertRaisesRegex(ValidationError, "belongs to"):
            self.rule.warehouse_ids = order.warehouse_id

    def test_old_documents(self):
        """On the day of the installation each old order opens an exception."""
        order = self.left
        exception = self.assertFound(order)
        self.rule.watch_from = self.now + timedelta(minutes=1)
        self.assertEqual(self.sweep(), exception, "what is open is followed to its end")
        exception._resolve()
        self.assertFalse(self.sweep())

    def test_owner_and_deadline(self):
        """The rule names both; an owner of another company is not asked."""
        owner = new_user(
            self.env,
            "rule_owner",
            groups="integration_monitor.group_operator",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.rule.write({"user_id": owner.id, "deadline_hours": 5, "severity": "critical"})
        exception = self.assertFound(self.left)
        self.assertEqual((exception.user_id, exception.severity), (owner, "critical"))
        self.assertEqual(exception.deadline_at, self.now + timedelta(hours=7))
        self.assertEqual(exception.activity_ids.user_id, owner)
        with self.assertRaisesRegex(ValidationError, "may not work for"):
            self.rule.company_ids |= self.elsewhere
        plain = new_user(self.env, "rule_plain", groups="base.group_user")
        with self.assertRaisesRegex(ValidationError, "cannot see exceptions"):
            self.rule.write({"company_ids": False, "user_id": plain.id})

    def test_owner_rules(self):
        """Without an owner of its own, the owner rules name one, and the deadline."""
        owner = new_user(self.env, "by_rule", groups="integration_monitor.group_operator")
        self.env["integration.owner.rule"].create(
            {
                "name": "Business",
                "user_id": owner.id,
                "category": "business",
                "deadline_hours": 9,
            }
        )
        self.assertEqual(self.assertFound(self.left).user_id, owner)

    def test_no_reason_to_wait(self):
        """The order waits for its exception, which opened because it waits."""
        order = self.left
        owner = self.owner(order)
        before = (owner.cause, owner.waits_on)
        self.assertFound(order)
        self.assertEqual((owner.cause, owner.waits_on), before)
        self.assertNotEqual(owner.cause, "exception")

    def test_advice(self):
        """The exception says what the rule advises, and that it closes by itself."""
        self.rule.advice = "Write an invoice."
        advice = self.assertFound(self.left).advice
        self.assertIn("Write an invoice.", advice)
        self.assertIn("closes by itself", advice)

    def test_one_issue_for_a_rule(self):
        """Each document is a fault of its own, and nobody sees that it is one."""
        self.shipped()
        found = self.sweep()
        self.assertEqual(len(found), 2)
        self.assertEqual(len(set(found.mapped("fingerprint"))), 1)

    def test_text(self):
        """A word without a value stands as a dash in each exception."""
        with self.assertRaisesRegex(ValidationError, "There is no value for {nothing}"):
            self.rule.text = "{document} {nothing}"
        self.rule.text = "{document}: {amount}, {since}, {lines}, {ordered} {document.env}"
        text = self.assertFound(self.left).error_message
        self.assertRegex(text, r": .*200\.00.*, .* UTC, .*Harbor Lamp, 2 \{document\.env\}$")

    def test_limits(self):
        """Values that mean nothing are refused with what to write."""
        for values in ({"grace_minutes": -1}, {"max_open": 0}, {"minimum_samples": 1}):
            with (
                self.subTest(values=values),
                mute_logger("odoo.sql_db"),
                self.assertRaises(CheckViolation),
                self.env.cr.savepoint(),
            ):
                self.rule.write(values)
                self.env.flush_all()

    def test_access(self):
        """Viewers read, administrators write; nobody sees rules of other companies alone."""
        viewer = new_user(
            self.env,
            "rule_viewer",
            groups="integration_monitor.group_viewer",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        rule = self.rule.with_user(viewer)
        self.assertEqual(rule.name, "Something is wrong")
        with self.assertRaises(AccessError):
            rule.write({"severity": "low"})
        with self.assertRaises(AccessError):
            rule.action_preview()
        self.rule.company_ids = self.elsewhere
        self.assertFalse(rule.search([("id", "=", rule.id)]))

    def test_preview(self):
        """The preview opens something, or tells other figures than the sweep."""
        orders = [self.left, self.shipped(), self.shipped()]
        self.env["integration.business.rule"].browse(self.rule.id).grace_minutes = 0
        self.sweep()[0].action_ignore()
        self.sweep(hours=3)
        known = self.rule.exception_ids
        self.shipped()
        self.rule.text = "{document}"
        preview = self.env["integration.business.rule.preview"].browse(
            self.rule.action_preview()["res_id"]
        )
        self.assertEqual(self.rule.exception_ids, known)
        self.assertIn("Would open 1 now. 2 open already, 0 within the grace, 1", preview.summary)
        self.assertEqual(preview.line_ids[0].verdict, "new")
        self.assertEqual(set(preview.line_ids.mapped("text")) - {preview.line_ids[0].text},
                         {order.name for order in orders})  # fmt: skip
        action = preview.line_ids[0].action_open_document()
        self.assertEqual(action["res_model"], "sale.order")
        self.rule.grace_minutes = 600
        preview = self.env["integration.business.rule.preview"]._of_rule(self.rule)
        self.assertIn("Would open 0 now", preview.summary)
