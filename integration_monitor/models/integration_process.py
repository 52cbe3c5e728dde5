"""Versioned definitions of business processes."""

from odoo import fields, models


class IntegrationProcess(models.Model):
    """One version of a business process: the milestones its transactions go through.

    A process that transactions use is frozen in its steps; it is superseded by a new version,
    so that what an old transaction was measured by stays readable.
    """

    _name = "integration.process"
    _description = "Business Process"
    _order = "name, version desc, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(
        required=True,
        default="order_to_cash",
        help="Shared by all versions of the process.",
    )
    version = fields.Integer(default=1, required=True, readonly=True, copy=False)
    state = fields.Selection(
        [("draft", "Draft"), ("active", "In use"), ("superseded", "Superseded")],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    root_model = fields.Selection(
        [("sale.order", "Sales Order")],
        string="Starts With",
        default="sale.order",
        required=True,
        help="The document that owns a transaction of this process.",
    )
    description = fields.Text(translate=True)
    step_ids = fields.One2many("integration.process.step", "process_id", copy=True)
    transaction_ids = fields.One2many("integration.transaction", "process_id")
    transaction_count = fields.Integer(compute="_compute_transaction_count")
    company_id = fields.Many2one(
        "res.company", help="Leave empty to use the process in every company."
    )
    active = fields.Boolean(default=True)

    _code_version_uniq = models.UniqueIndex(
        "(code, version, COALESCE(company_id, 0))",
        "This version of the process exists already.",
    )

    def _compute_transaction_count(self):
        counts = dict(
            self.env["integration.transaction"]._read_group(
                [("process_id", "in", self.ids)], ["process_id"], ["__count"]
            )
        )
        for process in self:
            process.transaction_count = counts.get(process, 0)
