"""Orders in Shopify's format."""

from odoo import models

from ..tools.shop_order import parse_shopify


class IntegrationHandlerShopOrderShopify(models.AbstractModel):
    """Webhooks ``orders/create``, ``orders/updated`` and ``orders/cancelled`` of Shopify."""

    _name = "integration.handler.shop.order.shopify"
    _inherit = "integration.handler.shop.order"
    _description = "Shop order (Shopify)"

    def _directions(self):
        return ("inbound",)

    def _parse(self, payload):
        return parse_shopify(payload)
