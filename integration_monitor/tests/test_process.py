"""The editor of processes: what may change, what may not, and what it says then."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common_transaction import TransactionCommon


@tagged("post_install", "-at_install")
class TestProcess(TransactionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids |= cls.env.ref("integration_monitor.group_administrator")
        cls.process = cls.env.ref("integration_monitor.process_order_to_cash")

    def _next(self):
        return self.env["integration.process"].browse(self.process.action_new_version()["res_id"])

    def test_steps_in_use_are_fixed(self):
        """An administrator removes a step, and old orders lose a milestone."""
        step = self.process.step_ids[0]
        with self.assertRaisesRegex(UserError, "New Version"):
            step.unlink()
        with self.assertRaisesRegex(UserError, "New Version"):
            step.sequence = 99
        with self.assertRaisesRegex(UserError, "New Version"):
            step.copy({"code": "again"})
        step.write({"name": "Came In", "expected_minutes": 5})

    def test_new_version_is_followed_by_new_orders(self):
        """A changed process changes the measure of orders that are under way."""
        before = self.order()
        version = self._next()
        self.assertEqual((version.version, version.state), (self.process.version + 1, "draft"))
        version.step_ids.filtered(lambda step: step.code == "packed").unlink()
        version.action_put_in_use()
        self.assertEqual(self.process.state, "superseded")
        after = self.order()
        self.assertEqual(self.owner(before).process_id, self.process)
        self.assertEqual(self.owner(after).process_id, version)
        self.assertNotIn("packed", self.states(after))
        self.ship(before.picking_ids)
        self.assertStates(before, packed=None, shipped="reached")

    def test_one_draft_at_a_time(self):
        """Two clicks make two drafts of the same version."""
        self.assertEqual(self._next(), self._next())

    def test_unusable_processes_are_refused_with_advice(self):
        """A process that nothing reaches is put in use, and every order is late."""
        version = self._next()
        version.step_ids[1].event_code = False
        with self.assertRaisesRegex(UserError, "Choose the event"):
            version.action_put_in_use()
        version.step_ids.unlink()
        with self.assertRaisesRegex(UserError, "Add the steps"):
            version.action_put_in_use()

    def test_codes_and_events_are_checked(self):
        """A typing error in a code makes a step that no flow finds."""
        version = self._next()
        with self.assertRaisesRegex(ValidationError, "small letters"):
            version.step_ids[0].code = "Carrier Booked"
        with self.assertRaisesRegex(ValidationError, "No document reports"):
            version.step_ids[1].event_code = "sale.conformed"

    def test_used_process_stays(self):
        """A process is deleted with the transactions that follow it."""
        self.order()
        with self.assertRaisesRegex(UserError, "must stay"):
            self.process.unlink()
