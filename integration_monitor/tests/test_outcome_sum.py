"""Graphs and pivots of cycle times read sums: what they show must be what the steps say."""

from datetime import date, datetime
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged

from .common_outcome import OutcomeCase
from .common_users import new_user

FIGURES = ("__count", "reached_count:sum", "seconds:sum", "hours:avg")
KEYS = ["day:day", "day:month", "step_id", "company_id", "warehouse_id", "system_id", "region",
        "categ_id"]  # fmt: skip


@tagged("post_install", "-at_install")
class TestOutcomeSum(OutcomeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.steps = cls.env["integration.outcome.step"].sudo()
        cls.sums = cls.env["integration.outcome.step.sum"].sudo()
        cls.unpaid = [cls.order() for _number in range(4)]
        for order in cls.unpaid:
            cls.ship(order.picking_ids)
            cls.invoice(order)

    def setUp(self):
        super().setUp()
        self.next_orders = iter(self.unpaid)

    def _completed(self, *days):
        """:return: transactions of orders that were completed on days of February 2026"""
        owners = self.env["integration.transaction"]
        for day in days:
            order = next(self.next_orders)
            self.pay(order.invoice_ids)
            owners |= self.moments(
                order,
                datetime(2026, 2, day, 14),
                confirmed=datetime(2026, 2, day, 14, 0, 7),
                shipped=datetime(2026, 2, day, 16, 30),
                paid=datetime(2026, 2, day, 19, day),
            )
        self.roll_up()
        return owners

    def _both(self, domain, groupby, figures=FIGURES):
        """:return: the same question answered by the sums and by the steps"""
        model = type(self.steps)
        sums = self.steps._read_group(domain, groupby, figures)
        with patch.object(model, "_sums_for", lambda *_arguments: None):
            return sums, self.steps._read_group(domain, groupby, figures)

    def assertSame(self):
        """The sums say what the steps say, whatever is asked."""
        february = [("day", ">=", "2026-02-01"), ("day", "<", "2026-02-03")]
        for domain in ([], february, [("step_id.code", "=", "shipped")]):
            for groupby in ([], *([key] for key in KEYS), ["day:day", "step_id"]):
                sums, steps = self._both(domain, groupby)
                self.assertEqual(sums, steps, f"{domain} by {groupby}")
        sets = [[], ["step_id"], ["day:month", "step_id"]]
        sums = self.steps._read_grouping_sets([], sets, FIGURES)
        with patch.object(type(self.steps), "_sums_for", lambda *_arguments: None):
            self.assertEqual(sums, self.steps._read_grouping_sets([], sets, FIGURES))

    def test_graph_and_pivot_read_the_sums(self):
        """The graph over all days reads two million rows."""
        self._completed(1)
        self.execute("UPDATE integration_outcome_step_sum SET seconds = 7200 * reached_count")
        for group in self.steps.formatted_read_group([], ["step_id"], ["hours:avg"]):
            self.assertEqual(group["hours:avg"], 2.0)
        pivot = self.steps.formatted_read_grouping_sets([], [[], ["step_id"]], ["hours:avg"])
        self.assertEqual({group["hours:avg"] for groups in pivot for group in groups}, {2.0})

    def test_sums_say_what_the_steps_say(self):
        """A figure of the graph is not the one that the list adds up to."""
        self._completed(1, 2, 2, 3)
        self.assertSame()
        day = [("day", "=", date(2026, 2, 2))]
        code = ("step_id.code", "=", "paid")
        self.assertEqual(
            self.steps._read_group([*day, code], [], ["seconds:sum", "reached_count:sum"]),
            [(2 * (2.5 * 3600 + 120), 2)],
        )

    def test_what_is_gone_counts_no_more(self):
        """An order is deleted, or goes on, and the graph still has its time."""
        gone, again, kept, other = self._completed(1, 2, 3, 4)
        gone.sudo().unlink()
        self.assertSame()
        self.execute(
            "UPDATE integration_transaction SET state = 'in_progress' WHERE id = %s", again.id
        )
        self.roll_up()
        self.assertSame()
        self.execute("UPDATE integration_outcome_step SET warehouse_id = NULL "
                     "WHERE transaction_id = %s", kept.id)  # fmt: skip
        self.assertSame()
        self.sums._join_rows()
        self.assertSame()
        self.execute("DELETE FROM integration_transaction WHERE id = ANY(%s)", [other.id, kept.id])
        self.assertFalse(self.steps.search([]))
        self.assertSame()
        self.sums._join_rows()
        self.assertFalse(self.sums.search([]))

    def test_rows_are_joined(self):
        """Each roll-up adds rows, until reading the sums takes as long as the steps."""
        self._completed(1)
        first = self.sums.search_count([])
        self._completed(1)
        self.assertEqual(self.sums.search_count([]), 2 * first)
        self.sums._join_rows()
        self.assertEqual(self.sums.search_count([]), first)
        self.assertSame()

    def test_customers_and_orders_are_asked_of_the_steps(self):
        """Grouping by customer fails, or shows nobody: the sums know none."""
        owners = self._completed(1, 2)
        partner = owners.partner_id
        groups = self.steps._read_group([], ["partner_id"], ["__count"])
        self.assertEqual(groups, [(partner, len(self.steps.search([])))])
        mine = [("transaction_id", "=", owners[0].id)]
        count = self.steps.search_count(mine)
        self.assertEqual(self.steps._read_group(mine, [], ["__count"]), [(count,)])

    def test_viewers_see_their_companies(self):
        """The sums tell of a company whose orders one may not see."""
        self._completed(1)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        viewer = new_user(
            self.env,
            "sum-viewer",
            "integration_monitor.group_viewer",
            company_id=elsewhere.id,
            company_ids=[Command.set(elsewhere.ids)],
        )
        self.assertFalse(self.steps.with_user(viewer)._read_group([], ["step_id"], ["__count"]))
        viewer.company_ids |= self.company
        seen = self.steps.with_user(viewer).with_context(allowed_company_ids=viewer.company_ids.ids)
        self.assertTrue(seen._read_group([], ["step_id"], ["__count"]))
