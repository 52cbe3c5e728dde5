from odoo import fields, models


class IntegrationProcess(models.Model):
    _inherit = "integration.process"

    root_model = fields.Selection(
        selection_add=[("purchase.order", "Purchase Order")],
        ondelete={"purchase.order": "cascade"},
    )
