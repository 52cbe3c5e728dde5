"""Cycle time, its split by step, touchless orders: reckoned by hand."""

from datetime import date

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_outcome import OutcomeCase
from .common_users import new_user


@tagged("post_install", "-at_install")
class TestOutcomeOrder(OutcomeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.complete(2)  # 2 × 100.00
        cls.second = cls.complete(3)  # 3 × 100.00
        # 10:00:00 on the 2nd to 02:30:15 on the 3rd (UTC): 16 h 30 min 15 s = 59,415 s.
        cls.moments(
            cls.first,
            "2026-02-02 10:00:00",
            confirmed="2026-02-02 10:05:30",
            shipped="2026-02-02 15:00:00",
            invoiced="2026-02-02 14:00:00",
            paid="2026-02-03 02:30:15",
        )
        # 24 h = 86,400 s.
        cls.moments(
            cls.second,
            "2026-02-03 10:00:00",
            confirmed="2026-02-03 11:00:00",
            shipped="2026-02-04 09:00:00",
            invoiced="2026-02-04 09:30:00",
            paid="2026-02-04 10:00:00",
        )

    def both(self):
        first, second = self.facts("order", self.owner(self.first) + self.owner(self.second))
        return first + second

    def test_cycle_time_and_amount(self):
        """The average of 59,415 s and 86,400 s is 72,907.5 s; the amounts are 200.00 + 300.00."""
        self.roll_up()
        rows = self.both()
        self.assertEqual(rows.mapped("cycle_seconds"), [59415, 86400])
        cycle, amount, count = self.figures(
            rows, "cycle_hours", "amount_company:sum", "order_count:sum"
        )
        self.assertAlmostEqual(cycle * 3600, 72907.5, places=4)
        self.assertEqual((amount, count), (500.0, 2))
        self.assertAlmostEqual(rows[0].cycle_hours * 3600, 59415, places=4)

    def test_day_is_the_company_s(self):
        """02:30 UTC on the 3rd is 21:30 on the 2nd in New York, and the 3rd in UTC."""
        self.roll_up()
        self.assertEqual(self.both().mapped("day"), [date(2026, 2, 2), date(2026, 2, 4)])
        self.company.partner_id.tz = False
        self.outcomes.with_user(self.administrator()).action_rebuild()
        self.roll_up()
        self.assertEqual(self.both()[0].day, date(2026, 2, 3))

    def test_steps_add_up(self):
        """Moments count in the order in which they came: invoiced before shipped.

        First order: received 0, confirmed 5 min 30 s = 330, invoiced 10:05:30 – 14:00:00 = 14,070,
        shipped 3,600, paid 15:00:00 – 02:30:15 = 41,415; in all 59,415.
        Confirmed, both: (330 + 3,600) / 2 = 1,965.
        """
        self.roll_up()
        owners = self.owner(self.first) + self.owner(self.second)
        steps = self.env["integration.outcome.step"].sudo()
        rows = steps.search([("transaction_id", "in", owners.ids)])
        mine = rows.filtered(lambda row: row.transaction_id == owners[0])
        split = {row.step_id.code: row.seconds for row in mine}
        self.assertEqual(
            split,
            {"received": 0, "confirmed": 330, "invoiced": 14070, "shipped": 3600, "paid": 41415},
        )
        groups = {step.code: hours for step, (hours,) in self.figures(
            rows, "hours", by="step_id"
        ).items()}  # fmt: skip
        self.assertAlmostEqual(groups["confirmed"] * 3600, 1965, places=4)

    def test_written_once_and_undone(self):
        """A second run writes nothing; an order that goes on again has no outcome."""
        self.roll_up()
        rows = self.both()
        self.assertEqual(self.roll_up(), 0)
        self.assertEqual(self.both(), rows)
        self.second.invoice_ids.line_ids.remove_move_reconcile()
        self.record()
        owner = self.owner(self.second)
        self.assertEqual(owner.state, "in_progress")
        self.roll_up()
        self.assertFalse(self.facts("order", owner)[0])
        steps = self.env["integration.outcome.step"].sudo()
        self.assertFalse(steps.search([("transaction_id", "=", owner.id)]))

    def test_cancelled_orders_are_counted_apart(self):
        order = self.order()
        order._action_cancel()
        self.record()
        owner = self.owner(order)
        self.assertEqual(owner.state, "cancelled")
        self.roll_up()
        row = self.facts("order", owner)[0]
        self.assertEqual((row.order_count, row.cancelled_count, row.cycle_seconds), (0, 1, 0))
        # It takes no part in the average of 72,907.5 s.
        (cycle,) = self.figures(self.both() + row, "cycle_hours")
        self.assertAlmostEqual(cycle * 3600, 72907.5, places=4)

    def test_each_company_has_its_day(self):
        """20:00 UTC on the 2nd is 15:00 on the 2nd in New York, and 05:00 on the 3rd in Tokyo."""
        other = self.setup_other_company()["company"]
        other.partner_id.tz = "Asia/Tokyo"
        house = self.env["stock.warehouse"].search([("company_id", "=", other.id)], limit=1)
        orders = self.order() + self.order(company_id=other.id, warehouse_id=house.id)
        orders._action_cancel()
        self.record()
        for order in orders:
            self.moments(order, "2026-02-02 19:00:00", confirmed="2026-02-02 20:00:00")
        self.roll_up()
        rows = self.outcomes.union(*[self.facts("order", self.owner(o))[0] for o in orders])
        self.assertEqual(rows.mapped("day"), [date(2026, 2, 2), date(2026, 2, 3)])
        self.assertEqual(
            self.figures(rows, "cancelled_count:sum", by="company_id"),
            {self.company: (1,), other: (1,)},
        )

    def test_main_category(self):
        """The goods with the greatest amount: 4 × 100.00 before 1 × 100.00, not the service."""
        lamps, bulbs = self.env["product.category"].create([{"name": "Lamps"}, {"name": "Bulbs"}])
        goods = {"is_storable": True, "taxes_id": [Command.clear()], "list_price": 100.0}
        lamp, bulb, service = self.env["product.product"].create(
            [
                {"name": "Lamp", "categ_id": lamps.id, **goods},
                {"name": "Bulb", "categ_id": bulbs.id, **goods},
                {"name": "Help", "type": "service", "list_price": 900.0},
            ]
        )
        order = self.order(
            order_line=[
                Command.create({"product_id": product.id, "product_uom_qty": quantity})
                for product, quantity in ((lamp, 1), (bulb, 4), (service, 1))
            ]
        )
        order._action_cancel()
        self.record()
        self.roll_up()
        self.assertEqual(self.facts("order", self.owner(order))[0].categ_id, bulbs)

    def test_touchless(self):
        """One of two orders was touched: 50 %; an exception that closed by itself touches none."""
        owners = self.owner(self.first) + self.owner(self.second)
        self.exception(owners[0])._resolve("auto")
        self.exception(owners[1])._resolve("manual")
        self.roll_up()
        rows = self.both()
        self.assertEqual(rows.mapped("touchless_count"), [1, 0])
        self.assertEqual(self.figures(rows, "touchless_rate"), (0.5,))

    def test_what_a_person_did_touches(self):
        """Taken over, then closed by a success; a source that had to be corrected."""
        owners = self.owner(self.first) + self.owner(self.second)
        operator = new_user(
            self.env,
            "im_outcome_operator",
            groups="base.group_user,integration_monitor.group_operator",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        taken = self.exception(owners[0])
        taken.with_user(operator).action_assign_to_me()
        taken._resolve("auto")
        self.exception(owners[1], source_model="product.product", source_value="X")._resolve()
        self.roll_up()
        self.assertEqual(self.both().mapped("touchless_count"), [0, 0])

    def test_exceptions(self):
        """1 h 0 min 1 s and 3 h: 3,601 + 10,800 = 14,401 s, on average 7,200.5 s."""
        owners = self.owner(self.first) + self.owner(self.second)
        exceptions = self.exception(owners[0]) + self.exception(owners[1])
        ignored = self.exception(owners[0])
        exceptions._resolve()
        ignored._close("ignored", "ignored")
        for exception, closed in zip(
            exceptions, ("2026-02-02 09:00:01", "2026-02-02 11:00:00"), strict=True
        ):
            self.execute(
                "UPDATE integration_exception SET opened_at = '2026-02-02 08:00:00', "
                "resolved_at = %s WHERE id = %s", closed, exception.id
            )  # fmt: skip
        self.roll_up()
        one, two = self.facts("exception", exceptions)
        (hours,) = self.figures(one + two, "resolution_hours")
        self.assertAlmostEqual(hours * 3600, 7200.5, places=4)
        self.assertEqual(one.warehouse_id, self.warehouse)
        self.assertFalse(self.facts("exception", ignored)[0])
        exceptions[0].action_reopen()
        self.roll_up()
        self.assertFalse(self.facts("exception", exceptions[0])[0])

    def test_viewers_see_their_companies(self):
        self.roll_up()
        rows = self.both()
        elsewhere = self.env["res.company"].sudo().create({"name": "Elsewhere"})
        group = "base.group_user,integration_monitor.group_viewer"
        insider = new_user(
            self.env, "im_outcome_in", groups=group, company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )  # fmt: skip
        outsider = new_user(
            self.env, "im_outcome_out", groups=group, company_id=elsewhere.id,
            company_ids=[Command.set(elsewhere.ids)],
        )  # fmt: skip
        plain = new_user(self.env, "im_outcome_plain", groups="base.group_user")
        mine = [("id", "in", rows.ids)]
        self.assertEqual(self.outcomes.with_user(insider).sudo(False).search_count(mine), 2)
        self.assertEqual(self.outcomes.with_user(outsider).sudo(False).search_count(mine), 0)
        for model in ("integration.outcome", "integration.outcome.step"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(plain).search([])
        with self.assertRaises(AccessError):
            self.outcomes.with_user(insider).sudo(False).action_rebuild()
        with self.assertRaises(AccessError):
            rows.with_user(insider).sudo(False).write({"cycle_seconds": 1})

    def exception(self, owner, **values):
        """:return: an open exception of a transaction"""
        return self.env["integration.exception"].sudo()._open(
            [{"name": "Trouble", "transaction_id": owner.id, "company_id": self.company.id,
              "partner_id": owner.partner_id.id, **values}]
        )  # fmt: skip

    def administrator(self):
        return new_user(
            self.env,
            "im_outcome_admin",
            groups="base.group_user,integration_monitor.group_administrator",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
