"""Which documents belong to a dropship and to the sales order behind it, and what they reach."""

from odoo.tests import tagged

from .common import DropshipCommon


@tagged("post_install", "-at_install")
class TestDropshipMatrix(DropshipCommon):
    def _counts(self, order, code):
        milestone = self.milestone(order, code)
        return milestone.reached_count, milestone.expected_count

    def test_from_order_to_payment(self):
        """A dropship waits to be received or put away, or its order to be picked."""
        sale = self.sell(self.goods)
        self.assertEqual(self.owner(sale).waits_for_step_id.code, "shipped")
        purchase = self.bought(sale)
        self.assertFalse(self.owner(purchase))
        self.confirm(purchase)
        owner = self.owner(purchase)
        self.assertEqual(owner.process_id.code, "dropship")
        self.assertEqual(owner.waits_for_step_id.code, "shipped")
        self.assertStates(
            purchase, ordered="reached", sent=None, shipped="pending", delivered="pending"
        )
        self.assertStates(
            sale, confirmed="reached", allocated="pending", picked="pending", shipped="pending"
        )
        self.assertEqual(self._counts(sale, "allocated"), (0, 0))
        self.assertEqual(self._counts(sale, "shipped"), (0, 1))
        self.ship(purchase.picking_ids)
        self.assertStates(
            purchase, shipped="reached", in_transit=None, delivered="reached", billed="pending"
        )
        self.assertStates(
            sale, allocated="skipped", picked="skipped", packed=None, shipped="reached"
        )
        self.assertEqual(self.owner(sale).waits_for_step_id.code, "invoiced")
        bill = self.bill(purchase)
        self.assertStates(purchase, billed="reached", matched="reached", paid="pending")
        self.pay(bill)
        self.assertEqual(owner.state, "completed")
        self.pay(self.invoice(sale))
        self.assertEqual(self.owner(sale).state, "completed")

    def test_each_knows_the_other(self):
        """Nobody finds the purchase of an order, or both count as one transaction."""
        sale = self.sell(self.goods)
        purchase = self.bought(sale)
        self.assertEqual(self.roles(sale), ["dropship_purchase", "order"])
        self.confirm(purchase)
        self.assertEqual(self.roles(sale), ["dropship", "dropship_purchase", "order"])
        self.assertEqual(self.roles(purchase), ["dropship", "order", "sale"])
        self.assertNotEqual(self.owner(sale).correlation_id, self.owner(purchase).correlation_id)
        self.assertEqual(sale.integration_transaction_ids, self.owner(sale))
        self.assertEqual(purchase.integration_transaction_ids, self.owner(purchase))
        self.assertEqual(
            purchase.picking_ids.integration_transaction_ids,
            self.owner(sale) | self.owner(purchase),
        )
        names = self.owner(sale).document_ids.mapped("document_name")
        self.assertIn(purchase.name, names)
        self.assertIn(sale.name, self.owner(purchase).document_ids.mapped("document_name"))

    def test_messages_belong_to_the_purchase(self):
        """What a vendor says of a purchase is filed under the sales order that it was for."""
        _sale, purchase = self.dropshipped()
        flow = self.edi_flow(self.edi(), "purchase.acknowledgement")
        message = self.report(flow, purchase)
        self.assertEqual(message.transaction_id, self.owner(purchase))

    def test_mixed_order(self):
        """What lies on the shelf is not awaited any more, or lamps wait for the vendor's hooks."""
        sale, purchase = self.dropshipped(self.product, self.goods, quantity=2)
        self.assertEqual(self._counts(sale, "allocated"), (1, 1))
        self.assertEqual(self._counts(sale, "shipped"), (0, 2))
        self.assertEqual(self.owner(sale).waits_for_step_id.code, "picked")
        own = sale.picking_ids - purchase.picking_ids
        self.ship(own)
        self.assertStates(sale, allocated="reached", picked="reached", shipped="partial")
        self.assertEqual(self.owner(sale).waits_for_step_id.code, "shipped")
        self.ship(purchase.picking_ids)
        self.assertStates(sale, shipped="reached")

    def test_vendor_ships_first(self):
        """The vendor's delivery counts as the picking of what lies on the shelf."""
        sale, purchase = self.dropshipped(self.product, self.goods, quantity=2)
        self.ship(purchase.picking_ids)
        self.assertStates(sale, allocated="reached", picked="pending", shipped="partial")
        self.assertEqual(self.owner(sale).waits_for_step_id.code, "picked")

    def test_two_vendors(self):
        """The delivery of one vendor counts for both."""
        sale, purchases = self.dropshipped(self.goods, self.shade)
        self.assertEqual(len(purchases), 2)
        first, second = purchases
        self.ship(first.picking_ids)
        self.assertStates(sale, shipped="partial")
        self.assertEqual(self._counts(sale, "shipped"), (1, 2))
        self.assertStates(first, delivered="reached")
        self.assertStates(second, delivered="pending")
        self.ship(second.picking_ids)
        self.assertStates(sale, shipped="reached")

    def test_one_vendor_is_not_asked_yet(self):
        """An order counts as shipped when the purchase of the rest is a draft still."""
        sale = self.sell(self.goods, self.shade)
        first = self.bought(sale, self.vendor)
        self.confirm(first)
        self.ship(first.picking_ids)
        self.assertStates(sale, shipped="partial")
        self.assertEqual(self._counts(sale, "shipped"), (1, 2))
        self.invoice(sale)
        self.assertStates(sale, invoiced="partial")

    def test_back_order(self):
        """A part that the vendor shipped counts as everything."""
        sale, purchase = self.dropshipped()
        self.ship(purchase.picking_ids, quantity=2)
        self.assertStates(sale, shipped="partial")
        self.assertStates(purchase, shipped="partial", delivered="partial")
        self.assertEqual(self._counts(purchase, "delivered"), (1, 2))
        self.ship(self.open_transfers(purchase))
        self.assertStates(sale, shipped="reached")
        self.assertStates(purchase, shipped="reached", delivered="reached")

    def test_cancelled_purchase(self):
        """The order waits for ever, or counts as delivered, when the purchase is cancelled."""
        sale, purchase = self.dropshipped()
        purchase.button_cancel()
        self.record()
        self.assertEqual(self.owner(purchase).state, "cancelled")
        self.assertEqual(self.owner(sale).state, "in_progress")
        self.assertEqual(self.owner(sale).waits_for_step_id.code, "shipped")
        # The goods are ordered elsewhere.
        other = purchase.copy()
        other.order_line.sale_line_id = sale.order_line
        self.record()
        self.confirm(other)
        self.ship(other.picking_ids)
        self.assertStates(sale, shipped="reached")
        self.assertEqual(self._counts(sale, "shipped"), (1, 1))

    def test_deleted_draft(self):
        """The draft is deleted, and its order waits for it for ever."""
        sale = self.sell(self.goods, self.product)
        purchase = self.bought(sale)
        self.assertEqual(self._counts(sale, "shipped"), (0, 2))
        purchase.button_cancel()
        purchase.unlink()
        self.record()
        self.assertEqual(self.roles(sale), ["order", "out"])
        self.assertEqual(self._counts(sale, "shipped"), (0, 1))

    def test_everything_goes_back(self):
        """Goods that went back to the vendor count as a second delivery, or as delivered."""
        sale, purchase = self.dropshipped()
        delivery = purchase.picking_ids
        self.ship(delivery)
        self.pay(self.bill(purchase))
        invoice = self.invoice(sale)
        self.pay(invoice)
        back = self.send_back(delivery)
        self.assertIn("return", self.roles(sale))
        self.assertIn("return", self.roles(purchase))
        self.assertEqual(back.integration_transaction_count, 2)
        self.assertStates(sale, shipped="skipped")
        self.assertStates(purchase, delivered="pending")
        self.bill(purchase)  # the vendor's refund
        self.assertIn("refund", self.roles(purchase))
        self.pay(self.refund(invoice))
        self.assertEqual(self.owner(sale).state, "cancelled")

    def test_sent_again_after_a_return(self):
        """What is delivered again after it came back counts as a return."""
        sale, purchase = self.dropshipped()
        self.ship(purchase.picking_ids)
        back = self.send_back(purchase.picking_ids)
        again = self.send_back(back)
        self.assertEqual(again.picking_type_id.code, "dropship")
        self.assertStates(sale, shipped="reached")

    def test_comes_back_to_us(self):
        """What a customer sends to our warehouse is a further delivery of the vendor."""
        sale, purchase = self.dropshipped()
        delivery = purchase.picking_ids
        delivery.picking_type_id.return_picking_type_id = self.warehouse.in_type_id
        self.ship(delivery)
        self.pay(self.bill(purchase))
        self.assertEqual(self.owner(purchase).state, "completed")
        wizard = self.env["stock.return.picking"].create({"picking_id": delivery.id})
        wizard.product_return_moves.quantity = 2
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        self.record()
        self.assertEqual(back.location_dest_id, self.warehouse.lot_stock_id)
        self.assertEqual(self.owner(purchase).state, "completed")
        self.assertStates(purchase, delivered="reached")
        self.assertEqual(self.owner(back).process_id.code, "returns")
        self.assertEqual(self.owner(back).waits_for_step_id.code, "returned")
        self.ship(back)
        self.assertStates(back, returned="reached")
        self.assertEqual(self._counts(purchase, "delivered"), (1, 1))

    def test_comes_to_us_after_all(self):
        """Without a type for returns, what comes back to us is taken for older than the monitor."""
        _sale, purchase = self.dropshipped()
        delivery = purchase.picking_ids
        self.ship(delivery)
        wizard = self.env["stock.return.picking"].create({"picking_id": delivery.id})
        wizard.product_return_moves.quantity = 2
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        self.record()
        self.assertEqual(back.picking_type_id.code, "dropship")
        self.assertFalse(self.owner(back))
        back.location_dest_id = self.warehouse.lot_stock_id
        self.record()
        self.assertEqual(self.owner(back).waits_for_step_id.code, "returned")
        self.assertFalse(self.owner(back).adopted_at)
        self.ship(back)
        self.assertStates(back, returned="reached")

    def brought_back(self, delivery):
        """A customer sends a dropship to our warehouse. :return: the transfer, which is done"""
        delivery.picking_type_id.return_picking_type_id = self.warehouse.in_type_id
        wizard = self.env["stock.return.picking"].create({"picking_id": delivery.id})
        wizard.product_return_moves.quantity = 2
        back = self.env["stock.picking"].browse(wizard.action_create_returns()["res_id"])
        self.record()
        self.ship(back)
        return back

    def test_comes_back_to_us_in_several_steps(self):
        """The way into the house of what a customer sent to us joins the purchase."""
        dropship = self.env["stock.picking.type"].search(
            [("code", "=", "dropship"), ("company_id", "=", self.company.id)], limit=1
        )
        by_hand = self.purchase(picking_type_id=dropship.id, dest_address_id=self.customer.id)
        for steps in ("two_steps", "three_steps"):
            self.warehouse.reception_steps = steps
            bought = self.purchase(picking_type_id=dropship.id, dest_address_id=self.customer.id)
            for purchase in (self.dropshipped()[1], bought):
                self.ship(purchase.picking_ids)
                self.pay(self.bill(purchase))
                self.assertEqual(self.owner(purchase).state, "completed")
                back = self.brought_back(purchase.picking_ids)
                while onward := self.open_transfers(back):
                    self.assertFalse({"put_away", "quality"}.intersection(self.roles(purchase)))
                    self.assertEqual(self.owner(purchase).state, "completed")
                    self.ship(onward)
                self.assertStates(back, returned="reached", stored="reached")
                self.assertNotIn("put_away", self.states(purchase))
        self.assertEqual(self.roles(by_hand), ["dropship", "order"])

    def test_service_and_manual_purchase(self):
        """A dropship that somebody orders by hand has no order behind it, and no process."""
        dropship = self.env["stock.picking.type"].search(
            [("code", "=", "dropship"), ("company_id", "=", self.company.id)], limit=1
        )
        purchase = self.purchase(picking_type_id=dropship.id, dest_address_id=self.customer.id)
        self.assertEqual(self.owner(purchase).process_id.code, "dropship")
        self.assertEqual(self.roles(purchase), ["dropship", "order"])
        self.ship(purchase.picking_ids)
        self.assertStates(purchase, shipped="reached", delivered="reached")
