"""An endpoint that is made, renamed or moved is found by its new code at once."""

from odoo import api, models

from .integration_flow_lookup import CACHED


class IntegrationEndpoint(models.Model):
    """Keeps the cache of codes true; the health of an endpoint, written often, leaves it alone."""

    _inherit = "integration.endpoint"

    @api.model_create_multi
    def create(self, vals_list):
        """Forget that the code was unknown."""
        endpoints = super().create(vals_list)
        self.env.registry.clear_cache()
        return endpoints

    def write(self, vals):
        """Forget the former code."""
        result = super().write(vals)
        if not CACHED.isdisjoint(vals):
            self.env.registry.clear_cache()
        return result

    def unlink(self):
        """Forget the code."""
        result = super().unlink()
        self.env.registry.clear_cache()
        return result
