"""Figures that add up rightly in every breakdown."""

from typing import NamedTuple

from odoo import models
from odoo.tools import SQL


class Ratio(NamedTuple):
    """A figure made of two sums: ``numerator / denominator / unit``, or 1 minus that."""

    numerator: str
    denominator: str
    unit: int = 1
    rest: bool = False


class IntegrationRatioMixin(models.AbstractModel):
    """Ratios of sums in place of averages of averages.

    Heirs name their figures in ``_ratios``; each is a float that is not stored, with the
    aggregator ``avg``, computed by :meth:`_compute_ratios`.
    """

    _name = "integration.ratio.mixin"
    _description = "Figures made of two sums"
    _ratios = {}

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

    def _read_group_orderby(self, order, groupby_terms, query):
        """Order steps by their ids, which is their order in a process.

        Their own order would join process and step to each of a million rows.
        """
        terms = [term.strip() for term in (order or "").split(",")]
        if "step_id" in groupby_terms and set(terms) <= set(groupby_terms):
            order = ""
        return super()._read_group_orderby(order, groupby_terms, query)
