"""Synchronisation accuracy: keys equal at one cut-off, those under way left out."""

import json

from odoo.fields import Datetime
from odoo.tests import tagged

from .test_wms_release import WmsCase


@tagged("post_install", "-at_install")
class TestOutcomeStock(WmsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stock_flow = cls._make_flow(
            "integration.handler.shop.stock",
            "testshop.stock",
            direction="outbound",
            endpoint_id=cls.endpoint.id,
            warehouse_ids=[(6, 0, cls.warehouse.ids)],
        )
        cls.products_told = cls.env["product.product"].create(
            [{"name": f"Key {n}", "default_code": f"K{n}", "is_storable": True} for n in range(5)]
        )
        for product in cls.products_told:
            cls.env["stock.quant"]._update_available_quantity(
                product, cls.warehouse.lot_stock_id, 7
            )

    def told(self, product, quantity, state="done", at="2026-02-02 10:00:00"):
        payload = json.dumps({"items": [{"sku": product.default_code, "quantity": quantity}]})
        return self._message(
            flow=self.stock_flow, direction="outbound", res_model="product.product",
            res_id=product.id, payload=payload if quantity is not None else False, state=state,
            done_at=at if state == "done" else False,
        )  # fmt: skip

    def test_accuracy(self):
        """Seven pieces of each. Told 7: equal. Told 5, then 7: equal. Told 7, then 6: not.

        Told 3 with a message under way, and content removed: left out. 2 / 3.
        """
        equal, again, wrong, flying, removed = self.products_told
        self.told(equal, 7)
        self.told(again, 5)
        self.told(again, 7, at="2026-02-02 11:00:00")
        self.told(wrong, 7)
        self.told(wrong, 6, at="2026-02-02 11:00:00")
        self.told(flying, 3)
        self.told(flying, 7, state="pending")
        self.told(removed, None)
        outcomes = self.env["integration.outcome"].sudo()
        outcomes._compare_levels(self.stock_flow, Datetime.to_datetime("2026-02-03 03:00:00"))
        rows = outcomes.search(
            [("subject", "=", "stock"), ("system_id", "=", self.stock_flow.system_id.id)]
        )
        self.assertEqual(sum(rows.mapped("compared_count")), 3)
        self.assertEqual(sum(rows.mapped("equal_count")), 2)
        ((accuracy,),) = rows._read_group([("id", "in", rows.ids)], [], ["stock_accuracy:avg"])
        self.assertAlmostEqual(accuracy, 2 / 3)
        self.assertEqual(rows.warehouse_id, self.warehouse)
