"""Stock levels are pushed to a shop."""

from odoo import models

from ..tools.iso_time import utc_now
from .integration_handler_wms_release import plain_number


class IntegrationHandlerShopStock(models.AbstractModel):
    """Sends the free quantity of one product in the flow's warehouses.

    The quantity is read when the message goes out, so a hundred movements that wait together
    become one push of the newest level. The flow should coalesce.
    """

    _name = "integration.handler.shop.stock"
    _inherit = "integration.handler"
    _description = "Shop: stock level"

    def _directions(self):
        return ("outbound",)

    def _required_groups(self):
        """Return the external ids of the groups that the service account needs."""
        return ("stock.group_stock_user",)

    def _prepare(self, message):
        """Build one level; None for a product that the shop cannot know."""
        flow = message.flow_id
        product = self.env["product.product"].browse(message.res_id).exists()
        if message.res_model != "product.product" or not product.is_storable:
            return None
        sku = self._shop_sku(flow, product)
        if not sku:
            return None
        free, _on_hand = self._level(flow, product, flow.warehouse_ids or flow.warehouse_id)
        return {"items": [{"sku": sku, "quantity": plain_number(free), "as_of": utc_now()}]}

    def _takes_events(self):
        return True

    def _level(self, flow, product, warehouses):
        """Read a level now; of all the company's warehouses when none is given.

        :return: (free, on hand) in the product's unit
        """
        product = product.with_company(flow.company_id)
        if warehouses:
            product = product.with_context(warehouse_id=warehouses.ids)
        # More promised than there is: a shop can sell nothing, not less than nothing.
        return max(product.free_qty, 0.0), product.qty_available

    def _shop_sku(self, flow, product):
        """Return the shop's SKU: mapped, else the internal reference, else an empty text."""
        mapping = self.env["integration.mapping"].search(
            [
                ("system_id", "=", flow.system_id.id),
                ("flow_id", "in", (flow.id, False)),
                ("kind", "=", "product"),
                ("res_model", "=", "product.product"),
                ("res_id", "=", product.id),
            ],
            order="flow_id",  # NULLs sort last: the flow's own mapping comes first
            limit=1,
        )
        # A shop that sends orders without SKU maps its product id, which is no SKU.
        return product.default_code or mapping.external_value or ""

    def _request(self, message, payload):
        return {"method": "POST", "path": "/stock"}
