"""Orders in the control tower: late, stuck, at risk, by cause, by step, and the tiles on top."""

from odoo import api, models
from odoo.fields import Domain

from odoo.addons.integration_monitor.models.integration_transaction_status import UNDER_WAY
from odoo.addons.integration_monitor.tools.stock_root import STOCK

TRANSACTION = "integration.transaction"


class IntegrationDashboard(models.AbstractModel):
    _inherit = "integration.dashboard"

    @api.model
    def _open_domain(self, filters):
        """Return the domain of the orders that are under way: stock levels have their own steps."""
        return self._under_way_domain(filters) & Domain("res_model", "!=", STOCK.model)

    @api.model
    def _under_way_domain(self, filters):
        """Return the domain of all transactions that are under way."""
        return Domain("state", "=", "in_progress") & self._warehouse_domain(filters)

    @api.model
    def _transaction_groups(self, filters):
        """Return all open transactions in one query, grouped by what the tower shows.

        :return: list of dict(step, cause, status, count, amount, since); the amount
            in the currency of the user's company
        """
        groups = self.env[TRANSACTION]._read_group(
            self._under_way_domain(filters),
            ["waits_for_step_id", "cause", "status", "company_id"],
            ["__count", "amount_company:sum", "waits_since:min"],
        )
        rates = self._rates({company for *_head, company, _c, _a, _s in groups})
        return [
            {
                "step": step,
                "cause": cause,
                "status": status,
                "count": count,
                "amount": (amount or 0.0) * rates[company.currency_id],
                "since": since,
            }
            for step, cause, status, company, count, amount, since in groups
        ]

    @api.model
    def _of_orders(self, groups):
        """Return the groups without those of stock levels on their way to channels."""
        return [g for g in groups if g["step"].process_id.root_model != STOCK.model]

    @api.model
    def _rates(self, companies):
        """Return today's rate of each company's currency into that of the user's company."""
        company = self.env.company
        # Any user may know a rate; he need not be able to read every company's settings.
        currencies = self.env["res.company"].sudo().union(*companies).currency_id
        return {
            currency: currency._convert(1.0, company.currency_id, company, round=False)
            for currency in currencies
        }

    @api.model
    def _sum(self, groups, **values):
        """Return (count, amount) of the groups with these values."""
        chosen = [g for g in groups if all(g[key] == value for key, value in values.items())]
        return sum(g["count"] for g in chosen), sum(g["amount"] for g in chosen)

    @api.model
    def _tiles(self, filters, groups, systems):
        """Return the big numbers on top, most urgent first."""
        opened = self._open_domain(filters)
        late, late_amount = self._sum(groups, status="missed")
        stuck, stuck_amount = self._sum(groups, status="stuck")
        risk, risk_amount = self._sum(groups, status="warning")
        every, every_amount = self._sum(groups)
        done = Domain("state", "=", "completed") & self._warehouse_domain(filters)
        done &= Domain("res_model", "!=", STOCK.model)
        done &= Domain("completed_at", ">=", filters["since"]) & Domain(
            "completed_at", "<=", filters["now"]
        )
        failed = Domain("state", "in", ["dead", "quarantined"])
        failed &= self._warehouse_domain(filters, "transaction_id.warehouse_id")
        waiting = Domain("state", "in", ["pending", "processing", "retry"])
        waiting &= self._warehouse_domain(filters, "transaction_id.warehouse_id")
        held = Domain("held", "=", True)
        return [
            self._figure(
                self.env._("Late orders"), TRANSACTION,
                opened & Domain("status", "=", "missed"), late,
                code="late", tone="danger", icon="fa-clock-o", amount=late_amount,
            ),
            self._figure(
                self.env._("Stuck orders"), TRANSACTION,
                opened & Domain("status", "=", "stuck"), stuck,
                code="stuck", tone="stuck", icon="fa-hand-paper-o", amount=stuck_amount,
            ),
            self._figure(
                self.env._("Orders at risk"), TRANSACTION,
                opened & Domain("status", "=", "warning"), risk,
                code="risk", tone="warning", icon="fa-hourglass-half", amount=risk_amount,
            ),
            self._figure(
                self.env._("Orders under way"), TRANSACTION, opened, every,
                code="open", tone="info", icon="fa-shopping-cart", amount=every_amount,
            ),
            self._figure(
                self.env._("Orders completed"), TRANSACTION, done,
                code="completed", tone="success", icon="fa-check-circle", period=True,
            ),
            self._figure(
                self.env._("Failed messages"), "integration.message", failed,
                code="failed", tone="danger", icon="fa-exclamation-triangle",
                note=self.env._("given up, need a person"),
            ),
            self._figure(
                self.env._("Messages under way"), "integration.message", waiting & ~held,
                code="waiting", tone="info", icon="fa-paper-plane-o",
                note=self.env._("no action needed"),
                # Paused, another environment, a condition to correct: nothing moves by itself.
                more=self._figure(
                    self.env._("Held messages"), "integration.message", waiting & held,
                    code="held", note=self.env._("held: need a person"),
                ),
            ),
        ]  # fmt: skip

    @api.model
    def _causes(self, filters, groups):
        """Return what the open orders wait for: late ones first, then the most."""
        labels = self._selection(TRANSACTION, "cause")
        opened = self._open_domain(filters)
        causes = []
        for cause in {group["cause"] for group in groups}:
            domain = opened & Domain("cause", "=", cause)
            count, amount = self._sum(groups, cause=cause)
            causes.append(
                self._figure(
                    labels.get(cause, cause), TRANSACTION, domain, count,
                    cause=cause, amount=amount,
                    parts=self._parts(groups, domain, labels.get(cause, cause), cause=cause),
                )
            )  # fmt: skip
        return sorted(causes, key=lambda c: (-c["parts"][0]["count"], -c["count"], c["cause"]))

    @api.model
    def _parts(self, groups, domain, title, **values):
        """Split a figure into late, needs a person, at risk and on track."""
        labels = self._selection(TRANSACTION, "status")
        return [
            self._figure(
                f"{title}: {labels[status]}", TRANSACTION,
                domain & Domain("status", "=", status),
                self._sum(groups, status=status, **values)[0],
                status=status, label=labels[status],
            )
            for status in UNDER_WAY
        ]  # fmt: skip

    @api.model
    def _funnels(self, filters, groups):
        """Return where the transactions stand: sales first, then each other kind of process.

        :return: list of dicts ``root_model``, ``name`` (of the process), ``stages``
        """
        steps = self.env["integration.process.step"].search_fetch(
            ["|", ("process_id.state", "=", "active"),
             ("id", "in", [group["step"].id for group in groups])],
            ["process_id", "code", "name", "waiting_name", "icon", "sequence", "optional"],
            order="sequence, id",
        )  # fmt: skip
        by_root = {"sale.order": steps.browse()} | steps.grouped(
            lambda step: step.process_id.root_model
        )
        if len(self._of_orders(groups)) == len(groups) and not (
            self.env["integration.flow"]._levels_pushed()
        ):
            by_root.pop(STOCK.model, None)  # no channel is told anything
        return [
            {
                "root_model": root,
                "name": same[-1:].process_id.name or "",
                "stages": self._funnel(filters, groups, same),
            }
            for root, same in by_root.items()
        ]

    @api.model
    def _funnel(self, filters, groups, steps):
        """Return the steps of processes of one kind with the transactions that wait for each.

        Versions of a process share a step by its code, so that a new version splits no figure.
        """
        opened = self._under_way_domain(filters)
        stages = []
        for code, same in steps.grouped("code").items():
            step = same.sorted("id")[-1]  # the newest version's words
            mine = [group for group in groups if group["step"] in same]
            domain = opened & Domain("waits_for_step_id", "in", same.ids)
            since = min((group["since"] for group in mine if group["since"]), default=False)
            stages.append(
                self._figure(
                    step.name, TRANSACTION, domain, self._sum(mine)[0],
                    code=code, icon=step.icon, amount=self._sum(mine)[1],
                    waiting_name=step.waiting_name or step.name, since=str(since or ""),
                    parts=self._parts(mine, domain, step.name),
                )
            )  # fmt: skip
        return stages
