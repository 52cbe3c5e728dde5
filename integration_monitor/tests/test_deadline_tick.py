"""Time passes: at risk, then late, and told once."""

import importlib.util
from ast import literal_eval
from datetime import timedelta
from pathlib import Path

from lxml import etree

from odoo import fields
from odoo.tests import tagged

from ..models import integration_transaction_deadline
from .common_deadline import DAY, HOUR, DeadlineCommon

MINUTE = timedelta(minutes=1)


@tagged("post_install", "-at_install")
class TestDeadlineTick(DeadlineCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Of other orders of the database nothing is due.
        cls.env["integration.transaction"].sudo().search([]).write(
            {"state": "completed", "tick_at": False}
        )
        # Confirmed just now; their goods have eight hours.
        cls.orders = cls.env["sale.order"].concat(*(cls.order() for _number in range(5)))

    def tick(self):
        return self.env["integration.transaction"].sudo()._tick()

    def let_pass(self, owners, length):
        """Let the deadlines of transactions come nearer."""
        for owner in owners.sudo():
            owner.write(
                {
                    "due_at": owner.due_at - length,
                    "tick_at": owner.tick_at and owner.tick_at - length,
                }
            )

    def notes(self, order):
        """:return: the notes on an order that tell it is late"""
        return order.message_ids.filtered(lambda message: "late since" in (message.body or ""))

    def test_at_risk_then_late(self):
        """An order that nobody touches stays on track, or is late without a warning."""
        self.rule("picked", "clock", 120, warning_minutes=30)
        order = self.order()
        owner = self.owner(order)
        self.assertEqual(self.tick(), 0)
        self.assertEqual(owner.deadline_text, "due in 2 h")
        search = etree.fromstring(owner.get_view(view_type="search")["arch"])
        (due_soon,) = search.xpath("//filter[@name='due_soon']/@domain")
        self.assertEqual(owner.search(literal_eval(due_soon)), owner)
        self.let_pass(owner, 91 * MINUTE)
        self.assertEqual(self.tick(), 1)
        self.assertEqual((owner.timeliness, owner.tick_at), ("warning", owner.due_at))
        self.assertEqual(self.tick(), 0)
        self.assertFalse(self.notes(order))
        self.let_pass(owner, 30 * MINUTE)
        self.assertEqual(self.tick(), 1)
        self.assertEqual((owner.timeliness, owner.tick_at), ("missed", False))
        self.assertRegex(owner.deadline_text, r"^late since .*\d")
        self.assertEqual(self.tick(), 0)
        self.assertEqual(order.integration_status, "missed")
        found = self.env["sale.order"].search([("integration_status", "=", "missed")])
        self.assertEqual(found, order)
        self.assertIn("late since", order.integration_banner)

    def test_told_once(self):
        """Each minute, each step and each new date writes one more note on the order."""
        order = self.order(commitment_date=fields.Datetime.now() + DAY)
        owner = self.owner(order)
        self.let_pass(owner, 2 * DAY)
        self.tick()
        note = self.notes(order)
        self.assertEqual(len(note), 1)
        self.assertIn("waiting for picking", note.body)
        self.assertIn(self.warehouse.name, note.body)
        self.assertEqual(note.subtype_id, self.env.ref("mail.mt_note"))
        self.assertFalse(note.notification_ids)
        order.commitment_date = fields.Datetime.now() + DAY
        self.record()
        self.assertEqual(owner.timeliness, "on_track")
        self.let_pass(owner, 2 * DAY)
        self.tick()
        self.assertEqual(owner.timeliness, "missed")
        self.assertEqual(self.notes(order), note)

    def test_late_when_it_was_recorded(self):
        """Nobody is told of an order that was late before the clock looked."""
        order = self.order(commitment_date=fields.Datetime.now() - HOUR)
        self.assertEqual(self.owner(order).timeliness, "missed")
        self.assertEqual(self.tick(), 0)
        self.assertEqual(len(self.notes(order)), 1)

    def test_late_by_a_save(self):
        """Nobody is told of an order that a save made late by more than a day."""
        came_late = self.order(commitment_date=fields.Datetime.now() - 3 * DAY)
        order = self.order(commitment_date=fields.Datetime.now() + DAY)
        self.assertEqual(self.tick(), 0)
        order.commitment_date = fields.Datetime.now() - 3 * DAY
        self.record()
        self.assertEqual(self.owner(order).timeliness, "missed")
        self.assertEqual(self.tick(), 0)
        self.assertEqual((len(self.notes(order)), len(self.notes(came_late))), (1, 1))
        self.assertTrue(self.owner(order).breach_seen_at)
        self.assertEqual(self.tick(), 0)
        self.assertEqual(len(self.notes(order)), 1)

    def test_late_before_an_upgrade(self):
        """The upgrade writes a note on each order that has been late for weeks."""
        old, fresh = (
            self.order(commitment_date=fields.Datetime.now() - late) for late in (3 * DAY, HOUR)
        )
        file = Path(__file__).parents[1] / "migrations" / "19.0.1.4.0" / "post-migration.py"
        spec = importlib.util.spec_from_file_location("late_orders", file)
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        script.migrate(self.env.cr, "19.0.1.2.0")
        self.tick()
        self.assertEqual((len(self.notes(old)), len(self.notes(fresh))), (0, 1))

    def test_payment_that_is_taken_back(self):
        """Nobody is told of an invoice whose payment is taken back weeks after it was due."""
        order = self.orders[0]
        self.ship(order.picking_ids)
        invoice = self.invoice(order)
        self.pay(invoice)
        owner = self.owner(order)
        self.assertEqual(owner.state, "completed")
        invoice.invoice_date_due = fields.Date.today() - 10 * DAY
        invoice.line_ids.remove_move_reconcile()
        self.record()
        self.assertEqual((owner.state, owner.timeliness), ("in_progress", "missed"))
        self.tick()
        self.assertEqual(len(self.notes(order)), 1)

    def test_words_of_the_company(self):
        """The note tells the server's time."""
        self.company.partner_id.tz = "Asia/Tokyo"
        owner = self.owner(self.orders[0])
        noon = fields.Datetime.to_datetime("2026-05-04 12:00:00")
        owner.sudo().write({"due_at": noon})
        self.assertIn("late since 21:00", owner._breach_text(noon + HOUR))
        self.assertRegex(owner._breach_text(noon + DAY), "late since .*4.*9:00")

    def test_one_query_while_nothing_is_due(self):
        """The clock of the monitor costs more with each order."""
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.tick()
        self.assertEqual(self.env.cr.sql_log_count - before, 1)

    def test_queries_do_not_grow_with_late_orders(self):
        """Ten late orders cost ten times the queries of one."""
        counted = []
        for number in (3, 3, 12):
            orders = self.env["sale.order"].concat(*(self.order() for _ in range(number)))
            owners = self.env["integration.transaction"].concat(*map(self.owner, orders))
            self.let_pass(owners, DAY)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(self.tick(), number)
            counted.append(self.env.cr.sql_log_count - before)
            self.assertTrue(all(len(self.notes(order)) == 1 for order in orders))
        self.assertEqual(counted[2], counted[1])

    def told(self, late):
        """:return: how many of five late orders have their note after each of four ticks of two"""
        self.patch(integration_transaction_deadline, "NOTES_LIMIT", 2)
        orders = self.orders
        owners = self.env["integration.transaction"].concat(*map(self.owner, orders))
        self.let_pass(owners, late)
        self.assertEqual(self.tick(), 5)
        told = [sum(len(self.notes(order)) for order in orders)]
        for _minute in range(3):
            self.assertEqual(self.tick(), 0)
            told.append(sum(len(self.notes(order)) for order in orders))
        return told

    def test_notes_are_bounded(self):
        """A standstill of a day posts ten thousand notes at once, or forgets most."""
        self.assertEqual(self.told(10 * HOUR), [2, 4, 5, 5])

    def test_notes_after_a_standstill(self):
        """After a weekend's stop those that do not fit into one tick never get their note."""
        self.assertEqual(self.told(3 * DAY), [2, 4, 5, 5])

    def test_what_cannot_be_told_stops_no_other(self):
        """A note that cannot be posted is tried each minute for years, before all others."""
        order = self.orders[0]
        owner = self.owner(order)
        self.let_pass(owner, 3 * DAY)
        self.tick()
        week = 8 * DAY
        owner.sudo().write(
            {"breach_noted_at": False, "breach_seen_at": owner.breach_seen_at - week}
        )
        self.tick()
        self.assertFalse(owner.breach_noted_at)

    def test_deleted_orders(self):
        """An order that plain SQL deleted keeps all others from being told."""
        gone, order = self.orders[:2]
        owners = self.owner(gone) | self.owner(order)
        self.let_pass(owners, DAY)
        owners[:1].sudo().res_id = 10**8
        self.assertEqual(self.tick(), 2)
        self.assertEqual(len(self.notes(order)) + len(self.notes(gone)), 1)
