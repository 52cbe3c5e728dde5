"""Where the deadlines of an order come from, and that they move with it."""

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common_deadline import DAY, HOUR, DeadlineCommon


@tagged("post_install", "-at_install")
class TestDeadline(DeadlineCommon):
    def test_what_steps_follow_at_first(self):
        """An upgrade makes each order late, or measures nothing any more."""
        sources = {code: step.deadline_source for code, step in self.steps.items()}
        self.assertEqual(
            {code for code, source in sources.items() if source == "transfer"},
            {"allocated", "picked", "packed", "shipped"},
        )
        self.assertEqual(sources["paid"], "invoice_due")
        self.assertEqual(sources["confirmed"], "clock")
        # A new version measures as its former did.
        self.rule("invoiced", "working", 60, warning_minutes=5)
        draft = self.process.browse(self.process.action_new_version()["res_id"])
        copied = draft.step_ids.filtered(lambda step: step.code == "invoiced")
        self.assertEqual((copied.deadline_source, copied.warning_minutes), ("working", 5))

    def test_promised_date(self):
        """The customer agrees to a later day, and the order stays late."""
        self.rule("picked", "promise", deadline_offset=-60)
        promised = fields.Datetime.now() + 2 * DAY
        order = self.order(commitment_date=promised)
        owner = self.owner(order)
        self.assertEqual(owner.due_at, promised - HOUR)
        self.assertEqual(self.planned(order, "picked"), promised - HOUR)
        order.commitment_date = promised + DAY
        self.record()
        self.assertEqual(owner.due_at, promised + DAY - HOUR)
        self.assertEqual(self.planned(order, "picked"), promised + DAY - HOUR)

    def test_scheduled_date(self):
        """A transfer is rescheduled, and its order is late all the same."""
        order = self.order()
        owner = self.owner(order)
        # Odoo schedules for the moment of the confirmation: that is no date.
        self.assertEqual(owner.due_at, owner.waits_since + 8 * HOUR)
        later = fields.Datetime.now() + 3 * DAY
        picking = order.picking_ids
        picking.scheduled_date = later
        self.env.flush_all()
        notes = self.env["integration.milestone"]._notes()
        self.assertEqual(notes.documents["stock.picking"][picking.id], {})
        self.record()
        self.assertEqual(owner.due_at, later)
        self.assertEqual(self.planned(order, "picked"), later)
        self.assertEqual(self.planned(order, "shipped"), later)
        self.ship(picking)
        # What was planned stays readable beside what happened.
        self.assertEqual(self.planned(order, "shipped"), later)

    def test_state_and_date_in_one_change(self):
        """To note the date hides that the state changed, and a flow is not triggered."""
        order = self.order()
        picking = order.picking_ids
        self.record()
        before = picking.state
        picking.move_ids.write({"date": fields.Datetime.now() + DAY})
        picking.do_unreserve()
        self.env.flush_all()
        notes = self.env["integration.milestone"]._notes()
        self.assertNotEqual(picking.state, before)
        self.assertEqual(notes.documents["stock.picking"][picking.id]["state"], before)

    def test_nobody_follows_transfers(self):
        """Each rescheduling costs the recorder's queries though no deadline follows."""
        self.env["integration.process.step"].search([]).write({"deadline_source": "clock"})
        order = self.order()
        order.picking_ids.scheduled_date = fields.Datetime.now() + 3 * DAY
        self.env.flush_all()
        self.assertNotIn("integration_monitor.notes", self.env.cr.precommit.data)

    def test_due_date_of_the_invoice(self):
        """An invoice is late before its day is over where the company is."""
        self.company.partner_id.tz = "America/New_York"
        order = self.order()
        self.ship(order.picking_ids)
        invoice = self.invoice(order)
        owner = self.owner(order)
        self.assertEqual(owner.waits_for_step_id, self.steps["paid"])
        invoice.invoice_date_due = "2031-01-15"
        self.record()
        self.assertEqual(owner.due_at, fields.Datetime.to_datetime("2031-01-16 04:59:59"))
        self.assertEqual(self.planned(order, "paid"), owner.due_at)
        self.company.partner_id.tz = "Europe/Berlin"
        self.replan()
        self.assertEqual(owner.due_at, fields.Datetime.to_datetime("2031-01-15 22:59:59"))

    def test_due_date_of_an_instalment(self):
        """The customer gets a delay in the journal item, and his order is late by the old day."""
        term = self.env["account.payment.term"].create(
            {"name": "Month", "line_ids": [Command.create({"value_amount": 100, "nb_days": 30})]}
        )
        order = self.order(payment_term_id=term.id)
        self.ship(order.picking_ids)
        invoice = self.invoice(order)
        owner = self.owner(order)
        instalment = invoice.line_ids.filtered(lambda item: item.display_type == "payment_term")
        self.assertEqual(owner.due_at.date(), invoice.invoice_date + 30 * DAY)
        later = invoice.invoice_date + 60 * DAY
        # The invoice shows no due date of its own then; its journal items can be edited.
        instalment.date_maturity = later
        self.record()
        self.assertEqual(owner.due_at.date(), later)

    def test_holiday_in_between(self):
        """Working hours go on while nobody works."""
        self.rule("picked", "working", 1440)
        order = self.order()
        owner = self.owner(order)
        self.assertEqual(owner.due_at, owner.waits_since + DAY)
        holiday = self.holiday(self.company.resource_calendar_id, owner.waits_since + HOUR, 2 * DAY)
        self.replan()
        self.assertEqual(owner.due_at, owner.waits_since + 3 * DAY)
        # Courses are worked, and the time off of one employee is no holiday.
        holiday.time_type = "other"
        self.replan()
        self.assertEqual(owner.due_at, owner.waits_since + DAY)
        resource = self.env["resource.resource"].sudo().create({"name": "Ada", "tz": "UTC"})
        holiday.write({"time_type": "leave", "resource_id": resource.id})
        self.replan()
        self.assertEqual(owner.due_at, owner.waits_since + DAY)
        # A public holiday of the company is one in each of its calendars.
        self.holiday(None, owner.waits_since + HOUR, DAY)
        self.replan()
        self.assertEqual(owner.due_at, owner.waits_since + 2 * DAY)

    def test_hours_of_the_warehouse(self):
        """The warehouse works on while the office is closed, and its orders are not late."""
        self.rule("picked", "working", 1440)
        order = self.order()
        owner = self.owner(order)
        self.holiday(self.company.resource_calendar_id, owner.waits_since + HOUR, 2 * DAY)
        self.warehouse.integration_calendar_id = self.hours()
        self.replan()
        self.assertEqual(owner.due_at, owner.waits_since + DAY)
        # Archived hours are none: those of the company count.
        self.warehouse.integration_calendar_id.active = False
        self.replan()
        self.assertEqual(owner.due_at, owner.waits_since + 3 * DAY)

    def test_no_hours(self):
        """A company without working hours has no deadlines."""
        self.rule("picked", "working", 1440)
        order = self.order()
        owner = self.owner(order)
        self.holiday(self.company.resource_calendar_id, owner.waits_since + HOUR, 2 * DAY)
        # Odoo lets a company's hours be archived, and be none.
        for values in ({"active": False}, {"active": True, "flexible_hours": True}):
            self.company.resource_calendar_id.write(values)
            self.replan()
            self.assertEqual(owner.due_at, owner.waits_since + DAY)
        self.company.resource_calendar_id = False
        self.replan()
        self.assertEqual(owner.due_at, owner.waits_since + DAY)

    def test_two_companies(self):
        """The holidays of one company are those of the other."""
        for code in ("allocated", "picked"):
            self.rule(code, "working", 1440)
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.env.user.company_ids |= other
        other.resource_calendar_id = self.hours(other)
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        mine = self.order()
        theirs = (
            self.env["sale.order"]
            .with_company(other)
            .create(
                {
                    "partner_id": self.customer.id,
                    "company_id": other.id,
                    "warehouse_id": warehouse.id,
                    "order_line": [
                        Command.create({"product_id": self.product.id, "product_uom_qty": 1})
                    ],
                }
            )
        )
        theirs.action_confirm()
        self.record()
        owners = self.owner(mine), self.owner(theirs)
        self.holiday(None, owners[0].waits_since + HOUR, DAY)
        self.replan()
        self.assertEqual(owners[0].due_at, owners[0].waits_since + 2 * DAY)
        self.assertEqual(owners[1].due_at, owners[1].waits_since + DAY)

    def test_cut_off(self):
        """The carrier comes at four, and an order of half past four is late at once."""
        self.rule("picked", "cut_off", deadline_offset=-15)
        order = self.order()
        owner = self.owner(order)
        self.assertEqual(owner.due_at, owner.waits_since + 8 * HOUR)
        moment = owner.waits_since.replace(second=0, microsecond=0) + 2 * HOUR
        early = self.cut_off(moment)
        self.replan()
        quarter = timedelta(minutes=15)
        self.assertEqual(owner.due_at, moment - quarter)
        # Too late for the first of the day: the next one.
        early.hour = owner.waits_since.hour + owner.waits_since.minute / 60
        self.replan()
        self.assertEqual(owner.due_at, moment - 2 * HOUR + DAY - quarter)
        # A holiday tomorrow: nobody comes.
        self.holiday(self.company.resource_calendar_id, owner.waits_since + 20 * HOUR, 6 * HOUR)
        self.replan()
        self.assertEqual(owner.due_at, moment - 2 * HOUR + 2 * DAY - quarter)
        # The warehouse has a carrier of its own.
        self.cut_off(moment + HOUR, warehouse_id=self.warehouse.id)
        self.replan()
        self.assertEqual(owner.due_at, moment + HOUR - quarter)

    def test_warning_margin(self):
        """An order is at risk an hour too late."""
        self.rule("picked", "clock", 120, warning_minutes=30)
        owner = self.owner(self.order())
        self.assertEqual(owner.tick_at, owner.due_at - timedelta(minutes=30))
        self.rule("picked", "clock", 120, warning_minutes=0)
        owner = self.owner(self.order())
        self.assertEqual(owner.tick_at, owner.waits_since + timedelta(minutes=96))

    def test_times_are_checked(self):
        """Working hours without a length, or a thousand years, are saved and never reached."""
        with self.assertRaisesRegex(ValidationError, "working minutes"):
            self.rule("picked", "working", 0)
        for values in ({"deadline_offset": -(10**6)}, {"warning_minutes": -1}):
            with self.assertRaisesRegex(ValidationError, "a year"):
                self.rule("picked", "transfer", **values)

    def test_in_words(self):
        """The editor shows codes and minutes."""
        picked = self.steps["picked"]
        form = Form(self.process)
        with form.deadline_step_ids.edit(self.process.step_ids.ids.index(picked.id)) as line:
            self.assertEqual(line.name, "Picked")
            line.deadline_source = "cut_off"
            line.deadline_offset = -30
            line.expected_minutes = 240
        form.save()
        self.assertEqual(
            self.steps["picked"].deadline_text,
            "The carrier's next cut-off − 30 min, else within 4 h of working hours",
        )
