import sys
from pathlib import Path
from urllib.parse import urlsplit

from odoo.tests import BlockedRequest
from odoo.tests.common import _super_send

from odoo.addons.integration_monitor.tests.common import IntegrationCase
from odoo.addons.integration_monitor.tests.common_shop import ShopCase

SETUP = Path(__file__).resolve().parents[1] / "setup"


class WarehouseCase(ShopCase, IntegrationCase):
    """A warehouse and a shop as running partner systems, and the flows to them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if str(SETUP) not in sys.path:
            sys.path.insert(0, str(SETUP))
            cls.addClassCleanup(sys.path.remove, str(SETUP))
        from simulators.launcher import Simulator

        cls.wms = Simulator("wms", config={"behaviour": {"delay": 0.05}}).start()
        cls.addClassCleanup(cls.wms.stop)
        cls.shop = Simulator("shop", config={"catalogue": list(cls.PRODUCTS)}).start()
        cls.addClassCleanup(cls.shop.stop)
        cls.warehouse.delivery_steps = "pick_pack_ship"
        outbound = {
            "direction": "outbound",
            "warehouse_ids": [(6, 0, cls.warehouse.ids)],
        }
        cls.release_flow = cls._make_flow(
            "integration.handler.wms.release",
            "suite.wms.release",
            message_type="wms.release",
            trigger_event="picking.first.ready",
            endpoint_id=cls._make_endpoint("suite_wms", cls.wms.url).id,
            **outbound,
        )
        cls.stock_flow = cls._make_flow(
            "integration.handler.shop.stock",
            "suite.shop.stock",
            message_type="shop.stock",
            trigger_event="stock.changed",
            coalesce=True,
            endpoint_id=cls._make_endpoint("suite_shop", cls.shop.url).id,
            **outbound,
        )
        cls.shipment_flow = cls._make_flow(
            "integration.handler.wms.shipment", "suite.wms.shipment", message_type="wms.shipment"
        )
        for product in cls.products.values():
            cls.env["stock.quant"]._update_available_quantity(
                product, cls.warehouse.lot_stock_id, 100
            )

    @classmethod
    def _request_handler(cls, session, request, /, **kwargs):
        """Let calls to the simulators through; Odoo's guard reads timeouts as plain numbers."""
        if urlsplit(request.url).hostname != "127.0.0.1":
            raise BlockedRequest(request.url)
        return _super_send(session, request, **kwargs)

    @classmethod
    def _make_endpoint(cls, code, url):
        return cls.env["integration.endpoint"].create(
            {
                "name": code,
                "code": code,
                "system_id": cls.system.id,
                "base_url": url,
                "allowed_networks": "127.0.0.0/8",
            }
        )

    def _messages(self, flow):
        return self.env["integration.message"].search([("flow_id", "=", flow.id)], order="id")

    def _report(self, shipment):
        """Hand a shipment of the warehouse system to Odoo, as its webhook does."""
        event = {"type": "shipment.confirmed", "data": shipment}
        message, _created = self.receive(
            event, self.shipment_flow, external_id=shipment["shipment_id"]
        )
        self.drain(self.shipment_flow)
        self.assertEqual((message.state, message.error_message), ("done", False))
