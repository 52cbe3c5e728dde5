"""Transfers as documents of a business transaction."""

from odoo import models


class StockPicking(models.Model):
    """A transfer reaches milestones by its computed state."""

    _name = "stock.picking"
    _inherit = ["stock.picking", "integration.document.mixin"]

    _integration_computed = frozenset({"state"})
