"""A process that documents follow cannot be broken, whoever tries and however."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common_transaction import TransactionCommon


@tagged("post_install", "-at_install")
class TestProcessGuard(TransactionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("integration_monitor.group_administrator")
        cls.process = cls.env.ref("integration_monitor.process_order_to_cash")
        cls.other_company = cls.env["res.company"].create({"name": "Elsewhere"})

    def _draft(self, process=None):
        action = (process or self.process).action_new_version()
        return self.env["integration.process"].browse(action["res_id"])

    def test_fixed_values(self):
        """A process in use gets another code, company or document, and orders are lost."""
        for values in (
            {"code": "cash_to_order"},
            {"company_id": self.other_company.id},
            {"root_model": False},
        ):
            with self.subTest(values), self.assertRaisesRegex(UserError, "New Version"):
                self.process.write(values)
            with self.subTest(values), self.assertRaisesRegex(UserError, "New Version"):
                self.process.sudo().write(values)
        # What stays as it is may be written, as an import does.
        self.process.write({"code": "order_to_cash", "name": "Order to Money"})

    def test_superseded_is_fixed_as_well(self):
        """The measure of orders under way changes after a newer version took its place."""
        self._draft().action_put_in_use()
        with self.assertRaisesRegex(UserError, "New Version"):
            self.process.code = "former"
        with self.assertRaisesRegex(UserError, "New Version"):
            self.process.step_ids[0].event_code = "sale.confirmed"
        self.process.active = False  # it may be put away

    def test_state_and_version_follow_from_buttons(self):
        """Somebody puts a process in use that was never checked."""
        draft = self._draft()
        for values in ({"state": "active"}, {"version": 7}):
            for process in (draft, draft.sudo(), self.process):
                with self.subTest(values), self.assertRaisesRegex(UserError, "Put in Use"):
                    process.write(values)
        for state in ("active", "superseded"):
            with self.assertRaisesRegex(UserError, "begins as a draft"):
                self.env["integration.process"].create({"name": "Forged", "state": state})

    def test_archived_in_use(self):
        """The process is archived, and new orders follow nothing."""
        with self.assertRaisesRegex(UserError, "cannot be archived"):
            self.process.action_archive()
        with self.assertRaisesRegex(UserError, "cannot be archived"):
            self.process.write({"active": False})

    def test_deleted_in_use(self):
        """A process nobody follows yet is deleted, and the next order follows nothing."""
        with self.assertRaisesRegex(UserError, "must stay"):
            self.process.unlink()
        draft = self._draft()
        draft.unlink()
        self.assertFalse(draft.exists())

    def test_transactions_of_another_company_count(self):
        """Who sees no transaction of a company deletes the process that they follow."""
        order = self.order()
        self._draft().action_put_in_use()
        stranger = new_test_user(
            self.env,
            "im_process_stranger",
            groups="base.group_user,integration_monitor.group_administrator",
            company_id=self.other_company.id,
            company_ids=[Command.set(self.other_company.ids)],
        )
        process = self.process.with_user(stranger)
        self.assertFalse(process.transaction_count)
        with self.assertRaisesRegex(UserError, "must stay"):
            process.unlink()
        self.assertEqual(self.owner(order).process_id, self.process)

    def test_steps_in_use(self):
        """A step comes, goes or changes by another way than the form."""
        step = self.process.step_ids[0]
        draft = self._draft()
        changes = (
            lambda: self.process.write({"step_ids": [Command.delete(step.id)]}),
            lambda: self.process.write({"step_ids": [Command.clear()]}),
            lambda: self.process.write({"step_ids": [Command.update(step.id, {"optional": True})]}),
            lambda: self.process.write(
                {"step_ids": [Command.create({"name": "New", "event_code": "sale.created"})]}
            ),
            lambda: self.process.write({"step_ids": [Command.link(draft.step_ids[0].id)]}),
            lambda: draft.step_ids[0].write({"process_id": self.process.id, "code": "again"}),
            lambda: step.write({"branch": "goods"}),
            lambda: step.write({"document_event": "sale.confirmed"}),
            lambda: step.sudo().write({"code": "came_in"}),
            lambda: step.sudo().unlink(),
            lambda: step.copy({"code": "again"}),
        )
        for number, change in enumerate(changes):
            with self.subTest(number), self.assertRaisesRegex(UserError, "New Version"):
                change()

    def test_imported(self):
        """A file with another state, code or event is imported over a process in use."""
        xmlid = "integration_monitor.process_order_to_cash"
        step = "integration_monitor.step_shipped"
        for model, header, row, told in (
            ("integration.process", ["id", "state"], [xmlid, "Draft"], "Put in Use"),
            ("integration.process", ["id", "code"], [xmlid, "other"], "New Version"),
            ("integration.process.step", ["id", "event_code"], [step, "sale.created"],
             "New Version"),
            ("integration.process.step", ["name", "process_id/id", "event_code"],
             ["Once More", xmlid, "sale.created"], "New Version"),
        ):  # fmt: skip
            with self.subTest(header):
                result = self.env[model].load(header, [row])
                self.assertFalse(result["ids"])
                self.assertIn(told, result["messages"][0]["message"])

    def test_others_may_not_write(self):
        """Somebody without the role changes how orders are measured."""
        support = new_test_user(
            self.env,
            "im_process_support",
            groups="base.group_user,integration_monitor.group_support",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        draft = self._draft().with_user(support)
        with self.assertRaises(AccessError):
            draft.name = "Mine"
        with self.assertRaises(AccessError):
            draft.action_put_in_use()
        draft.sudo().unlink()
        with self.assertRaises(AccessError):
            self.process.with_user(support).action_new_version()

    def test_company_process_wins(self):
        """A company's own process is passed over, or measures the orders of others."""
        own = self._draft()
        own.company_id = self.company
        own.action_put_in_use()
        self.assertEqual(self.process.state, "active", "the general one stays for the others")
        for_root = self.env["integration.process"]._for_root
        self.assertEqual(for_root("sale.order", self.company.id), own.id)
        self.assertEqual(for_root("sale.order", self.other_company.id), self.process.id)
        order = self.order()
        self.assertEqual(self.owner(order).process_id, own)
        # A newer general version is not for them either.
        self._draft().action_put_in_use()
        self.assertEqual(for_root("sale.order", self.company.id), own.id)
        with self.assertRaisesRegex(UserError, "would follow nothing"):
            self.process._other_followed().action_take_out_of_use()
        own.action_take_out_of_use()
        self.assertEqual(own.state, "superseded")
        self.assertNotEqual(for_root("sale.order", self.company.id), own.id)
        self.assertEqual(self.owner(order).process_id, own)

    def test_another_process_takes_the_place(self):
        """A process of another name is put in use, and orders go on with the former one."""
        other = self.process.copy({"name": "Wholesale", "code": "wholesale"})
        self.assertEqual((other.version, other.state), (1, "draft"))
        other.action_put_in_use()
        self.assertEqual(self.process.state, "superseded")
        self.assertEqual(self.owner(self.order()).process_id, other)

    def test_versions_are_numbered(self):
        """Two versions have one number, or an import brings one that exists."""
        first = self._draft()
        again, more = self.env["integration.process"].create(
            [
                {"name": "Order to Cash", "code": "order_to_cash", "version": 1},
                {"name": "Order to Cash", "code": "order_to_cash"},
            ]
        )
        top = self.process.version
        self.assertEqual((first + again + more).mapped("version"), [top + 1, top + 2, top + 3])
        named = self.env["integration.process"].create({"name": "Bulk Orders"})
        self.assertEqual((named.code, named.version), ("bulk_orders", 1))
