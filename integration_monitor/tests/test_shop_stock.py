from odoo.tests import tagged

from ..tools.iso_time import parse_iso
from .test_wms_release import WmsCase


@tagged("post_install", "-at_install")
class TestShopStock(WmsCase):
    """A shop is told what it can still sell."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stock_flow = cls._make_flow(
            "integration.handler.shop.stock",
            "testshop.stock",
            direction="outbound",
            endpoint_id=cls.endpoint.id,
            coalesce=True,
            warehouse_ids=[(6, 0, cls.warehouse.ids)],
        )

    def _level(self, product, **values):
        flow = self.stock_flow.with_user(self.service)
        message = self._message(
            flow=flow.sudo(), res_model="product.product", res_id=product.id, **values
        ).with_user(self.service)
        return flow._handler()._prepare(message)

    def test_free_quantity(self):
        """Promised pieces are not offered again."""
        product = self.products["IPOD2008GREEN"]
        before = self._level(product)["items"][0]
        self.assertEqual((before["sku"], before["quantity"]), ("IPOD2008GREEN", 100))
        self._order((4, 1, 1))
        item = self._level(product)["items"][0]
        self.assertEqual(item["quantity"], 96)
        self.assertIsInstance(item["quantity"], int)
        parse_iso(item["as_of"])

    def test_other_warehouses_do_not_count(self):
        """Stock that this shop does not sell from is not offered."""
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "OTH"})
        product = self.products["IPOD2008GREEN"]
        self.env["stock.quant"]._update_available_quantity(product, other.lot_stock_id, 50)
        self.assertEqual(self._level(product)["items"][0]["quantity"], 100)

    def test_never_below_zero(self):
        """More promised than there is means nothing to sell."""
        product = self.products["IPOD2008GREEN"]
        self.env["stock.quant"]._update_available_quantity(
            product, self.warehouse.lot_stock_id, -120
        )
        self.assertEqual(self._level(product)["items"][0]["quantity"], 0)

    def test_nothing_to_push(self):
        """Services and products without reference are no business of the shop."""
        service = self.env["product.product"].create(
            {"name": "Service", "type": "service", "default_code": "SRV"}
        )
        self.assertIsNone(self._level(service))
        self.products["IPOD2008RED"].default_code = False
        self.assertIsNone(self._level(self.products["IPOD2008RED"]))

    def test_condition_on_products(self):
        """The shop is told of products that it does not sell."""
        self.stock_flow.write(
            {
                "trigger_event": "stock.changed",
                "trigger_domain": "[('default_code', '=', 'IPOD2008RED')]",
            }
        )
        for code in ("IPOD2008GREEN", "IPOD2008RED"):
            quants = self.env["stock.quant"]
            quants._gather(self.products[code], self.warehouse.lot_stock_id)[
                :1
            ].reserved_quantity = 7
        quants._clean_reservations()
        self.env["integration.milestone"]._record_pending()
        message = self.env["integration.message"].search([("flow_id", "=", self.stock_flow.id)])
        self.assertEqual(message.mapped("res_id"), self.products["IPOD2008RED"].ids)

    def test_corrected_reservations(self):
        """Odoo frees pieces that nobody holds, and the shop never hears that it can sell them."""
        product = self.products["IPOD2008GREEN"]
        self.stock_flow.trigger_event = "stock.changed"
        quants = self.env["stock.quant"]
        quants._gather(product, self.warehouse.lot_stock_id)[:1].reserved_quantity = 7
        quants._clean_reservations()
        self.env["integration.milestone"]._record_pending()
        message = self.env["integration.message"].search([("flow_id", "=", self.stock_flow.id)])
        self.assertEqual(message.res_id, product.id)
