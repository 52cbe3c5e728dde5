from odoo import api, models

from ..tools.purchase_root import PURCHASE


class IntegrationProcessStep(models.Model):
    _inherit = "integration.process.step"

    @api.model
    def _document_events(self, root_model):
        if root_model != PURCHASE.model:
            return super()._document_events(root_model)
        return {
            "purchase.confirmed": self.env._("The order is placed"),
            "receipt.done": self.env._("All goods have come"),
            "putaway.done": self.env._("All goods are put away"),
            "bill.posted": self.env._("Everything is billed"),
            "bill.matched": self.env._("Order, receipts and bills fit together"),
            "bill.paid": self.env._("All bills are paid"),
        }
