"""What outcomes are broken down by, and figures that add up rightly in every breakdown."""

from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL


class Ratio(NamedTuple):
    """A figure made of two sums: ``numerator / denominator / unit``, or 1 minus that."""

    numerator: str
    denominator: str
    unit: int = 1
    rest: bool = False


class IntegrationOutcomeMixin(models.AbstractModel):
    """Dimensions, and ratios of sums in place of averages of averages.

    Heirs name their figures in ``_ratios``; each is a float that is not stored, with the
    aggregator ``avg``, computed by :meth:`_compute_ratios`. Rows are written by the roll-up alone.
    """

    _name = "integration.outcome.mixin"
    _description = "Dimensions of business outcomes"
    _log_access = False
    _ratios = {}

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

    def _compute_ratios(self):
        """Compute the figures of single rows."""
        for row in self:
            for name, ratio in self._ratios.items():
                divisor = row[ratio.denominator] * ratio.unit
                share = row[ratio.numerator] / divisor if divisor else 0.0
                row[name] = 1 - share if ratio.rest and divisor else share

    def _read_group_select(self, aggregate_spec, query):
        """Aggregate the figures as ratios of sums; nothing where nothing was counted."""
        ratio = self._ratios.get(aggregate_spec.removesuffix(":avg"))
        if not ratio:
            return super()._read_group_select(aggregate_spec, query)
        share = SQL(
            "SUM(%s)::float8 / NULLIF(SUM(%s), 0) / %s",
            self._field_to_sql(self._table, ratio.numerator, query),
            self._field_to_sql(self._table, ratio.denominator, query),
            ratio.unit,
        )
        return SQL("1 - %s", share) if ratio.rest else share
