"""Returns whose operation type does not say that they are some, and what their goods cost."""

from odoo import Command
from odoo.tests import tagged

from .common_return import ReturnCommon


@tagged("post_install", "-at_install")
class TestReturnTypes(ReturnCommon):
    """Without a type for returns Odoo takes that of the delivery."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse.out_type_id.return_picking_type_id = False

    def test_return_by_the_type_of_deliveries(self):
        """What came back counts as a further delivery, and has no transaction of its own."""
        order, invoice = self.delivered()
        delivery = order.picking_ids
        back = self.announce(delivery)
        self.assertEqual(back.picking_type_id.code, "outgoing")
        self.assertEqual(self.roles(order), ["invoice", "order", "out", "payment", "return"])
        self.assertEqual(self.counts(order, "shipped"), (1, 1))
        self.assertEqual(self.owner(back).process_id.code, "returns")
        self.assertEqual(self.owner(back).waits_for_step_id.code, "returned")
        self.ship(back)
        self.assertStates(back, returned="reached", credited="pending")
        self.assertStates(order, shipped="skipped")
        self.pay(self.credit(invoice))
        self.assertEqual(self.owner(back).state, "completed")
        self.assertEqual(self.owner(order).state, "cancelled")

    def test_in_parts(self):
        """The rest of such a return is a delivery; Odoo does not say what it takes back."""
        order, _invoice = self.delivered(quantity=3)
        back = self.announce(order.picking_ids)
        self.ship(back, quantity=1)
        rest = self.env["stock.picking"].search([("backorder_id", "=", back.id)])
        self.assertFalse(rest.return_id)
        self.assertEqual(self.counts(order, "shipped"), (1, 1))
        self.assertEqual(self.counts(back, "returned"), (1, 2))
        self.ship(rest)
        self.assertStates(back, returned="reached")
        self.assertStates(order, shipped="skipped")

    def test_back_order_of_a_delivery(self):
        """The rest of a delivery counts as a return."""
        order = self.order(quantity=3)
        self.ship(order.picking_ids, quantity=1)
        self.assertEqual(self.roles(order), ["order", "out", "out"])
        self.assertEqual(self.counts(order, "shipped"), (1, 2))

    def test_sent_again(self):
        """What goes to the customer once more counts as a return."""
        order, _invoice = self.delivered()
        back = self.announce(order.picking_ids)
        self.ship(back)
        again = self.announce(back)
        self.assertEqual(again.picking_type_id.code, "outgoing")
        self.ship(again)
        self.assertFalse(self.owner(again))
        self.assertEqual(self.owner(back).state, "cancelled")
        self.assertStates(order, shipped="reached")

    def test_by_hand(self):
        """What was delivered without an order comes back, and nobody follows it."""
        kind = self.warehouse.out_type_id
        move = {
            "product_id": self.product.id,
            "product_uom_qty": 1,
            "location_id": kind.default_location_src_id.id,
            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
        }
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": kind.id,
                "partner_id": self.customer.id,
                "location_id": move["location_id"],
                "location_dest_id": move["location_dest_id"],
                "move_ids": [Command.create(move)],
            }
        )
        picking.action_confirm()
        self.ship(picking)
        self.assertEqual(self.owner(self.announce(picking)).process_id.code, "returns")


@tagged("post_install", "-at_install")
class TestReturnValue(ReturnCommon):
    def test_goods_of_two_currencies(self):
        """Euros and dollars are added up as if they were the same."""
        other = self.setup_other_currency("EUR", rates=[("2000-01-01", 2.0)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "Euros", "currency_id": other.id, "company_id": self.company.id}
        )
        orders = self.order() | self.order(pricelist_id=pricelist.id)
        self.assertEqual(orders[1].currency_id, other)
        orders.order_line.price_unit = 100.0
        merged = orders[0].picking_ids
        orders[1].picking_ids.move_ids.picking_id = merged
        self.ship(merged)
        owner = self.owner(self.announce(merged))
        self.assertEqual(owner.amount_company, 300)
        self.assertEqual(owner.amount_total, 300)
        self.assertEqual(owner.currency_id, self.company.currency_id)

    def test_goods_of_another_currency(self):
        """One currency is kept, as of the order."""
        other = self.setup_other_currency("EUR", rates=[("2000-01-01", 2.0)])
        pricelist = self.env["product.pricelist"].create(
            {"name": "Euros", "currency_id": other.id, "company_id": self.company.id}
        )
        order = self.order(pricelist_id=pricelist.id)
        order.order_line.price_unit = 100.0
        self.ship(order.picking_ids)
        owner = self.owner(self.announce(order.picking_ids))
        self.assertEqual((owner.amount_total, owner.currency_id), (200, other))
        self.assertEqual(owner.amount_company, 100)

    def test_fractions_of_a_small_unit(self):
        """Four of the smallest pieces come back, and nobody waits for their money."""
        self.env["decimal.precision"].search([("name", "=", "Product Unit")]).digits = 3
        order, invoice = self.delivered(quantity=1.004)
        back = self.announce(order.picking_ids, quantity=0.004)
        self.ship(back)
        self.assertStates(back, returned="reached", credited="pending")
        self.pay(self.credit(invoice, quantity=0.004))
        self.assertEqual(self.owner(back).state, "completed")

    def test_unit_far_below_the_reference(self):
        """A unit whose pieces are small in the reference unit has its own rounding."""
        chip = self.env["uom.uom"].create(
            {
                "name": "Chip",
                "relative_factor": 0.001,
                "relative_uom_id": self.env.ref("uom.product_uom_unit").id,
            }
        )
        self.product.write({"uom_id": chip.id})
        order, invoice = self.delivered(quantity=10)
        back = self.announce(order.picking_ids, quantity=4)
        self.ship(back)
        self.assertStates(back, returned="reached", credited="pending")
        self.assertNotEqual(self.owner(back).state, "cancelled")
        self.pay(self.credit(invoice, quantity=4))
        self.assertEqual(self.owner(back).state, "completed")
