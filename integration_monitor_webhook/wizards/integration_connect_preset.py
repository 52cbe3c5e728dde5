"""Ready-made sets of flows that the wizard offers."""

from odoo import api, models

from odoo.addons.integration_monitor.models.integration_flow import HANDLER_PREFIX

SHOP = HANDLER_PREFIX + "shop."
WMS = HANDLER_PREFIX + "wms."
CARRIER = HANDLER_PREFIX + "carrier."


class IntegrationConnectPreset(models.AbstractModel):
    """Knows what a partner of a kind usually exchanges.

    Another addon offers more by overriding :meth:`_presets`. A flow whose handler is not
    installed is left out, and so is a preset without flows.
    """

    _name = "integration.connect.preset"
    _description = "Presets of 'Connect a partner'"

    @api.model
    def _presets(self):
        """:return: dict of code to dict with ``label``, ``kind`` (of the system) and ``flows``,
        a list of dicts of values of ``integration.connect.wizard.line``"""
        return {
            "shopify": self._shop(
                self.env._("Shopify shop: orders in, stock levels out"), "order.shopify"
            ),
            "woocommerce": self._shop(
                self.env._("WooCommerce shop: orders in, stock levels out"), "order.woocommerce"
            ),
            "warehouse": {
                "label": self.env._("Warehouse (3PL): releases out, shipments in"),
                "kind": "wms",
                "flows": [
                    {
                        "name": self.env._("Order releases"),
                        "suffix": "release",
                        "direction": "outbound",
                        "handler": WMS + "release",
                        "message_type": "wms.release",
                        "trigger_event": "picking.first.ready",
                        "criticality": "high",
                        "ordering": True,
                    },
                    {
                        "name": self.env._("Shipment confirmations"),
                        "suffix": "shipment",
                        "direction": "inbound",
                        "handler": WMS + "shipment",
                        "message_type": "wms.shipment",
                        "criticality": "high",
                    },
                ],
            },
            "carrier": {
                "label": self.env._("Carrier: bookings out, tracking in"),
                "kind": "carrier",
                "flows": [
                    {
                        "name": self.env._("Shipment bookings"),
                        "suffix": "booking",
                        "direction": "outbound",
                        "handler": CARRIER + "booking",
                        "message_type": "carrier.booking",
                        "trigger_event": "picking.out.done",
                        "criticality": "high",
                    },
                    {
                        "name": self.env._("Tracking events"),
                        "suffix": "tracking",
                        "direction": "inbound",
                        "handler": CARRIER + "tracking",
                        "message_type": "carrier.tracking",
                    },
                ],
            },
            "custom": {
                "label": self.env._("Something else: I name the flows myself"),
                "kind": "other",
                "flows": [
                    {
                        "name": self.env._("Incoming messages"),
                        "suffix": "in",
                        "direction": "inbound",
                        "handler": HANDLER_PREFIX + "noop",
                        "message_type": "custom.in",
                    }
                ],
            },
        }

    @api.model
    def _available(self):
        """The presets of which at least one flow can be handled here."""
        available = {}
        for code, preset in self._presets().items():
            flows = [flow for flow in preset["flows"] if flow["handler"] in self.env]
            if flows:
                available[code] = {**preset, "flows": flows}
        return available

    def _shop(self, label, handler):
        """Orders in and stock levels out, as every web shop has them."""
        return {
            "label": label,
            "kind": "ecommerce",
            "flows": [
                {
                    "name": self.env._("Shop orders"),
                    "suffix": "orders",
                    "direction": "inbound",
                    "handler": SHOP + handler,
                    "message_type": "shop.order",
                    "criticality": "critical",
                },
                {
                    "name": self.env._("Stock levels"),
                    "suffix": "stock",
                    "direction": "outbound",
                    "handler": SHOP + "stock",
                    "message_type": "shop.stock",
                    "trigger_event": "stock.changed",
                    "coalesce": True,
                },
            ],
        }
