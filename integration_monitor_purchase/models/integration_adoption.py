from odoo import fields, models


class IntegrationAdoption(models.Model):
    _inherit = "integration.adoption"

    root_model = fields.Selection(
        selection_add=[("purchase.order", "Purchase Orders")],
        ondelete={"purchase.order": "cascade"},
    )

    def _forget(self):
        """Delete adoptions, running ones too: what they would adopt is followed no longer."""
        self.write({"state": "cancelled"})
        self.unlink()
