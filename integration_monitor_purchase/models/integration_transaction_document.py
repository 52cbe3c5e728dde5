from odoo import fields, models


class IntegrationTransactionDocument(models.Model):
    _inherit = "integration.transaction.document"

    role = fields.Selection(
        selection_add=[
            ("quality", "Quality control"),
            ("put_away", "Put away"),
            ("bill", "Vendor bill"),
        ],
        ondelete={"quality": "set null", "put_away": "set null", "bill": "set null"},
    )
