"""Open orders follow settings and calendars: in a job, and not in the user's save."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..models import integration_transaction_replan
from .common_deadline import DAY, HOUR, DeadlineCommon


@tagged("post_install", "-at_install")
class TestDeadlineReplan(DeadlineCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.cr.flush()
        cls.env["queue.job"].sudo().search([("method_name", "like", "_replan%")]).unlink()

    def test_settings_change_in_a_job(self):
        """Whoever saves a process waits until all orders are planned."""
        order = self.order()
        owner = self.owner(order)
        before = owner.due_at
        self.rule("picked", "clock", 60)
        self.rule("shipped", "clock", 60)
        self.assertEqual(owner.due_at, before)
        self.assertEqual(len(self.jobs()), 1)
        self.assertIn("planned anew", self.replan())
        self.assertEqual(owner.due_at, owner.waits_since + HOUR)
        planned = self.planned(order, "picked")
        self.assertEqual(self.planned(order, "shipped"), planned + HOUR)
        # Words are no deadlines, nor is a draft one of anybody's order.
        self.steps["picked"].icon = "fa-truck"
        draft = self.process.browse(self.process.action_new_version()["res_id"])
        draft.step_ids.write({"expected_minutes": 5})
        self.assertEqual(len(self.jobs()), 1)

    def test_calendars_that_nobody_follows(self):
        """Each holiday plans each order anew though no deadline counts working hours."""
        calendar = self.company.resource_calendar_id
        self.env["integration.process.step"].search([]).write({"deadline_source": "clock"})
        self.jobs().unlink()
        self.holiday(calendar, self.env.cr.now(), DAY)
        calendar.attendance_ids[0].hour_to = 12
        self.cut_off(self.env.cr.now())
        self.assertFalse(self.jobs())
        self.rule("picked", "working")
        self.jobs().unlink()
        self.holiday(calendar, self.env.cr.now(), DAY).unlink()
        self.assertEqual(len(self.jobs()), 1)
        calendar.attendance_ids[0].hour_to = 24
        self.assertEqual(len(self.jobs()), 2)

    def test_the_newest_job_does_it(self):
        """Ten changes plan everything ten times, or the last one is missed."""
        order = self.order()
        self.rule("picked", "clock", 60)
        first = self.jobs()
        self.rule("picked", "clock", 120)
        second = self.jobs() - first
        self.assertEqual(len(second), 1)
        self.assertIn("0 transactions", self.replan(job_uuid=first.uuid))
        self.replan(job_uuid=second.uuid)
        self.assertEqual(self.owner(order).due_at, self.owner(order).waits_since + 2 * HOUR)

    def test_goes_on_in_slices(self):
        """One job holds the queue until 200,000 orders are done, or stops after the first."""
        self.patch(integration_transaction_replan, "SLICE_SECONDS", 0.0)
        self.patch(integration_transaction_replan, "BATCH", 1)
        orders = self.order(), self.order()
        self.rule("picked", "clock", 60)
        self.replan()
        self.assertEqual(len(self.jobs("_replan_slice")), 1)
        self.patch(integration_transaction_replan, "SLICE_SECONDS", 60.0)
        self.replan()
        for order in orders:
            self.assertEqual(self.owner(order).due_at, self.owner(order).waits_since + HOUR)

    def test_one_odd_order(self):
        """An order that cannot be read keeps all others from being planned."""
        odd, order = self.order(), self.order()
        self.rule("picked", "clock", 60)
        self.env.cr.flush()
        self.env.cr.execute(
            "UPDATE integration_milestone SET evidence = '7' WHERE transaction_id = %s",
            [self.owner(odd).id],
        )
        with mute_logger("odoo.addons.integration_monitor.models.integration_transaction_replan"):
            self.replan()
        self.assertEqual(self.owner(order).due_at, self.owner(order).waits_since + HOUR)

    def test_cut_offs_that_never_come(self):
        """A cut-off without a day, or after midnight, is saved and nobody sees it."""
        with self.assertRaisesRegex(ValidationError, "one day"):
            self.env["integration.cut.off"].create(
                dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), False)
            )
        with self.assertRaisesRegex(ValidationError, "23:59"):
            self.env["integration.cut.off"].create({"hour": 24.0})
        with self.assertRaisesRegex(ValidationError, "time zone"):
            self.env["integration.cut.off"].create({"tz": False})

    def test_clock_of_the_warehouse(self):
        """The carrier of the warehouse in Tokyo comes on the clock of the office."""
        self.company.partner_id.tz = "Europe/Berlin"
        self.warehouse.partner_id = self.customer.copy({"tz": "Asia/Tokyo"})
        CutOff = self.env["integration.cut.off"]
        cut_off = CutOff.create({"company_id": self.company.id, "hour": 16.5})
        self.assertEqual(cut_off.tz, "Europe/Berlin")
        self.assertEqual(
            cut_off.name,
            "16:30 on Monday, Tuesday, Wednesday, Thursday, Friday (Europe/Berlin)",
        )
        cut_off.warehouse_id = self.warehouse
        self.assertEqual(cut_off.tz, "Asia/Tokyo")

    def test_who_may(self):
        """Anybody changes when the carrier comes, also that of another company."""
        cut_off = self.cut_off(self.env.cr.now())
        group = "integration_monitor.group_{}"
        viewer = new_test_user(
            self.env, "cut_viewer", group.format("viewer"), company_id=self.company.id,
            company_ids=self.company.ids,
        )  # fmt: skip
        self.assertTrue(cut_off.with_user(viewer).name)
        with self.assertRaises(AccessError):
            cut_off.with_user(viewer).hour = 3
        other = self.setup_other_company()["company"]
        stranger = new_test_user(
            self.env, "cut_stranger", group.format("administrator"), company_id=other.id,
            company_ids=other.ids,
        )  # fmt: skip
        self.assertFalse(self.env["integration.cut.off"].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            cut_off.with_user(stranger).hour = 3
