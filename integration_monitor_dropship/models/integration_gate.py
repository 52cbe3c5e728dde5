"""Gates in front of what leaves keep back what a vendor ships, too."""

from odoo import api, models

#: Operation types whose transfers go from a vendor straight to a customer.
CODE = "dropship"


class IntegrationGate(models.Model):
    """A dropship transfer is the delivery of its order; it has no warehouse of its own."""

    _inherit = "integration.gate"

    @api.model
    def _leaving_codes(self):
        return (*super()._leaving_codes(), CODE)

    @api.model
    def _warehouses_of(self, picking):
        if picking.picking_type_code == CODE:
            # That of the order decides: it is whose goods are kept back.
            return picking.move_ids.sale_line_id.order_id.warehouse_id
        return super()._warehouses_of(picking)
