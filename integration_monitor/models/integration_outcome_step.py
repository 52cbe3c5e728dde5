"""The cycle time of completed orders, split by step."""

from odoo import api, fields, models
from odoo.fields import Domain

from .integration_ratio_mixin import Ratio

SUM = "integration.outcome.step.sum"


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

    def _read_group(
        self, domain, groupby=(), aggregates=(), having=(), offset=0, limit=None, order=None
    ):
        """Ask the sums where they tell it: millions of rows take longer than anybody waits."""
        asked = (groupby, aggregates, having, offset, limit, order)
        if (sums := self._sums_for(domain, groupby, aggregates)) is not None:
            return sums._read_group(domain, *asked)
        return super()._read_group(domain, *asked)

    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        """As :meth:`_read_group`, for pivots."""
        groupby = [spec for specs in grouping_sets for spec in specs]
        if (sums := self._sums_for(domain, groupby, aggregates)) is not None:
            return sums._read_grouping_sets(domain, grouping_sets, aggregates, order)
        return super()._read_grouping_sets(domain, grouping_sets, aggregates, order)

    @api.model
    def _sums_for(self, domain, groupby, aggregates):
        """Return the model of the sums, if it tells what is asked for; else None.

        It knows no single orders, customers, and what other addons break figures down by.
        """
        sums = self.env[SUM]
        rules = self.env["ir.rule"]._compute_domain(self._name, "read")
        # Rules of a customer's own may narrow the steps by what the sums do not know.
        conditions = (Domain(domain) & Domain(rules)).iter_conditions()
        names = {condition.field_expr.partition(".")[0] for condition in conditions}
        names.update(spec.partition(":")[0].partition(".")[0] for spec in groupby)
        known = names <= sums._KEY and sums._FIGURES.issuperset(aggregates)
        # Who may not read them is told so by the steps themselves.
        return sums if known and sums.has_access("read") else None
