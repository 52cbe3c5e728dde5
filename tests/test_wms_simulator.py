from odoo.tests import tagged

from odoo.addons.integration_monitor.tests.common_shop import sample

from .common_warehouse import WarehouseCase


@tagged("post_install", "-at_install")
class TestWarehouseOverHttp(WarehouseCase):
    """Releases, shipments and stock levels against running partner systems."""

    def test_short_shipment_and_its_rest(self):
        """What the warehouse shipped and what Odoo delivered drift apart."""
        self.wms.behaviour(short={"IPOD2008RED": 1})
        payload = sample("shopify/order_created.json")
        for line in payload["line_items"]:
            line["quantity"] = 3
        order = self._handle(payload)
        self.drain(self.release_flow)
        release = self._messages(self.release_flow)
        self.assertEqual((release.state, release.error_message), ("done", False))
        first = order.picking_ids.filtered("integration_release_ref")
        (known,) = self.wms.ledger("releases")
        self.assertEqual(first.integration_release_ref, known["id"])
        (shipment,) = self.wms.wait_for("shipments", 1)
        self._report(shipment)
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [3, 1, 3])
        self.wms.behaviour(short={})
        self.drain(self.release_flow)
        self.assertEqual(self._messages(self.release_flow).mapped("state"), ["done", "done"])
        shipments = self.wms.wait_for("shipments", 2)
        (rest,) = [s for s in shipments if s["shipment_id"] != shipment["shipment_id"]]
        self._report(rest)
        self.assertEqual(order.order_line[:3].mapped("qty_delivered"), [3, 3, 3])
        self.assertEqual(order.delivery_status, "full")
        shipped = {}
        for effect in self.wms.ledger("effects", kind="shipment"):
            for line in effect["data"]["lines"]:
                shipped[line["sku"]] = shipped.get(line["sku"], 0) + line["quantity"]
        self.assertEqual(
            shipped,
            {
                line.product_id.default_code: line.qty_delivered
                for line in order.order_line
                if line.product_id.is_storable
            },
        )

    def test_stock_reaches_the_shop(self):
        """The shop sells what is promised already."""
        order = self._handle(sample("shopify/order_created.json"))
        self.env.cr.precommit.run()
        product = order.order_line[0].product_id
        self.drain(self.stock_flow)
        messages = self._messages(self.stock_flow)
        self.assertEqual(set(messages.mapped("state")), {"done"})
        levels = {level["sku"]: level["quantity"] for level in self.shop.ledger("stock")}
        self.assertEqual(levels[product.default_code], 99)
