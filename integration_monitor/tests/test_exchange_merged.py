"""Exchanges whose goods Odoo adds to a move that waits already."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common_return_rule import ReturnRuleCase
from .common_users import new_user


@tagged("post_install", "-at_install")
class TestExchangeMerged(ReturnRuleCase):
    """The return knows what replaces it, and nobody asks for money."""

    check_code = "return_without_refund"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.six_of_ten_left = cls.rest_waits()
        cls.all_left, _invoice = cls.delivered()

    def of(self, order):
        """:return: the open transfers of an order"""
        return order.picking_ids.filtered(lambda picking: picking.state not in ("done", "cancel"))

    def test_into_the_back_order(self):
        """The replacement is on its way, and Accounting is told to credit what came back."""
        order, delivery, rest = self.six_of_ten_left
        back = self.exchange_merged(delivery, rest, 2)
        self.assertFalse(self.sweep(hours=24 * 5))
        self.assertStates(back, returned="reached", replaced="pending", credited=None)
        self.assertEqual(self.owner(back).waits_for_step_id.code, "replaced")
        self.ship(rest)
        self.assertEqual(self.owner(back).state, "completed")
        self.assertFalse(self.sweep())
        self.assertEqual(order.order_line.qty_delivered, 10)

    def test_given_up(self):
        """The back order is cancelled, and with it what was to replace other goods."""
        order, delivery, rest = self.six_of_ten_left
        back = self.exchange_merged(delivery, rest, 2)
        rest.action_cancel()
        self.record()
        self.assertEqual(self.owner(back).waits_for_step_id.code, "credited")
        self.assertEqual(self.assertFound(order).amount_at_stake, 200.0)

    def test_second_return(self):
        """Others come back for good: their money is owed, and their credit note counts for them."""
        order, delivery, rest = self.six_of_ten_left
        swapped = self.exchange_merged(delivery, rest, 2)
        back = self.come_back(delivery, quantity=1)
        self.assertEqual(self.counts(back, "credited"), (0, 1))
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 100.0)
        refund = self.credit(order.invoice_ids, quantity=1)
        self.assertEqual(self.counts(back, "credited"), (1, 1))
        self.assertEqual(self.counts(swapped, "credited"), (0, 0))
        self.assertNotIn(self.owner(swapped), refund.integration_transaction_ids)
        self.assertClosed(exception)

    def test_two_exchanges(self):
        """The second replacement joins the first one: one piece that leaves answers one return."""
        order = self.all_left
        delivery = order.picking_ids
        first = self.announce(delivery, quantity=1, exchange=True)
        self.ship(first)
        new = self.of(order)
        second = self.exchange_merged(delivery, new, 1)
        self.assertFalse(self.sweep())
        for back in (first, second):
            self.assertEqual(self.owner(back).waits_for_step_id.code, "replaced")
        self.ship(new, quantity=1)
        self.assertEqual(self.owner(first).state, "completed")
        self.assertEqual(self.owner(second).waits_for_step_id.code, "replaced")
        self.of(order).action_cancel()
        self.record()
        self.assertEqual(self.owner(first).state, "completed")
        self.assertEqual(self.owner(second).waits_for_step_id.code, "credited")
        self.assertEqual(self.assertFound(order).amount_at_stake, 100.0)

    def test_back_order_of_a_back_order(self):
        """The rest leaves in parts, one more exchange in between: each piece counts once."""
        order, delivery, rest = self.six_of_ten_left
        first = self.exchange_merged(delivery, rest, 2)
        self.ship(rest, quantity=1)
        left = self.of(order)
        self.assertEqual(left.move_ids.product_uom_qty, 5)
        second = self.exchange_merged(delivery, left, 1)
        self.ship(left, quantity=1)
        self.assertEqual(self.owner(first).state, "completed")
        self.assertEqual(self.owner(second).waits_for_step_id.code, "replaced")
        self.of(order).action_cancel()
        self.record()
        self.assertEqual(self.owner(second).waits_for_step_id.code, "credited")
        self.assertEqual(self.assertFound(order).amount_at_stake, 100.0)

    def test_in_two_steps(self):
        """The replacement is picked with the rest of the order, and leaves with it."""
        self.warehouse.delivery_steps = "pick_ship"
        order = self.order(quantity=4)
        pick = order.picking_ids
        self.ship(pick, quantity=2)
        rest = self.of(order).filtered(lambda picking: picking.backorder_id == pick)
        delivery = self.of(order) - rest
        self.ship(delivery)
        self.invoice(order)
        back = self.exchange_merged(delivery, rest, 1)
        self.assertFalse(self.sweep())
        self.ship(rest)
        self.assertStates(back, replaced="pending", credited=None)
        self.ship(self.of(order))
        self.assertEqual(self.owner(back).state, "completed")
        self.assertEqual(order.order_line.qty_delivered, 4)
        self.assertFalse(self.sweep())

    def test_leaves_with_what_waits_at_the_door(self):
        """What was picked for an exchange joins what the order still has to ship: that is no
        replacement."""
        self.warehouse.delivery_steps = "pick_ship"
        order = self.order(quantity=4)
        self.ship(order.picking_ids)
        delivery = self.of(order)
        self.ship(delivery, quantity=2)
        self.invoice(order)
        waiting = self.of(order)
        back = self.announce(delivery, quantity=1, exchange=True)
        self.ship(back)
        self.ship(self.of(order) - waiting)
        self.assertEqual(sum(self.of(order).move_ids.mapped("product_uom_qty")), 3)
        self.ship(self.of(order))
        self.assertEqual(self.owner(back).state, "completed")
        back = self.come_back(delivery, quantity=1)
        self.assertEqual(self.assertFound(order).amount_at_stake, 100.0)
        self.assertEqual(self.counts(back, "credited"), (0, 1))

    def test_merged_later(self):
        """The replacement waits beside the rest of the order, until Odoo merges both."""
        _order, delivery, rest = self.six_of_ten_left
        rest.move_ids.date_deadline = "2031-03-05 10:00:00"
        back = self.announce(delivery, quantity=2, exchange=True)
        self.ship(back)
        self.assertEqual(rest.move_ids.mapped("product_uom_qty"), [4, 2])
        rest.move_ids.date_deadline = "2031-03-06 10:00:00"
        rest.move_ids._merge_moves()
        self.record()
        self.assertEqual(rest.move_ids.mapped("product_uom_qty"), [6])
        self.assertFalse(self.sweep())
        self.ship(rest)
        self.assertEqual(self.owner(back).state, "completed")

    def test_before_it_was_noted(self):
        """An exchange of an earlier version is known by when it was made, a later one joins it."""
        order = self.all_left
        delivery = order.picking_ids
        first = self.announce(delivery, quantity=1, exchange=True)
        new = self.of(order) - first
        self.execute("UPDATE stock_move SET integration_replaces = NULL WHERE id = %s",
                     new.move_ids.id)  # fmt: skip
        self.ship(first)
        self.assertEqual(self.owner(first).waits_for_step_id.code, "replaced")
        second = self.exchange_merged(delivery, new, 1)
        for back in (first, second):
            self.assertEqual(self.owner(back).waits_for_step_id.code, "replaced")
        self.assertFalse(self.sweep())
        self.ship(new)
        for back in (first, second):
            self.assertEqual(self.owner(back).state, "completed")

    def test_warehouse_worker(self):
        """A worker makes the exchange: it is noted, and nobody reads or writes the note."""
        _order, delivery, rest = self.six_of_ten_left
        worker = new_user(self.env, "im_exchange_worker", "stock.group_stock_user")
        back = self.announce(delivery.with_user(worker), quantity=2, exchange=True)
        move = rest.move_ids
        self.assertEqual(move.sudo().integration_replaces, {str(back.move_ids.id): 2.0})
        for write in (False, True):
            with self.assertRaises(AccessError):
                if write:
                    move.with_user(worker).integration_replaces = {}
                else:
                    move.with_user(worker).read(["integration_replaces"])


@tagged("post_install", "-at_install")
class TestExchangeMergedDiffers(ReturnRuleCase):
    """Nothing differs for ever once the replacement has left with the rest of the order."""

    check_code = "quantities_differ"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.six_of_ten_left = cls.rest_waits()

    def test_all_has_left(self):
        """The replacement has left, and three more came back for good: what was exchanged counts
        as returned, too."""
        order, delivery, rest = self.six_of_ten_left
        self.exchange_merged(delivery, rest, 2)
        self.ship(rest)
        self.come_back(delivery, quantity=3)
        self.credit(order.invoice_ids, quantity=3)
        self.assertEqual(order.order_line.qty_delivered, 7)
        self.assertFalse(self.sweep())

    def test_less_is_ordered(self):
        """The customer wants eight of ten, while two of those that left are exchanged."""
        order, delivery, rest = self.six_of_ten_left
        self.exchange_merged(delivery, rest, 2)
        order.order_line.product_uom_qty = 8
        self.record()
        self.assertEqual(rest.move_ids.product_uom_qty, 4)
        self.ship(rest)
        self.credit(order.invoice_ids, quantity=2)
        self.assertEqual(order.order_line.qty_delivered, 8)
        self.assertFalse(self.sweep())

    def test_short_for_all_that(self):
        """One of the rest never left: that does differ."""
        order, delivery, rest = self.six_of_ten_left
        self.exchange_merged(delivery, rest, 2)
        self.ship_short(rest, 5)
        exception = self.assertFound(order)
        self.assertEqual(exception.amount_at_stake, 100.0)
