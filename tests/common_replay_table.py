"""A flow of each handler, and the documents that the cells of the table of replays begin with."""

import json

from odoo import Command

from odoo.addons.integration_monitor.tests.common_shop import sample
from odoo.addons.integration_monitor.tools.payload import proof
from odoo.addons.integration_monitor_delivery.tests.common import CarrierCase


class ReplayTableCase(CarrierCase):
    """``flows`` by handler; ``order`` and ``purchase`` are confirmed, ``orders`` by handler too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.woo_flow = cls._make_flow(
            "integration.handler.shop.order.woocommerce", "table.woo", message_type="shop.order"
        )
        cls.env["product.product"].create(
            {"name": "Woo Single #1", "type": "consu", "is_storable": True}
        )
        cls.noop_flow = cls._make_flow("integration.handler.noop", "table.noop")
        cls.status_flow = cls._make_flow("integration.handler.status", "table.status")
        out = {"direction": "outbound", "endpoint_id": cls.endpoint.id}
        cls.stock_flow = cls._make_flow(
            "integration.handler.shop.stock", "table.stock", coalesce=True, **out
        )
        cls.event_flow = cls._make_flow("integration.handler.event", "table.event", **out)
        cls.flows = {
            "event": cls.event_flow,
            "noop": cls.noop_flow,
            "status": cls.status_flow,
            "shop.order.shopify": cls.flow,
            "shop.order.woocommerce": cls.woo_flow,
            "shop.stock": cls.stock_flow,
            "wms.release": cls.release_flow,
            "wms.shipment": cls.shipment_flow,
            "carrier.booking": cls.booking_flow,
            "carrier.tracking": cls.tracking_flow,
            "purchase.order": cls._make_flow(
                "integration.handler.purchase.order", "table.purchase", **out
            ),
            "purchase.acknowledgement": cls._make_flow(
                "integration.handler.purchase.acknowledgement", "table.acknowledgement"
            ),
            "purchase.asn": cls._make_flow("integration.handler.purchase.asn", "table.asn"),
        }
        cls.service.group_ids |= cls.env.ref("purchase.group_purchase_user")
        # What can be invoiced needs accounts.
        cls.env["account.chart.template"].try_loading(
            "generic_coa", company=cls.company, install_demo=False
        )
        cls._prepare_documents()

    @classmethod
    def _prepare_documents(cls):
        """Make once what cells have in common; each test brings it to the state of its cell."""
        maker = cls("test_every_handler_and_state_has_a_cell")
        woo = {**sample("woocommerce/order_created.json"), "status": "processing"}
        cls.payloads = {
            "shop.order.shopify": sample("shopify/order_created.json"),
            "shop.order.woocommerce": woo,
        }
        cls.orders = {}
        for handler, payload in cls.payloads.items():
            cls.flows[handler].auto_confirm = True
            cls.orders[handler] = maker._handle(payload, flow=cls.flows[handler])
        cls.order = cls.orders["shop.order.shopify"]
        cls.purchase = cls._make_purchase()
        cls.purchase.button_confirm()

    @classmethod
    def _make_purchase(cls):
        line = {"product_id": cls.products["Bar3"].id, "product_qty": 2}
        return cls.env["purchase.order"].create(
            {"partner_id": cls.service.partner_id.id, "order_line": [Command.create(line)]}
        )

    def _told(self, handler, document=None, payload=None):
        """:return: a message of the handler's flow that is done"""
        text = json.dumps({} if payload is None else payload)
        values = {"res_model": document._name, "res_id": document.id} if document else {}
        return self._message(
            flow=self.flows[handler],
            state="done",
            content_type="application/json",
            payload=text,
            **proof(text),
            **values,
        )
