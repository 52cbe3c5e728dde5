"""What recording costs, whatever kinds of documents a batch has."""

from contextlib import contextmanager

from odoo import Command
from odoo.tests import tagged

from odoo.addons.integration_monitor.tests.common_return import ReturnCommon

from .common import DropshipCommon

#: No batch may take more statements, be it of one document or of a hundred.
MOST = 3


@tagged("post_install", "-at_install")
class TestRecordCost(DropshipCommon, ReturnCommon):
    """Each :meth:`record` is counted, with nothing in the cache but what each request reads."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.steps, cls.waits = None, False
        route = cls.warehouse.mto_pull_id.route_id
        route.active = True
        made_to_order = (route | cls.warehouse.buy_pull_id.route_id).ids
        cls.plain, cls.bolt = cls.env["product.product"].create(
            [
                {
                    "name": name,
                    "is_storable": True,
                    "purchase_method": "receive",
                    "supplier_taxes_id": [Command.clear()],
                    "taxes_id": [Command.clear()],
                    "route_ids": [Command.set(routes)],
                    "seller_ids": [Command.create({"partner_id": cls.vendor.id, "price": 1.0})],
                }
                for name, routes in (("Nail", []), ("Bolt", made_to_order))
            ]
        )

    @classmethod
    def record(cls):
        if cls.waits:
            return
        if cls.steps is not None:
            cls.steps.append(cls.recording_cost())
        super().record()

    @contextmanager
    def _one_batch(self):
        """What happens within is recorded as one; its cost is added to the steps."""
        type(self).waits = True
        try:
            yield
        finally:
            type(self).waits = False
        self.record()

    def _cost(self, action, *args, **kwargs):
        """Do something and see what each recording of it costs. :return: what it returns"""
        type(self).steps = []
        result = action(*args, **kwargs)
        if self.warm:
            for number, count in enumerate(self.steps):
                with self.subTest(action.__name__, step=number):
                    self.assertLessEqual(count, MOST)
        type(self).steps = None
        return result

    def _twice(self, story):
        """The first time fills caches that all requests share."""
        for self.warm in (False, True):
            story()

    def _ready(self, documents):
        return documents.picking_ids.filtered(lambda picking: picking.state == "assigned")

    def _promise(self, sale, day):
        sale.commitment_date = day
        self.record()

    def test_orders_and_returns(self):
        """Of what came back it is asked, too, what is left to be invoiced of its order."""
        self._twice(self._orders_and_returns)

    def _orders_and_returns(self):
        order, invoice = self._cost(self.delivered)
        back = self._cost(self.announce, order.picking_ids)
        self._cost(self.ship, back)
        self._cost(self.pay, self._cost(self.credit, invoice))
        order, _invoice = self._cost(self.delivered)
        back = self._cost(self.announce, order.picking_ids, exchange=True)
        self._cost(self.ship, back)
        self._cost(self.ship, self._ready(order))
        order = self._cost(self.order, quantity=4)
        self._cost(self.ship, order.picking_ids, quantity=1)
        self._cost(self.invoice, order)
        done = order.picking_ids.filtered(lambda picking: picking.state == "done")
        self._cost(self.ship, self._cost(self.announce, done))
        self._cost(self.ship, self._ready(order), quantity=1)

    def test_purchases(self):
        self._twice(self._purchases)

    def _purchases(self):
        purchase = self._cost(self.purchase, product=self.plain)
        self._cost(self.ship, purchase.picking_ids, quantity=2)
        self._cost(self.pay, self._cost(self.bill, purchase))
        done = purchase.picking_ids.filtered(lambda picking: picking.state == "done")
        self._cost(self.send_back, done)
        self._cost(self.bill, purchase)

    def test_bought_for_orders(self):
        """A purchase is read, then the order that waits for its goods, then their names."""
        self._twice(self._bought_for_orders)

    def _bought_for_orders(self):
        for day, product in enumerate((self.bolt, self.goods), 1):
            sale = self._cost(self.sell, product)
            purchase = self.bought(sale) or sale.stock_reference_ids.purchase_ids
            self._cost(self.confirm, purchase)
            self._cost(self._promise, sale, f"2035-01-0{day}")
            self._cost(self.ship, self._ready(purchase), quantity=2)
            self._cost(self.ship, self._ready(purchase))
            self._cost(self.bill, purchase)
            self._cost(self.ship, self._ready(sale))
            self._cost(self.pay, self._cost(self.invoice, sale))

    def test_documents_of_nobody(self):
        """What belongs to nothing is looked for twice, and then all others are read."""
        self._twice(self._documents_of_nobody)

    def _documents_of_nobody(self):
        purchase, sale, other = self.purchase(product=self.plain), self.order(), self.order()
        own = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.in_type_id.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.warehouse.lot_stock_id.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.plain.id,
                            "product_uom_qty": 1,
                            "location_id": self.env.ref("stock.stock_location_suppliers").id,
                            "location_dest_id": self.warehouse.lot_stock_id.id,
                        }
                    )
                ],
            }
        )
        own.action_confirm()
        self.env.cr.flush()
        invoice = self.invoice(other, post=False)
        landlord = self.init_invoice("out_invoice", partner=self.customer, amounts=[30.0])
        self.env.cr.flush()
        self._cost(self._ship_together, purchase.picking_ids | own | sale.picking_ids)
        self._cost(self._post_together, invoice | landlord)
        self.assertStates(purchase, received="reached")
        self.assertStates(sale, shipped="reached")
        self.assertStates(other, invoiced="reached")

    def _ship_together(self, pickings):
        with self._one_batch():
            self.ship(pickings)

    def _post_together(self, moves):
        moves.action_post()
        self.record()

    def test_orders_that_differ(self):
        """Transfers that do not name their order are looked for, and then the names of all."""
        self._twice(self._orders_that_differ)

    def _orders_that_differ(self):
        gone, waiting, first, second = (self.order() for _number in range(4))
        returned = self.delivered()[0]
        self.announce(returned.picking_ids)
        self._cost(self._called_off, gone, waiting)
        self._cost(self._merged, first, second)
        self._cost(self._promised_and_shipped, returned, waiting)
        self.assertEqual(self.owner(gone).state, "cancelled")
        self.assertStates(waiting, shipped="reached")

    def _called_off(self, gone, waiting):
        with self._one_batch():
            gone._action_cancel()
            waiting.picking_ids.do_unreserve()

    def _merged(self, first, second):
        with self._one_batch():
            second.picking_ids.move_ids.picking_id = first.picking_ids
            second.order_line.product_uom_qty += 1

    def _promised_and_shipped(self, returned, waiting):
        with self._one_batch():
            returned.commitment_date = "2036-01-01"
            self.ship(waiting.picking_ids)

    def test_caught_up(self):
        """Purchases that are read in two steps lose whom they wait for."""
        sale = self.sell(self.goods, self.bolt)
        purchases = self.bought(sale) | sale.stock_reference_ids.purchase_ids
        self.assertEqual(len(purchases), 2)
        self.confirm(purchases)
        sale.commitment_date = "2036-01-01"
        self.env.flush_all()
        self.env.cr.precommit.clear()
        self.env["integration.transaction"].sudo()._catch_up(sale.ids)
        self.env.invalidate_all()
        self.assertEqual(self.owner(sale).promised_at, sale.commitment_date)
        for purchase in purchases:
            self.assertEqual(self.owner(purchase).waits_on, self.vendor.name)

    def test_all_at_once(self):
        """A batch of several kinds pays for each, or for each of its documents."""
        self._twice(self._all_at_once)

    def _all_at_once(self):
        backs = [self.announce(self.delivered()[0].picking_ids) for _number in range(2)]
        drops = [self.dropshipped() for _number in range(2)]
        made = [self.sell(self.bolt) for _number in range(2)]
        bought = [self.purchase(product=self.plain) for _number in range(2)]
        self._cost(self._happens_together, backs, drops, made, bought)
        self.assertStates(backs[-1], returned="reached")
        self.assertStates(drops[-1][0], shipped="reached")
        self.assertStates(bought[-1], received="partial")

    def _happens_together(self, backs, drops, made, bought):
        with self._one_batch():
            for number, (sale, dropship) in enumerate(drops):
                self.ship(backs[number])
                self.ship(dropship.picking_ids)
                self.bill(dropship)
                sale.commitment_date = "2036-01-01"
                self.ship(bought[number].picking_ids, quantity=1)
                self.confirm(made[number].stock_reference_ids.purchase_ids)
                self.order()
