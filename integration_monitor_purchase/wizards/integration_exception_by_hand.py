"""Exceptions that a person opens about a purchase."""

from odoo import api, models


class IntegrationExceptionByHand(models.TransientModel):
    _inherit = "integration.exception.by.hand"

    @api.model
    def _document_models(self):
        return [*super()._document_models(), "purchase.order"]
