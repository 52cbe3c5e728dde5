"""Orders in WooCommerce's format."""

from odoo import models

from ..tools.shop_order import parse_woocommerce


class IntegrationHandlerShopOrderWoocommerce(models.AbstractModel):
    """Webhooks ``order.created``, ``order.updated`` and ``order.deleted`` of WooCommerce."""

    _name = "integration.handler.shop.order.woocommerce"
    _inherit = "integration.handler.shop.order"
    _description = "Shop order (WooCommerce)"

    def _directions(self):
        return ("inbound",)

    def _parse(self, payload):
        return parse_woocommerce(payload)
