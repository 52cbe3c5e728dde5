from odoo import api, models

from ..tools.purchase_root import PURCHASE, STEP_EVENTS


class IntegrationProcessStep(models.Model):
    _inherit = "integration.process.step"

    @api.model
    def _document_events(self, root_model):
        return STEP_EVENTS if root_model == PURCHASE.model else super()._document_events(root_model)
