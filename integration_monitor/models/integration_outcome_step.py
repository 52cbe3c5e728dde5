"""The cycle time of completed orders, split by step."""

from odoo import fields, models

from .integration_outcome_mixin import Ratio


class IntegrationOutcomeStep(models.Model):
    """One step of one completed order; the steps of an order add up to its cycle time."""

    _name = "integration.outcome.step"
    _description = "Cycle Time by Step"
    _inherit = ["integration.outcome.mixin"]
    _order = "day desc, id desc"
    _rec_name = "step_id"
    _ratios = {"hours": Ratio("seconds", "reached_count", 3600)}

    transaction_id = fields.Many2one(
        "integration.transaction", "Order", readonly=True, index=True, ondelete="cascade"
    )
    step_id = fields.Many2one("integration.process.step", readonly=True, ondelete="cascade")
    reached_count = fields.Integer("Orders", readonly=True, default=1)
    seconds = fields.Integer("Time in All (s)", readonly=True)
    hours = fields.Float(
        "Time (h)",
        compute="_compute_ratios",
        aggregator="avg",
        help="From the moment reached before until this step was reached: the average of the "
        "completed orders that reached it. Moments count in the order in which they came.",
    )

    _day_index = models.Index("(day DESC, id DESC)")
