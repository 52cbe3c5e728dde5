"""Several steps are open at once, goods have a carrier to catch, invoices have instalments."""

from datetime import timedelta

from odoo import Command, fields
from odoo.tests import tagged

from .common_deadline import DAY, HOUR, DeadlineCommon


@tagged("post_install", "-at_install")
class TestDeadlineFirst(DeadlineCommon):
    def pick_ship(self):
        """Let the warehouse pick before it ships, with a cut-off on what it ships."""
        self.warehouse.delivery_steps = "pick_ship"
        self.rule("shipped", "cut_off")

    def earlier(self, order, length):
        """Let an order have come, and its goods been reserved, so much earlier."""
        owner = self.owner(order).sudo()
        owner.waits_since -= length
        for milestone in owner.milestone_ids.filtered("reached_at"):
            milestone.reached_at -= length
        self.env.flush_all()
        self.env.invalidate_all()

    def told(self, order):
        self.env["integration.transaction"].sudo()._tick()
        return order.message_ids.filtered(lambda message: "late since" in (message.body or ""))

    def test_two_steps_are_open(self):
        """An invoice is late while the parcel of its order travels, and nobody is told."""
        carrier = self.env["integration.system"].create(
            {"name": "Carrier", "code": "first_carrier", "company_id": self.company.id}
        )
        self.env["integration.flow"].create(
            {
                "name": "Tracking",
                "code": "first.tracking",
                "system_id": carrier.id,
                "direction": "inbound",
                "style": "webhook",
                "message_type": "carrier.tracking",
            }
        )
        self.rule("in_transit", "clock", 2880)
        self.rule("invoiced", "clock", 30)
        order = self.order()
        self.ship(order.picking_ids)
        owner = self.owner(order)
        self.assertEqual(owner.waits_for_step_id, self.steps["in_transit"])
        self.assertEqual(owner.due_step_id, self.steps["invoiced"])
        shipped = owner.milestone_ids.filtered(lambda one: one.step_id.code == "shipped")
        self.assertEqual(owner.due_at, shipped.reached_at + timedelta(minutes=30))
        self.assertEqual(owner.deadline_text, "Invoiced: due in 30 min")
        self.assertEqual((owner.timeliness, self.late(owner)), ("on_track", []))
        self.earlier(order, HOUR)
        self.replan()
        self.assertEqual((owner.timeliness, self.late(owner)), ("missed", ["invoiced"]))
        self.assertIn("Invoiced: late since", order.integration_banner)
        (note,) = self.told(order)
        waiting = self.steps["invoiced"].waiting_name or "Invoiced"
        self.assertIn(f"waiting for {waiting}.", note.body)
        self.invoice(order)
        self.assertEqual(owner.due_step_id, self.steps["paid"])
        self.assertEqual(self.late(owner), [])

    def late(self, owner):
        """:return: codes of the open steps that the timeline shows as late"""
        entries = owner.timeline
        return [line["code"] for line in entries if line["late"] and not line["reached"]]

    def test_order_of_next_week(self):
        """Goods for next week are late when the carrier of today has left."""
        self.rule("picked", "cut_off")
        # At noon: an hour later it is the same day, whenever this runs.
        moment = fields.Datetime.now().replace(hour=12, minute=0, second=0, microsecond=0)
        self.cut_off(moment)
        order = self.order(commitment_date=moment + 7 * DAY + HOUR)
        owner = self.owner(order)
        self.assertEqual(owner.due_at, moment + 7 * DAY)
        order.commitment_date = moment + 9 * DAY + HOUR
        order.picking_ids.scheduled_date = moment + 8 * DAY
        self.record()
        self.assertEqual(owner.due_at, moment + 8 * DAY)

    def test_one_step(self):
        """In a warehouse that picks and ships at once the cut-off of what is shipped is nothing."""
        self.rule("shipped", "cut_off")
        moment = fields.Datetime.now().replace(second=0, microsecond=0) + HOUR
        cut_off = self.cut_off(moment)
        order = self.order()
        owner = self.owner(order)
        self.assertEqual(owner.waits_for_step_id, self.steps["picked"])
        self.assertEqual(owner.due_at, moment)
        self.assertEqual(self.planned(order, "picked"), moment)
        self.assertEqual(self.planned(order, "shipped"), moment)
        # One of another warehouse concerns nobody here.
        other = self.env["stock.warehouse"].create({"name": "Far", "code": "FAR"})
        cut_off.warehouse_id = other
        self.replan()
        self.assertEqual(owner.due_at, owner.waits_since + 8 * HOUR)

    def test_picked_too_late(self):
        """Goods that are picked after their carrier has left go in time with the next."""
        self.pick_ship()
        # An hour ago, but today: in the first hour of a day that began since.
        now = fields.Datetime.now().replace(second=0, microsecond=0)
        moment = max(now - HOUR, now.replace(hour=0, minute=0))
        self.cut_off(moment)
        order = self.order()
        owner = self.owner(order)
        self.assertEqual(owner.due_at, owner.waits_since + 8 * HOUR)
        # It came before he left.
        self.earlier(order, 2 * HOUR)
        self.replan()
        self.assertEqual((owner.due_at, owner.timeliness), (moment, "missed"))
        self.ship(order.picking_ids)
        self.assertEqual(owner.waits_for_step_id, self.steps["shipped"])
        self.assertEqual((owner.due_at, owner.timeliness), (moment, "missed"))

    def test_made_by_the_transfer_before(self):
        """What was picked has to leave at the moment of the picking, and is late at once."""
        self.warehouse.delivery_steps = "pick_ship"
        order = self.order()
        order.picking_ids.scheduled_date -= DAY
        self.record()
        self.earlier(order, DAY)
        self.ship(order.picking_ids)
        owner = self.owner(order)
        self.assertEqual(owner.waits_for_step_id, self.steps["shipped"])
        self.assertEqual(owner.timeliness, "on_track")
        self.assertEqual(owner.due_at, owner.waits_since + 8 * HOUR)

    def test_instalments(self):
        """Half of an invoice is due now, and it is late in two months."""
        halves = [
            Command.create({"value": "percent", "value_amount": 50, "nb_days": days})
            for days in (0, 60)
        ]
        term = self.env["account.payment.term"].create({"name": "Halves", "line_ids": halves})
        order = self.order(payment_term_id=term.id)
        self.ship(order.picking_ids)
        invoice = self.invoice(order)
        owner = self.owner(order)
        self.assertEqual(owner.waits_for_step_id, self.steps["paid"])
        self.assertEqual(owner.due_at.date(), invoice.invoice_date)
        self.pay(invoice, invoice.amount_total / 2)
        self.assertEqual(owner.due_at.date(), invoice.invoice_date + 60 * DAY)

    def test_nobody_works_at_night(self):
        """An order of Friday evening is late in the night."""
        order = self.order()
        owner = self.owner(order)
        self.assertEqual(owner.due_at, owner.waits_since + 8 * HOUR)
        calendar = self.company.resource_calendar_id
        self.holiday(calendar, owner.waits_since + HOUR, 2 * DAY)
        self.replan()
        self.assertEqual(owner.due_at, owner.waits_since + 8 * HOUR + 2 * DAY)
        self.assertEqual(self.planned(order, "picked"), owner.waits_since + 2 * DAY + 9 * HOUR)
        # Whoever else has to do it has no hours that are known.
        self.steps["picked"].waits_on = "partner"
        self.replan()
        self.assertEqual(owner.due_at, owner.waits_since + 8 * HOUR)
