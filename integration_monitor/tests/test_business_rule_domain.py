from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged

from .common_business_rule import BusinessRuleCase


@tagged("post_install", "-at_install")
class TestDomainRule(BusinessRuleCase):
    """A quotation that is older than its validity: a rule that a person writes."""

    check_code = "domain"

    @classmethod
    def _rule(cls, **values):
        return super()._rule(
            **{
                "model": "sale.order",
                "domain": "[('state', 'in', ['draft', 'sent'])]",
                "amount_field": "amount_total",
                "text": "{document} of {partner_id} is {state} since {since}",
                **values,
            }
        )

    def compare(self, field_name, operator, other=None, offset=0.0):
        """Let the rule compare a field with another one, or with now."""
        self.rule.condition_ids = [
            Command.clear(),
            Command.create(
                {
                    "field_name": field_name,
                    "operator": operator,
                    "against": "field" if other else "now",
                    "other_field": other,
                    "offset": offset,
                }
            ),
        ]

    def test_hit_and_closing(self):
        """Found with its amount and its words; confirmed, it closes."""
        order = self.order(confirm=False)
        self.order()
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 200.0)
        self.assertIn("of Ada Customer is Quotation since", exception.error_message)
        order.action_confirm()
        self.assertClosed(exception)

    def test_near_miss(self):
        """Within the grace, which counts from the field that the rule names."""
        order = self.order(confirm=False)
        self.assertFalse(self.sweep(hours=0.5))
        self.rule.since_field = "date_order"
        order.date_order = self.now + timedelta(hours=5)
        self.assertFalse(self.sweep())
        self.assertFound(order, hours=7)

    def test_with_now(self):
        """The commitment date is less than a day away."""
        near = self.order(confirm=False, commitment_date=self.now + timedelta(hours=20))
        self.order(confirm=False, commitment_date=self.now + timedelta(days=3))
        self.order(confirm=False)
        self.compare("commitment_date", "lt", offset=24)
        self.assertFound(near)

    def test_two_fields(self):
        """Less without tax than in total; other facts are another matter."""
        order = self.order(confirm=False)
        self.compare("amount_untaxed", "lt", "amount_total")
        self.assertFalse(self.sweep())
        self.compare("amount_untaxed", "lt", "amount_total", offset=1)
        self.assertFound(order).action_ignore()
        self.assertFalse(self.sweep())
        order.order_line.product_uom_qty = 5
        self.assertFound(order)

    def test_foreign_currency(self):
        """The amount at stake is the company's money, at the rate of the day."""
        other = self.setup_other_currency("EUR", rates=[("2000-01-01", 2.0)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "Foreign", "currency_id": other.id}
        )
        order = self.order(quantity=1, confirm=False, pricelist_id=pricelist.id)
        self.assertEqual(order.amount_total, 200.0)
        self.assertEqual(self.assertFound(order).amount_at_stake, 100.0)

    def test_every_model(self):
        """A model that people may choose cannot be judged."""
        for model, _name in self.rule._selection_model():
            with self.subTest(model=model):
                rule = self._rule(model=model, domain="[]", text="{document}", amount_field=False)
                rule.sudo()._sweep_safely(self.now + timedelta(hours=2))
                self.assertFalse(rule.last_error)

    def test_warehouses(self):
        """Transfers know their warehouse by their type."""
        self.rule.write({"text": "{document}", "amount_field": False, "model": "stock.picking"})
        self.rule.write({"domain": "[('state', '!=', 'done')]"})
        order = self.order()
        other = self.env["stock.warehouse"].create(
            {"name": "Second", "code": "SEC", "company_id": self.company.id}
        )
        self.rule.warehouse_ids = other
        self.assertFalse(self.sweep())
        self.rule.warehouse_ids = self.warehouse
        self.assertFound(order.picking_ids)

    def test_what_cannot_work(self):
        """A rule that cannot be judged is saved, and finds nothing for ever."""
        for values, words in (
            ({"domain": "[('nonsense', '=', 1)]"}, "cannot be used"),
            ({"domain": "[("}, "cannot be used"),
            ({"domain": "[('state', '=', uid)]"}, "cannot be used"),
            ({"since_field": "amount_total"}, "Choose one of"),
            ({"amount_field": "name"}, "Choose one of"),
            ({"text": "{nothing}"}, "no value for {nothing}"),
        ):
            with (
                self.subTest(values=values),
                self.assertRaisesRegex(ValidationError, words),
                self.env.cr.savepoint(),
            ):
                self.rule.write(values)
        for arguments in (
            ("amount_total", "lt"),
            ("amount_total", "lt", "date_order"),
            ("date_order", "lt", "amount_total"),
            ("partner_id.name", "eq", "name"),
            ("amount_total; DROP TABLE sale_order", "lt", "amount_tax"),
        ):
            with (
                self.subTest(arguments=arguments),
                self.assertRaisesRegex(ValidationError, "Choose one of"),
                self.env.cr.savepoint(),
            ):
                self.compare(*arguments)
        with self.assertRaisesRegex(ValidationError, "Choose the records"), self.env.cr.savepoint():
            self.rule.model = False

    def test_nothing_learnt_by_a_rule(self):
        """An administrator of integrations reads, by its findings, what he may not read."""
        administrator = new_test_user(
            self.env, "rule_admin", groups="integration_monitor.group_administrator"
        )
        rule = self.rule.with_user(administrator)
        with self.assertRaises(AccessError):
            rule.domain = "[('amount_total', '>', 5)]"
        with self.assertRaises(AccessError):
            rule.text = "{amount_total}"
        with self.assertRaises(AccessError):
            rule.condition_ids = [
                Command.create(
                    {"field_name": "amount_total", "operator": "gt", "other_field": "amount_tax"}
                )
            ]
        with self.assertRaisesRegex(ValidationError, "no value for {access_token}"):
            self.rule.text = "{access_token}"
        names = [model for model, _name in rule._selection_model()]
        self.assertNotIn("res.users", names)

    def test_form(self):
        """What belongs to one model stays behind when another is chosen."""
        form = Form(self.env["integration.business.rule"])
        form.name = "New"
        form.check_code = "domain"
        form.model = "sale.order"
        form.amount_field = "amount_total"
        form.model = "stock.picking"
        form.text = "{document} is {state}"
        rule = form.save()
        self.assertFalse(rule.amount_field)
        self.assertIn("{scheduled_date}", ", ".join(f"{{{word}}}" for word in rule._words()))
