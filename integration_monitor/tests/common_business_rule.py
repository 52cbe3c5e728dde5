"""Documents that meet business rules, and the sweep over them."""

from datetime import timedelta

from odoo import fields
from odoo.tests import Form

from .common_transaction import TransactionCommon


class BusinessRuleCase(TransactionCommon):
    """One rule of ``check_code`` for the test's company; sweeps happen ``later`` than the facts."""

    check_code = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.now = fields.Datetime.now()
        cls.env.user.group_ids |= cls.env.ref("integration_monitor.group_administrator")
        cls.rule = cls._rule()

    @classmethod
    def _rule(cls, **values):
        return cls.env["integration.business.rule"].create(
            {
                "name": "Something is wrong",
                "check_code": cls.check_code,
                "text": "{document} of {partner}",
                "company_ids": cls.company.ids,
                "watch_from": cls.now - timedelta(days=1),
                **values,
            }
        )

    @classmethod
    def shipped(cls, quantity=2):
        """:return: an order that was shipped and not invoiced"""
        order = cls.order(quantity=quantity)
        cls.ship(order.picking_ids)
        return order

    def sweep(self, hours=2, rule=None):
        """Judge the rule so many hours from now. :return: its open exceptions"""
        rule = rule or self.rule
        rule.sudo()._sweep_safely(self.now + timedelta(hours=hours))
        self.assertFalse(rule.last_error)
        return rule.exception_ids.filtered("is_open")

    def assertFound(self, documents, hours=2):
        """The rule has exactly one open exception about each of the documents."""
        found = self.sweep(hours)
        self.assertEqual(
            sorted((e.res_model, e.res_id) for e in found),
            sorted((document._name, document.id) for document in documents),
        )
        return found

    def assertClosed(self, exception):
        """The exception closed by itself."""
        self.assertFalse(self.sweep() & exception)
        self.assertEqual((exception.state, exception.resolution), ("resolved", "auto"))

    def execute(self, query, *values):
        """Change what no button changes."""
        self.env.flush_all()
        self.env.cr.execute(query, values)
        self.env.invalidate_all()

    def moved_before(self, moves, days):
        """Done moves happened so many days before."""
        self.execute(
            "UPDATE stock_move SET date = date - make_interval(days => %s) WHERE id = ANY(%s)",
            days, moves.ids,
        )  # fmt: skip

    def without_moves(self, order):
        """The lines of an order have no moves yet."""
        self.execute(
            "UPDATE stock_move SET sale_line_id = NULL WHERE sale_line_id = ANY(%s)",
            order.order_line.ids,
        )

    def send_back_for_exchange(self, picking):
        """Return the goods of a done transfer without a refund."""
        with Form(
            self.env["stock.return.picking"].with_context(
                active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
            )
        ) as form:
            wizard = form.save()
        for line in wizard.product_return_moves:
            line.quantity = line.move_id.quantity
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        back.move_ids.write({"to_refund": False, "picked": True})
        back.button_validate()
        self.record()
