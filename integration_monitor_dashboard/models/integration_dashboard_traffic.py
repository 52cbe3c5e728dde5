"""Traffic in the control tower: exchanges with partners over time, from the roll-ups."""

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from .integration_dashboard import PERIODS

METRIC = "integration.metric"
# What crosses the border to a partner; messages and jobs would count the same work again.
PARTNER_KINDS = ["http_out", "webhook_in"]


class IntegrationDashboard(models.AbstractModel):
    _inherit = "integration.dashboard"

    @api.model
    def _traffic(self, filters):
        """Return the exchanges of the period by minute or hour; never reads the raw log.

        :return: ``points`` (list of ``{at, total, errors, refused}``, gapless, oldest
            first), the figures ``total``, ``errors``, ``refused`` and ``width`` in seconds
        """
        _length, level, width = PERIODS[filters["period"]]
        start = self._floor(filters["since"], level) + width
        until = self._floor(filters["now"], level) + width
        domain = (
            Domain("level", "=", level)
            & Domain("kind", "in", PARTNER_KINDS)
            & Domain("bucket", ">=", start)
            & Domain("bucket", "<", until)
        )
        found = {
            bucket: counts
            for bucket, *counts in self._by_bucket(
                domain, ["count_total", "count_error", "count_refused"]
            )
        }
        points = []
        at = start
        while at < until:
            total, errors, refused = found.get(at, (0, 0, 0))
            points.append({"at": str(at), "total": total, "errors": errors, "refused": refused})
            at += width
        return {
            "points": points,
            "width": int(width.total_seconds()),
            "model": METRIC,
            "domain": list(domain),
            "total": self._figure(
                self.env._("Exchanges with partners"), METRIC, domain,
                sum(p["total"] for p in points), sum="count_total",
            ),
            "errors": self._figure(
                self.env._("Failed exchanges"), METRIC, domain & Domain("count_error", ">", 0),
                sum(p["errors"] for p in points), sum="count_error",
            ),
            "refused": self._figure(
                self.env._("Refused deliveries"), METRIC, domain & Domain("count_refused", ">", 0),
                sum(p["refused"] for p in points), sum="count_refused",
            ),
        }  # fmt: skip

    @api.model
    def _by_bucket(self, domain, columns):
        """Return (moment, …sums of the columns) of each bucket, with the user's access rules.

        In SQL, since the ORM groups moments by the user's time zone.
        """
        Metric = self.env[METRIC]
        query = Metric._search(domain)
        bucket = Metric._field_to_sql(query.table, "bucket", query)
        sums = [SQL("sum(%s)", Metric._field_to_sql(query.table, name, query)) for name in columns]
        query.groupby = bucket
        query.order = None
        return self.env.execute_query(query.select(bucket, *sums))

    @api.model
    def _floor(self, moment, level):
        """Return the start of the minute or hour."""
        moment = moment.replace(second=0, microsecond=0)
        return moment if level == "minute" else moment.replace(minute=0)
