"""What outcomes are broken down by."""

from odoo import api, fields, models
from odoo.tools import SQL


class IntegrationOutcomeMixin(models.AbstractModel):
    """Dimensions of facts. Rows are written by the roll-up alone."""

    _name = "integration.outcome.mixin"
    _description = "Dimensions of business outcomes"
    _inherit = ["integration.ratio.mixin"]
    _log_access = False

    day = fields.Date(
        readonly=True, help="In the time zone of the company (its address book entry), else UTC."
    )
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True, ondelete="set null")
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True, ondelete="set null")
    system_id = fields.Many2one(
        "integration.system",
        readonly=True,
        ondelete="set null",
        help="Orders and deliveries: where the order came from. Else the system concerned.",
    )
    region = fields.Char(readonly=True, help="Of the system.")
    categ_id = fields.Many2one(
        "product.category",
        "Product Category",
        readonly=True,
        ondelete="set null",
        help="The category with the greatest amount of the order; goods come before services.",
    )

    @api.model
    def _dimensions(self):
        """:return: SQL expression by column, over the aliases of ``tools/outcome_sql.py``"""
        return {
            "company_id": SQL("fact.company_id"),
            "warehouse_id": SQL("fact.warehouse_id"),
            "partner_id": SQL("fact.partner_id"),
            "system_id": SQL("fact.system_id"),
            "region": SQL("system.region"),
            "categ_id": SQL("main.categ_id"),
        }
