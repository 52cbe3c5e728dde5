"""What the engine keeps on documents cannot be forged over the API."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common_transaction import TransactionCommon


@tagged("post_install", "-at_install")
class TestKeptFields(TransactionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(
            cls.env,
            "im_seller",
            groups="sales_team.group_sale_salesman,stock.group_stock_user",
            company_id=cls.company.id,
        )

    def _values(self, **values):
        lines = [Command.create({"product_id": self.product.id, "product_uom_qty": 1})]
        return {"partner_id": self.customer.id, "order_line": lines, **values}

    def test_orders_cannot_take_a_shops_place(self):
        """A salesperson makes an order that blocks the shop's, or takes another's transaction."""
        other = self.order()
        orders = self.env["sale.order"].with_user(self.seller)
        for values in (
            {"integration_external_key": "4711"},
            {"integration_correlation_id": other.integration_correlation_id},
        ):
            with self.assertRaisesRegex(AccessError, next(iter(values))):
                orders.create(self._values(**values))
        mine = orders.create(self._values())
        self.assertTrue(mine.integration_correlation_id)
        for name in ("integration_external_key", "integration_correlation_id"):
            with self.assertRaises(AccessError):
                mine.write({name: "forged"})
        with self.assertRaises(AccessError):
            mine.write({"integration_system_id": False})
        mine.write({"client_order_ref": "free"})

    def test_transfers_cannot_be_released_by_hand(self):
        """A warehouse user makes a transfer look released."""
        picking = self.order().picking_ids
        with self.assertRaises(AccessError):
            picking.with_user(self.seller).write({"integration_release_ref": "REL-1"})

    def test_two_orders_never_share_a_correlation(self):
        """A script copies the correlation id, and the second order is never followed."""
        first = self.order()
        second = (
            self.env["sale.order"]
            .sudo()
            .create(self._values(integration_correlation_id=first.integration_correlation_id))
        )
        second.action_confirm()
        self.record()
        self.assertNotEqual(second.integration_correlation_id, first.integration_correlation_id)
        self.assertNotEqual(self.owner(first), self.owner(second))

    def test_older_orders_get_their_correlation(self):
        """An order from before the installation is followed, but shows no correlation id."""
        order = self.order(confirm=False)
        self.env.cr.execute(
            "UPDATE sale_order SET integration_correlation_id = NULL WHERE id = %s", (order.id,)
        )
        order.invalidate_recordset()
        order.action_confirm()
        self.record()
        self.assertTrue(order.integration_correlation_id)
        self.assertEqual(order.integration_correlation_id, self.owner(order).correlation_id)

    def test_status_of_a_list_costs_the_same(self):
        """The column with the status makes a list of orders slower with each line."""
        orders = self.env["sale.order"].concat(*(self.order(quantity=1) for _turn in range(6)))
        costs = []
        for count in (2, 2, 6):  # the first time fills the caches of the registry
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            orders[:count].mapped("integration_status")
            costs.append(self.env.cr.sql_log_count - before)
        self.assertEqual(costs[1], costs[2])
