import json

from odoo.tests import tagged

from ..tools.errors import BusinessError, ContractError
from ..tools.http_client import HttpResponse
from .common_shop import ShopCase, sample


def answer(body, status=201):
    """Return what the warehouse system answers."""
    return HttpResponse(status=status, headers={}, body=body, elapsed_ms=1.0, address="127.0.0.1")


class WmsCase(ShopCase):
    """A warehouse system that takes releases and reports shipments."""

    delivery_steps = "ship_only"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse.delivery_steps = cls.delivery_steps
        cls.endpoint = cls.env["integration.endpoint"].create(
            {
                "name": "WMS",
                "code": "wms",
                "system_id": cls.system.id,
                "base_url": "https://wms.example.com",
            }
        )
        cls.release_flow = cls._make_flow(
            "integration.handler.wms.release",
            "wms.release",
            direction="outbound",
            endpoint_id=cls.endpoint.id,
            warehouse_ids=[(6, 0, cls.warehouse.ids)],
        )
        cls.shipment_flow = cls._make_flow("integration.handler.wms.shipment", "wms.shipment")
        for product in cls.products.values():
            cls.env["stock.quant"]._update_available_quantity(
                product, cls.warehouse.lot_stock_id, 100
            )

    @classmethod
    def _order(cls, quantities=(1, 1, 1), **values):
        """Return a confirmed shop order; the first transfer of its chain is reserved."""
        payload = sample("shopify/order_created.json")
        payload.update(values)
        for line, quantity in zip(payload["line_items"], quantities, strict=True):
            line["quantity"] = quantity
        return cls._handle(payload)

    @classmethod
    def _first(cls, order):
        return order.picking_ids.filtered(lambda p: p.state == "assigned")

    def _prepare(self, picking):
        flow = self.release_flow.with_user(self.service)
        message = self._message(
            flow=flow.sudo(), res_model="stock.picking", res_id=picking.id
        ).with_user(self.service)
        return flow._handler()._prepare(message)

    def _release(self, picking):
        """Release a transfer, as when the warehouse answered; return the payload."""
        payload = self._prepare(picking)
        flow = self.release_flow.with_user(self.service)
        message = self._message(
            flow=flow.sudo(), res_model="stock.picking", res_id=picking.id
        ).with_user(self.service)
        body = json.dumps({"id": f"REL-{picking.id}", "reference": picking.name}).encode()
        flow._handler()._on_success(message, answer(body))
        return payload

    def _shipment(self, release, picking, number="SHP-1", **changes):
        """Return the event for a release; ``changes`` maps a SKU to the quantity shipped."""
        lines = [
            {
                "line_id": line["line_id"],
                "sku": line["sku"],
                "quantity": changes.get(line["sku"], line["quantity"]),
            }
            for line in release["lines"]
        ]
        return {
            "id": f"evt_{number}",
            "type": "shipment.confirmed",
            "timestamp": "2026-01-05T10:00:00Z",
            "data": {
                "reference": release["reference"],
                "release_id": picking.integration_release_ref,
                "shipment_id": number,
                "shipped_at": "2026-01-05T10:00:00Z",
                "warehouse": release["warehouse"],
                "lines": lines,
                "packages": [{"sscc": "312345678901234567", "weight": 1.5}],
            },
        }

    def _ship(self, event):
        return self._handle(event, flow=self.shipment_flow)


@tagged("post_install", "-at_install")
class TestWmsRelease(WmsCase):
    """A reserved transfer becomes a release that the warehouse understands."""

    def test_payload(self):
        """The release names the transfer, where it goes and each reserved quantity."""
        order = self._order((1, 2, 3))
        picking = self._first(order)
        payload = self._prepare(picking)
        self.assertEqual(payload["reference"], picking.name)
        self.assertEqual(payload["warehouse"], self.warehouse.code.strip())
        self.assertEqual(payload["order"], order.name)
        self.assertEqual(payload["ship_to"]["city"], "Louisville")
        self.assertEqual(payload["ship_to"]["country"], "US")
        self.assertEqual(
            payload["lines"],
            [
                {"line_id": move.id, "sku": move.product_id.default_code, "quantity": quantity}
                for move, quantity in zip(picking.move_ids, (1, 2, 3), strict=True)
            ],
        )
        self.assertEqual(json.loads(json.dumps(payload)), payload)

    def test_number_is_kept(self):
        """The warehouse's number is kept, and a released transfer is not released again."""
        picking = self._first(self._order())
        self._release(picking)
        self.assertEqual(picking.integration_release_ref, f"REL-{picking.id}")
        self.assertIsNone(self._prepare(picking))

    def test_nothing_to_release(self):
        """A transfer that is no longer reserved, or gone, is not released."""
        picking = self._first(self._order())
        picking.do_unreserve()
        self.assertIsNone(self._prepare(picking))

    def test_product_without_reference(self):
        """A product that the warehouse cannot know is named, and nothing is sent."""
        picking = self._first(self._order())
        self.products["IPOD2008RED"].default_code = False
        with self.assertRaisesRegex(BusinessError, "Product IPOD2008RED.*no internal"):
            self._prepare(picking)

    def test_mapped_reference(self):
        """The warehouse's own SKU goes out where one is mapped."""
        picking = self._first(self._order())
        self.env["integration.mapping"].create(
            {
                "system_id": self.system.id,
                "kind": "product",
                "external_value": "THEIR-RED",
                "res_model": "product.product",
                "res_id": self.products["IPOD2008RED"].id,
            }
        )
        release = self._prepare(picking)
        self.assertEqual(release["lines"][1]["sku"], "THEIR-RED")
        self._release(picking)
        self._ship(self._shipment(release, picking))
        self.assertEqual(picking.state, "done")

    def test_unreadable_answer(self):
        """An accepted release without a number is a fault of the warehouse, said so."""
        picking = self._first(self._order())
        flow = self.release_flow.with_user(self.service)
        message = self._message(
            flow=flow.sudo(), res_model="stock.picking", res_id=picking.id
        ).with_user(self.service)
        for body in (b"", b"[]", b"{}", b"<html>"):
            with self.subTest(body=body), self.assertRaisesRegex(ContractError, picking.name):
                flow._handler()._on_success(message, answer(body))
