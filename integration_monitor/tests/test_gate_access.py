import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common_gate import GateCase
from .common_users import new_user, new_users


@tagged("post_install", "-at_install")
class TestGateAccess(GateCase):
    """Who may pass a gate, and what is kept of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls.gate()
        cls.sale = cls.order()
        cls.picking = cls.ready(cls.sale.picking_ids)

    def override(self, user, reason="The driver waits"):
        """Press the button and confirm the wizard, as that user."""
        picking = self.picking.with_user(user)
        action = picking.action_override_gate()
        wizard = (
            self.env[action["res_model"]]
            .with_user(user)
            .with_context(**action["context"])
            .create({"reason": reason})
        )
        self.assertIn("held by gating", wizard.gate_text)
        return wizard.action_override()

    def overrides(self):
        return self.env["integration.gate.override"].sudo().search([])

    def test_override(self):
        """Nobody can help a customer who stands at the door."""
        self.override(self.boss)
        row = self.overrides()
        self.assertEqual((row.user_id, row.login), (self.boss, self.boss.login))
        self.assertEqual((row.gate_id, row.reason), (self.rule, "The driver waits"))
        self.assertEqual(row.document_name, self.picking.name)
        self.assertIn("The driver waits", self.picking.message_ids[0].body)
        self.picking.with_user(self.boss).button_validate()
        self.assertEqual(self.picking.state, "done")

    def test_override_changes_blame(self):
        """The order is still held by a gate that somebody opened."""
        self.assertEqual(self.owner(self.sale).cause, "gate")
        self.override(self.boss)
        self.assertNotEqual(self.owner(self.sale).cause, "gate")

    def test_override_of_an_invoice(self):
        """The button is there for transfers only."""
        self.gate("shipped", document_step="invoice")
        invoice = self.invoice(self.sale, post=False)
        invoice.with_user(self.boss)._integration_override_gate("Paid in advance")
        invoice.with_user(self.boss).action_post()
        self.assertEqual(invoice.state, "posted")

    def test_who_may(self):
        """A clerk lets pass what he may validate."""
        with self.assertRaises(AccessError):
            self.picking.with_user(self.clerk).action_override_gate()
        with self.assertRaises(AccessError):
            self.picking.with_user(self.clerk)._integration_override_gate("Please")
        with self.assertRaises(AccessError):
            self.env["integration.gate.override.wizard"].with_user(self.clerk).create(
                {"res_model": "stock.picking", "res_id": self.picking.id, "reason": "Please"}
            )
        reader = new_user(
            self.env,
            "im_gate_reader",
            "base.group_user,integration_monitor.group_gate_override",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        with self.assertRaises(AccessError):
            self.picking.with_user(reader).action_override_gate()
        administrator = self.env.ref("integration_monitor.group_administrator")
        self.assertIn(
            self.env.ref("integration_monitor.group_gate_override"), administrator.all_implied_ids
        )

    def test_reason_is_mandatory(self):
        """'.' by hand, nothing by RPC."""
        with self.assertRaisesRegex(UserError, "Say why"):
            self.override(self.boss, "   ")
        self.assertFalse(self.overrides())

    def test_nothing_to_override(self):
        """An override is kept for later, when the gate would hold."""
        self.release(self.sale)
        with self.assertRaisesRegex(UserError, "No gate"):
            self.picking.with_user(self.boss)._integration_override_gate("In advance")

    def test_audit_is_kept(self):
        """Who passed a gate removes the trace of it."""
        self.override(self.boss)
        row = self.overrides()
        with self.assertRaises(UserError):
            row.write({"reason": "Another one"})
        with self.assertRaises(UserError):
            row.unlink()
        for statement in (
            "UPDATE integration_gate_override SET reason = 'x'",
            "DELETE FROM integration_gate_override",
        ):
            with (
                self.assertRaises(psycopg2.Error),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env.cr.execute(statement)
        with (
            self.assertRaises(psycopg2.IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self.rule.unlink()
        with self.assertRaises(AccessError):
            self.env["integration.gate.override"].with_user(self.boss).create(
                {"gate_id": self.rule.id}
            )

    def test_gates_are_for_administrators(self):
        """An operator removes the gate that is in his way."""
        viewer, operator, administrator = new_users(
            self.env,
            {
                f"im_gate_{role}": ["base.group_user", f"integration_monitor.group_{role}"]
                for role in ("viewer", "operator", "administrator")
            },
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        for user in (viewer, operator):
            self.assertTrue(self.rule.with_user(user).read(["name"]))
            with self.assertRaises(AccessError, msg=user.login):
                self.rule.with_user(user).active = False
        with self.assertRaises(AccessError):
            self.rule.with_user(self.clerk).read(["name"])
        self.rule.with_user(administrator).active = False

    def test_other_companies(self):
        """An administrator of one company reads the gates of another."""
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = new_user(
            self.env,
            "im_gate_stranger",
            "base.group_user,integration_monitor.group_administrator",
            company_id=elsewhere.id,
            company_ids=[(6, 0, elsewhere.ids)],
        )
        self.override(self.boss)
        for model in ("integration.gate", "integration.gate.override"):
            self.assertFalse(self.env[model].with_user(stranger).search([]), model)
        with self.assertRaises(AccessError):
            self.picking.with_user(stranger).action_override_gate()
