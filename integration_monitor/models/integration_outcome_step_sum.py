"""Cycle times added up: what graphs and pivots over a long time ask."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools import outcome_sum_sql as write
from .integration_loose_reference_mixin import LooseMany2one
from .integration_ratio_mixin import Ratio

#: What the names of the triggers and of their functions begin with.
PREFIX = "integration_outcome_step_sum_"


class IntegrationOutcomeStepSum(models.Model):
    """Steps of one day that agree in all but order and customer: their number and their time.

    Triggers write down each change of the steps as a row of its own, of whatever removes one, so
    that nobody waits for anybody; several rows of one key add up, and the roll-up joins them.
    Asked by ``integration.outcome.step._read_group`` alone.
    """

    _name = "integration.outcome.step.sum"
    _description = "Cycle Time by Step, Added Up"
    _inherit = ["integration.ratio.mixin", "integration.loose.reference.mixin"]
    _log_access = False
    _rec_name = "step_id"
    _order = "day desc, id desc"
    _ratios = {"hours": Ratio("seconds", "reached_count", 3600)}
    #: What figures can be asked by, and which.
    _KEY = frozenset(write.KEY)
    _FIGURES = frozenset({"__count", "reached_count:sum", "seconds:sum", "hours:avg"})

    # No foreign keys: what is emptied or removed in the steps arrives as a change of them.
    day = fields.Date(readonly=True)
    step_id = LooseMany2one("integration.process.step", readonly=True)
    company_id = LooseMany2one("res.company", readonly=True)
    warehouse_id = LooseMany2one("stock.warehouse", readonly=True)
    system_id = LooseMany2one("integration.system", readonly=True)
    region = fields.Char(readonly=True)
    categ_id = LooseMany2one("product.category", "Product Category", readonly=True)
    row_count = fields.Integer("Rows", readonly=True)
    reached_count = fields.Integer("Orders", readonly=True)
    # Whole seconds: an integer of Odoo ends at 68 years of them.
    seconds = fields.Float("Time in All (s)", readonly=True)
    hours = fields.Float("Time (h)", compute="_compute_ratios", aggregator="avg")

    _day_index = models.Index("(day, step_id)")

    def init(self):
        """Create the triggers, once both tables are there, and add up what is there already."""
        self.pool.post_init(self._follow_steps)

    @api.model
    def _follow_steps(self):
        # Names and texts are constants of the engine: nobody can inject.
        for operation, (body, tables) in write.TRIGGERS.items():
            name = f"{PREFIX}{operation.lower()}"
            self.env.cr.execute(  # pylint: disable=sql-injection
                f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql
                        AS $function$ BEGIN {body} RETURN NULL; END $function$;
                    CREATE OR REPLACE TRIGGER {name} AFTER {operation} ON integration_outcome_step
                           REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"""
            )
        self.env.cr.execute(SQL(write.FILL))

    @api.model
    def _drop_triggers(self):
        """Remove what the ORM, which removes the tables, does not know of."""
        for operation in write.TRIGGERS:
            name = f"{PREFIX}{operation.lower()}"
            self.env.cr.execute(SQL("DROP FUNCTION IF EXISTS %s() CASCADE", SQL(name)))

    @api.model
    def _join_rows(self):
        """Leave one row for each key; called by the roll-up."""
        self.env.cr.execute(SQL(write.JOIN_ROWS))
        self.invalidate_model(flush=False)

    def _read_group_select(self, aggregate_spec, query):
        """A row stands for several steps, or for steps that are gone."""
        if aggregate_spec == "__count":
            return SQL("COALESCE(SUM(%s), 0)::int", self._sum_column("row_count", query))
        if aggregate_spec == "seconds:sum":
            return SQL("SUM(%s)::bigint", self._sum_column("seconds", query))
        return super()._read_group_select(aggregate_spec, query)

    def _sum_column(self, name, query):
        return self._field_to_sql(self._table, name, query)

    def _read_group_having(self, having_domain, query):
        """Leave out groups of which everything is gone."""
        having = super()._read_group_having(having_domain, query)
        there = SQL("SUM(%s) <> 0", self._sum_column("row_count", query))
        return SQL("%s AND %s", having, there) if having else there

    def _read_grouping_sets(self, domain, grouping_sets, aggregates=(), order=None):
        """As :meth:`_read_group_having`."""
        found = super()._read_grouping_sets(domain, grouping_sets, [*aggregates, "__count"], order)
        return [
            [row[:-1] for row in rows if row[-1] or not groupby]
            for groupby, rows in zip(grouping_sets, found, strict=True)
        ]
