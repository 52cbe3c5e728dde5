"""Cut-offs of one carrier."""

from odoo import fields
from odoo.tests import tagged

from odoo.addons.integration_monitor.tests.common_deadline import HOUR, DeadlineCommon


@tagged("post_install", "-at_install")
class TestCutOff(DeadlineCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        product = cls.env["product.product"].create({"name": "Shipping", "type": "service"})
        cls.early, cls.late = cls.env["delivery.carrier"].create(
            [{"name": name, "product_id": product.id} for name in ("Early Bird", "Night Owl")]
        )
        cls.rule("picked", "cut_off")
        cls.noon = fields.Datetime.now().replace(second=0, microsecond=0) + 2 * HOUR
        cls.cut_off(cls.noon, carrier_id=cls.early.id)
        cls.cut_off(cls.noon + HOUR, carrier_id=cls.late.id)

    def test_the_carrier_of_the_order(self):
        """An order waits for the carrier of another."""
        early, late = self.order(carrier_id=self.early.id), self.order(carrier_id=self.late.id)
        self.assertEqual(self.owner(early).due_at, self.noon)
        self.assertEqual(self.owner(late).due_at, self.noon + HOUR)
        # Nobody comes for an order without a carrier: the fallback.
        order = self.order()
        self.assertEqual(self.owner(order).due_at, self.owner(order).waits_since + 8 * HOUR)

    def test_another_carrier(self):
        """A transfer is given to another carrier, and its order follows the former."""
        order = self.order(carrier_id=self.early.id)
        order.picking_ids.carrier_id = self.late
        self.record()
        self.assertEqual(self.owner(order).due_at, self.noon + HOUR)

    def test_recording_is_one_query(self):
        """To know the carrier costs each document a query."""
        order = self.order(carrier_id=self.early.id)
        owners = self.env["integration.transaction"].sudo()
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        (row,) = owners._snapshot({"sale.order": [order.id]})
        self.assertEqual(self.env.cr.sql_log_count - before, 1)
        self.assertEqual(row["carrier_id"], self.early.id)
