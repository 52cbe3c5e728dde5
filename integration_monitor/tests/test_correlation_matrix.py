"""Rarer ways of orders, each with the milestones it must have; see the table in README."""

from odoo import Command
from odoo.tests import tagged

from .common_return import ReturnCommon


@tagged("post_install", "-at_install")
class TestCorrelationMatrix(ReturnCommon):
    def test_merged_transfers(self):
        """Two orders leave in one transfer, and the second counts as not shipped."""
        orders = self.order() | self.order()
        first, second = orders
        merged = first.picking_ids
        empty = second.picking_ids
        empty.move_ids.picking_id = merged
        empty.unlink()
        self.record()
        for order in orders:
            self.assertStates(order, allocated="reached", picked="pending", shipped="pending")
        self.ship(merged)
        for order in orders:
            self.assertStates(order, picked="reached", shipped="reached", invoiced="pending")
            self.assertEqual(self.roles(order), ["order", "out"])
        self.assertEqual(merged.integration_transaction_count, 2)

    def test_exchange(self):
        """What was exchanged counts as undelivered for ever, or the order ends before it left."""
        order, _invoice = self.delivered()
        delivery = order.picking_ids
        self.assertEqual(self.owner(order).state, "completed")
        back = self.announce(delivery, exchange=True)
        self.assertStates(order, shipped="partial", paid="reached")
        self.assertEqual(self.counts(order, "shipped"), (1, 2))
        self.ship(back)
        self.assertStates(order, shipped="pending")
        self.assertEqual(self.owner(order).state, "in_progress")
        self.ship(order.picking_ids - delivery - back)
        self.assertStates(order, picked="reached", shipped="reached", paid="reached")
        self.assertEqual(self.owner(order).state, "completed")
        self.assertEqual(self.roles(order), ["invoice", "order", "out", "out", "payment", "return"])

    def test_combo(self):
        """Of several products that are sold as one the first delivers all."""
        lamp = self.product
        shade = self.env["product.product"].create(
            {"name": "Shade", "is_storable": True, "list_price": 50.0, "taxes_id": False,
             "invoice_policy": "order"}
        )  # fmt: skip
        self.stock(shade, 10)
        combos = self.env["product.combo"].create(
            [
                {"name": part.name, "combo_item_ids": [Command.create({"product_id": part.id})]}
                for part in (lamp, shade)
            ]
        )
        offer = self.env["product.product"].create(
            {
                "name": "Lamp with Shade", "type": "combo", "list_price": 150.0,
                "combo_ids": [Command.set(combos.ids)], "taxes_id": False,
            }
        )  # fmt: skip
        order = self.order(confirm=False, product=offer, quantity=1)
        order.order_line = [
            Command.create(
                {
                    "product_id": combo.combo_item_ids.product_id.id, "product_uom_qty": 1,
                    "combo_item_id": combo.combo_item_ids.id,
                    "linked_line_id": order.order_line[0].id,
                }
            )
            for combo in combos
        ]  # fmt: skip
        order.action_confirm()
        self.record()
        delivery = order.picking_ids
        self.assertEqual(len(delivery.move_ids), 2)
        for move in delivery.move_ids:
            move.write({"quantity": move.product_id == lamp, "picked": True})
        delivery.with_context(skip_backorder=True).button_validate()
        self.record()
        self.assertStates(order, shipped="partial")
        self.ship(order.picking_ids - delivery)
        self.assertStates(order, picked="reached", shipped="reached", invoiced="pending")
        self.pay(self.invoice(order))
        self.assertStates(order, invoiced="reached", paid="reached")
        self.assertEqual(self.owner(order).state, "completed")

    def test_one_payment_for_many_invoices_taken_back(self):
        """The bank takes one payment back, and only one of its three orders is unpaid again."""
        orders = self.order() | self.order() | self.order()
        self.ship(orders.picking_ids)
        invoices = self.env["account.move"].union(*(self.invoice(order) for order in orders))
        payment = self.pay(invoices)
        self.assertEqual(len(payment), 1)
        for order in orders:
            self.assertStates(order, invoiced="reached", paid="reached")
            self.assertEqual(self.owner(order).state, "completed")
        invoices[0].line_ids.remove_move_reconcile()
        self.record()
        self.assertStates(orders[0], invoiced="reached", paid="pending")
        for order in orders[1:]:
            self.assertStates(order, paid="reached")
        payment.move_id.line_ids.remove_move_reconcile()
        self.record()
        for order in orders:
            self.assertStates(order, invoiced="reached", paid="pending")
            self.assertEqual(self.owner(order).state, "in_progress")
            self.assertFalse(self.owner(order).completed_at)

    def test_cancelled_and_confirmed_again(self):
        """An order that is taken up again stays cancelled, or gets a second transaction."""
        order = self.order()
        owner = self.owner(order)
        gone = order.picking_ids
        order._action_cancel()
        self.record()
        self.assertEqual(owner.state, "cancelled")
        self.assertStates(order, confirmed="pending", shipped="pending")
        order.action_draft()
        self.record()
        self.assertEqual((owner.state, owner.waits_for_step_id.code), ("in_progress", "validated"))
        order.action_confirm()
        self.record()
        self.assertEqual(self.owner(order), owner)
        self.assertEqual(owner.correlation_id, order.integration_correlation_id)
        self.assertStates(order, confirmed="reached", allocated="reached", shipped="pending")
        self.assertEqual(self.counts(order, "shipped"), (0, 1))
        self.ship(order.picking_ids - gone)
        self.assertStates(order, picked="reached", shipped="reached")
        self.pay(self.invoice(order))
        self.assertEqual(owner.state, "completed")

    def test_two_orders_in_one_invoice_taken_back(self):
        """The invoice of two orders is a draft again, and one of them stays invoiced."""
        orders = self.order() | self.order()
        self.ship(orders.picking_ids)
        invoice = self.invoice(orders)
        self.assertEqual(len(invoice), 1)
        invoice.button_draft()
        self.record()
        for order in orders:
            self.assertStates(order, shipped="reached", invoiced="pending", paid="pending")
        invoice.action_post()
        self.pay(invoice)
        for order in orders:
            self.assertStates(order, invoiced="reached", paid="reached")
            self.assertEqual(self.owner(order).state, "completed")
