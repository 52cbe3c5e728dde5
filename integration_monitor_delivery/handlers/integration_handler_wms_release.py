from odoo import models


class IntegrationHandlerWmsRelease(models.AbstractModel):
    """A release names the delivery method, so that the warehouse packs for the right carrier."""

    _inherit = "integration.handler.wms.release"

    def _release_carrier(self, picking):
        """Return the name of the delivery method, of the transfer or of its order."""
        carrier = picking.carrier_id or picking.sale_id.carrier_id
        return carrier.name or super()._release_carrier(picking)
