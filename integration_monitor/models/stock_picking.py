"""Transfers as documents of a business transaction."""

from odoo import api, models


class StockPicking(models.Model):
    """A transfer reaches milestones by its computed state."""

    _name = "stock.picking"
    _inherit = ["stock.picking", "integration.document.mixin"]

    _integration_computed = frozenset({"state"})

    # What was done lately, for messages that should have come of it.
    _integration_done_idx = models.Index("(date_done) WHERE state = 'done'")

    @api.model_create_multi
    def create(self, vals_list):
        self._integration_check_kept(vals_list)
        return super().create(vals_list)
