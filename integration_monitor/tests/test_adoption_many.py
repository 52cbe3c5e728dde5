"""Many orders are read and written by other statements than a few: they must come to the same."""

from unittest.mock import patch

from odoo.tests import tagged

from ..models import integration_transaction_snapshot as snapshot
from ..tools import order_store_sql
from .common_transaction import TransactionCommon


@tagged("post_install", "-at_install")
class TestAdoptionMany(TransactionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.orders = cls._orders()

    @classmethod
    def _orders(cls):
        """Orders with whatever may be billed and paid of them."""
        terms = cls.env["account.payment.term"].create(
            {
                "name": "In two parts",
                "line_ids": [
                    (0, 0, {"value_amount": 30, "nb_days": 10}),
                    (0, 0, {"value_amount": 70, "nb_days": 40}),
                ],
            }
        )
        orders = [cls.order() for _number in range(8)]
        for order in orders[1:]:
            cls.ship(order.picking_ids)
        orders[5].payment_term_id = orders[6].payment_term_id = terms
        drafted, paid, part, cancelled, due, begun = orders[2:]
        cls.invoice(drafted, post=False)
        cls.pay(cls.invoice(paid))
        invoice = cls.invoice(part)
        cls.pay(invoice, amount=1)
        cls.refund(invoice)
        cls.invoice(cancelled).button_cancel()
        cls.invoice(due)
        cls.pay(cls.invoice(begun), amount=begun.amount_total * 0.3)
        together = [cls.order(), cls.order()]
        cls.pay(cls.invoice(together[0] | together[1]))
        return [*orders, *together]

    def _rows(self, orders, many):
        """:return: what is read of orders"""
        with patch.object(snapshot, "MANY", many):
            return self.env["integration.transaction"]._snapshot_of(
                "sale.order", [order.id for order in orders]
            )

    def test_many_orders_are_read_as_one(self):
        """An adopted order lacks a payment, or its first instalment, that a live one has."""
        orders = self.orders
        few, many = self._rows(orders, 1000), self._rows(orders, 1)
        self.assertEqual(len(few), len(orders))
        self.assertEqual(sum(bool(row["payments"]) for row in few), 5)
        for one, other in zip(few, many, strict=True):
            self.assertEqual(other, one)

    def test_many_orders_are_written_as_one(self):
        """An adopted order has other milestones than the one that was recorded."""
        orders = self.orders
        ids = [order.id for order in orders]
        stored = []
        for many in (1000, 1):
            self.env.cr.execute(
                "DELETE FROM integration_transaction WHERE res_model = 'sale.order'"
            )
            self.env.invalidate_all()
            with (
                patch.object(snapshot, "MANY", many),
                patch.object(order_store_sql, "MANY", many),
            ):
                self.env["integration.transaction"]._catch_up(ids)
            self.env.cr.execute(
                """SELECT (to_jsonb(t) - '{id}'::text[])::text,
                          (SELECT jsonb_agg(to_jsonb(m) - '{id,transaction_id}'::text[]
                                            ORDER BY m.sequence)
                             FROM integration_milestone m WHERE m.transaction_id = t.id),
                          (SELECT jsonb_agg(to_jsonb(d) - '{id,transaction_id}'::text[]
                                            ORDER BY d.res_model, d.res_id)
                             FROM integration_transaction_document d WHERE d.transaction_id = t.id)
                     FROM integration_transaction t WHERE res_id = ANY(%s) ORDER BY t.res_id""",
                [ids],
            )
            stored.append(self.env.cr.fetchall())
        self.assertEqual(len(stored[0]), len(orders))
        self.assertEqual(stored[0], stored[1])
