"""The control tower's figures: each one with the domain of the records behind it."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

# Length of each period, its traffic level and the width of a point of the traffic graph.
PERIODS = {
    "hour": (timedelta(hours=1), "minute", timedelta(minutes=1)),
    "day": (timedelta(days=1), "hour", timedelta(hours=1)),
    "week": (timedelta(days=7), "hour", timedelta(hours=1)),
}
CONNECT_ACTION = "integration_monitor_webhook.integration_connect_wizard_action"


class IntegrationDashboard(models.AbstractModel):
    """Figures for the control tower, read with the rights and companies of the user.

    A *figure* is a dict ``{"count", "model", "domain", "title"}``: ``count`` equals
    ``search_count(domain)`` for that user at that moment. With ``"sum": field`` it equals the sum
    of that field. Times are UTC.
    """

    _name = "integration.dashboard"
    _description = "Integration control tower"

    @api.model
    @api.readonly
    def get_control_tower(self, filters=None):
        """Return everything that the control tower shows, in a fixed number of queries.

        :param dict filters: ``period`` (hour, day or week), ``warehouse_id`` (id or False). The
            companies are those of the context.
        :return: dict of the sections ``tiles``, ``causes``, ``funnels``, ``exceptions``,
            ``systems`` and ``traffic``, and of ``filters``, ``warehouses``, ``currency_id``,
            ``several_currencies``, ``connect``, ``updated_at``
        :raises AccessError: the user is no integration viewer.
        """
        if not self.env.user.has_group("integration_monitor.group_viewer"):
            raise AccessError(
                self.env._(
                    "The control tower needs the role 'Integration Monitor: Viewer'. "
                    "Ask your administrator for it."
                )
            )
        filters = self._clean_filters(filters or {})
        transactions = self._transaction_groups(filters)
        orders = self._of_orders(transactions)
        systems = self._systems(filters)
        return {
            "filters": {key: filters[key] for key in ("period", "warehouse_id")},
            "warehouses": self._warehouses(),
            "currency_id": self.env.company.currency_id.id,
            "several_currencies": len(self.env.companies.currency_id) > 1,
            "updated_at": fields.Datetime.to_string(filters["now"]),
            "tiles": self._tiles(filters, orders, systems),
            "funnels": self._funnels(filters, transactions),
            "causes": self._causes(filters, orders),
            "exceptions": self._exceptions(filters),
            "systems": systems,
            "traffic": self._traffic(filters),
            "connect": self._connect() if not systems["total"]["count"] else False,
        }

    @api.model
    def _clean_filters(self, filters):
        """Take over what is known of the wishes of the browser; the moment is ours."""
        now = fields.Datetime.now()
        period = filters.get("period")
        period = period if period in PERIODS else "day"
        warehouse_id = filters.get("warehouse_id")
        return {
            "now": now,
            "period": period,
            "since": now - PERIODS[period][0],
            "warehouse_id": warehouse_id if isinstance(warehouse_id, int) else False,
        }

    @api.model
    def _figure(self, title, model, domain, count=None, **extra):
        """Return one figure; counts itself when ``count`` is None."""
        if count is None:
            count = self.env[model].search_count(domain)
        return {
            "title": title,
            "model": model,
            "domain": list(Domain(domain)),
            "count": count,
            **extra,
        }

    @api.model
    def _warehouse_domain(self, filters, path="warehouse_id"):
        """Return the domain of the chosen warehouse; everything when none was chosen."""
        if not filters["warehouse_id"]:
            return Domain.TRUE
        return Domain(path, "=", filters["warehouse_id"])

    @api.model
    def _warehouses(self):
        """Return the warehouses to choose from; none when there is no choice."""
        # A viewer needs no stock role to choose by a name he sees on the transactions.
        warehouses = (
            self.env["stock.warehouse"]
            .sudo()
            .search_fetch([("company_id", "in", self.env.companies.ids)], ["name"])
        )
        return [{"id": w.id, "name": w.name} for w in warehouses] if len(warehouses) > 1 else []

    @api.model
    def _connect(self):
        """Return the first step for an empty tower: an action, or who can take it."""
        if not self.env.user.has_group("integration_monitor.group_administrator"):
            return {"action": False}
        action = self.env.ref(CONNECT_ACTION, raise_if_not_found=False)
        if action:
            return {"action": CONNECT_ACTION}
        return {
            "action": {
                "type": "ir.actions.act_window",
                "name": self.env._("Connect a partner"),
                "res_model": "integration.system",
                "views": [[False, "form"]],
            }
        }

    @api.model
    def _selection(self, model, field):
        """Return the labels of a selection in the user's language."""
        return dict(self.env[model]._fields[field]._description_selection(self.env))
