from odoo import models


class IntegrationHandlerShopOrder(models.AbstractModel):
    """Shop orders choose the delivery method that the customer paid for."""

    _inherit = "integration.handler.shop.order"

    def _order_carrier_vals(self, order, normalized):
        """Return the values that set the delivery method of a new order.

        The shop's shipping method is looked up in the mappings of kind *carrier*, by its code and
        then by its title; the flow's default method takes the rest.

        :param order: the draft ``sale.order``; its ``integration_flow_id`` is set
        :param normalized: ``ShopOrder``
        """
        values = super()._order_carrier_vals(order, normalized)
        flow = order.integration_flow_id
        carrier = self.env["delivery.carrier"]
        for line in normalized.shipping_lines:
            for value in (line.code, line.name):
                mapped = self.env["integration.mapping"]._resolve(flow, "carrier", value)
                if not carrier and mapped._name == carrier._name:
                    carrier = mapped
        carrier = carrier or flow.default_carrier_id
        if carrier:
            values["carrier_id"] = carrier.id
        return values
