from odoo import fields, models


class IntegrationTransactionDocument(models.Model):
    _inherit = "integration.transaction.document"

    role = fields.Selection(selection_add=[("bill", "Vendor bill")], ondelete={"bill": "set null"})
