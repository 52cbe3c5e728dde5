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
    # The first screen reads no table at all.
    _split_index = models.Index("(day, step_id) INCLUDE (company_id, seconds, reached_count)")

    def _read_group_orderby(self, order, groupby_terms, query):
        """Order steps by their ids, which is their order in a process.

        Their own order would join process and step to each of a million rows.
        """
        terms = [term.strip() for term in (order or "").split(",")]
        if "step_id" in groupby_terms and set(terms) <= set(groupby_terms):
            order = ""
        return super()._read_group_orderby(order, groupby_terms, query)
