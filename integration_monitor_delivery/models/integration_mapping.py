from odoo import api, models


class IntegrationMapping(models.Model):
    """A partner's shipping method stands for a delivery method."""

    _inherit = "integration.mapping"

    @api.model
    def _mapping_models(self):
        return {**super()._mapping_models(), "carrier": "delivery.carrier"}
