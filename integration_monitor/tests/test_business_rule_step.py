from datetime import timedelta

from odoo.tests import tagged

from .common_business_rule import BusinessRuleCase


@tagged("post_install", "-at_install")
class TestStuckStep(BusinessRuleCase):
    """An order waits longer in a step than 95 of 100 orders did before it."""

    check_code = "stuck_step"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule.write({"minimum_samples": 20, "grace_minutes": 30})
        cls.past = cls.quotations(20, quantity=1)
        cls.past.action_confirm()
        cls.record()
        cls.ship(cls.past.picking_ids)
        for minutes, order in enumerate(cls.past, 1):
            cls.took(order, 60 * minutes)

    @classmethod
    def took(cls, order, minutes):
        """Let the goods be picked, and gone, so many minutes after the order, yesterday."""
        milestones = cls.owner(order).milestone_ids
        cls.env.cr.execute(
            """UPDATE integration_milestone
                  SET reached_at = CASE WHEN step_id = ANY(%s) THEN %s ELSE %s END
                WHERE id = ANY(%s) AND reached_at IS NOT NULL""",
            (
                milestones.step_id.filtered(lambda step: step.code in ("picked", "shipped")).ids,
                cls.now - timedelta(days=1),
                cls.now - timedelta(days=1, minutes=minutes),
                milestones.ids,
            ),
        )
        cls.env.invalidate_all()

    def waiting(self):
        """:return: an order whose goods are to leave"""
        order = self.order(quantity=1)
        step = self.owner(order).waits_for_step_id
        self.assertEqual(step.code, "picked")
        return order

    def test_learnt(self):
        """The 95th percentile of twenty is the nineteenth; a wait before it is none."""
        self.env["integration.step.duration"]._learn(self.now)
        usual = self.env["integration.step.duration"].search(
            [("step_code", "=", "picked"), ("company_id", "=", self.company.id)]
        )
        self.assertEqual((usual.seconds, usual.sample_count), (19 * 3600.0, 20))
        # It came together with the picking: nobody waited for it.
        learnt = usual.search([("company_id", "=", self.company.id)])
        self.assertNotIn("shipped", learnt.mapped("step_code"))

    def test_learnt_beside_one_another(self):
        """The parcel arrives an hour before the payment: usually that takes an hour, it says."""
        orders = self.past
        self.env["integration.milestone"]._record(
            [{"transaction_id": self.owner(order).id, "step_code": "delivered"} for order in orders]
        )
        left = self.now - timedelta(days=1)
        for code, hours in (("invoiced", 2), ("delivered", 9), ("paid", 10)):
            self.env.cr.execute(
                """UPDATE integration_milestone m SET state = 'reached', reached_at = %s
                     FROM integration_process_step s, integration_transaction t
                    WHERE s.id = m.step_id AND s.code = %s AND t.id = m.transaction_id
                      AND t.res_model = 'sale.order' AND t.res_id = ANY(%s)""",
                (left + timedelta(hours=hours), code, orders.ids),
            )
        self.env["integration.step.duration"]._learn(self.now)
        usual = self.env["integration.step.duration"].search([("company_id", "=", self.company.id)])
        self.assertEqual(
            {row.step_code: row.seconds / 3600 for row in usual if row.step_code != "picked"},
            {"invoiced": 2, "delivered": 9, "paid": 8},
        )

    def test_hit_and_closing(self):
        """Twenty hours where nineteen are usual; the goods leave."""
        self.rule.text = "{step}: {hours} h, usual {usual} h of {cases}"
        order = self.waiting()
        self.assertFalse(self.sweep(hours=18.9))
        exception = self.assertFound(order, hours=20)
        self.assertEqual(exception.transaction_id, self.owner(order))
        self.assertEqual(exception.amount_at_stake, 100.0)
        self.assertRegex(exception.error_message, r"^Picked: 20(\.\d)? h, usual 19 h of 20$")
        self.ship(order.picking_ids)
        self.assertFalse(self.sweep(hours=20))
        self.assertEqual(exception.resolution, "auto")

    def test_too_few_cases(self):
        """Nobody knows what is usual for a step that hardly anybody passed."""
        self.waiting()
        self.rule.minimum_samples = 21
        self.assertFalse(self.sweep(hours=20))

    def test_learnt_once_a_day(self):
        """The durations of three months are read each quarter of an hour."""
        durations = self.env["integration.step.duration"]
        durations._learn(self.now)
        with self.assertQueryCount(1):
            durations._learn(self.now + timedelta(hours=23))
        self.took(self.past[18], 60 * 30)
        durations._learn(self.now + timedelta(hours=25))
        usual = durations.search(
            [("step_code", "=", "picked"), ("company_id", "=", self.company.id)]
        )
        self.assertEqual(usual.seconds, 20 * 3600.0)

    def test_sweep_learns(self):
        """Nothing is ever learnt."""
        order = self.waiting()
        durations = self.env["integration.step.duration"]
        self.env.cr.execute("DELETE FROM integration_step_duration")
        self.env["integration.business.rule"]._sweep(self.now + timedelta(hours=20))
        self.assertTrue(durations.search([("step_code", "=", "picked")]))
        self.assertEqual(self.rule.exception_ids.res_id, order.id)
