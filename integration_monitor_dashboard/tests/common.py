"""Orders, exceptions, messages and traffic for the tests of the control tower."""

from datetime import timedelta
from itertools import count

from odoo import fields

from odoo.addons.integration_monitor.tests.common import IntegrationCase

_numbers = count(1)


class DashboardCase(IntegrationCase):
    """Makes records that the engine would write, in any number, state and company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = fields.Datetime.now()
        cls.steps = cls.env["integration.process.step"].search(
            [("process_id.state", "=", "active"), ("process_id.code", "=", "order_to_cash")]
        )
        cls.step = {step.code: step for step in cls.steps}
        cls.dashboard = cls.env["integration.dashboard"]

    @classmethod
    def transaction(cls, **values):
        """One open order that waits for shipment, unless told otherwise."""
        number = next(_numbers)
        company = cls.env["res.company"].browse(values.get("company_id", cls.env.company.id))
        step = values.pop("step", "shipped")
        amount = values.pop("amount", 100.0)
        # The recorder writes transactions; users may not.
        return (
            cls.env["integration.transaction"]
            .sudo()
            .create(
                {
                    "name": f"S{number:05}",
                    "process_id": cls.steps.process_id[:1].id,
                    "correlation_id": f"dashboard-test-{number}",
                    "res_model": "sale.order",
                    "res_id": 10_000_000 + number,
                    "company_id": company.id,
                    "amount_total": amount,
                    "amount_company": amount,
                    "currency_id": company.currency_id.id,
                    "started_at": cls.now - timedelta(hours=5),
                    "waits_for_step_id": step and cls.step[step].id,
                    "waits_since": cls.now - timedelta(hours=2),
                    "cause": "team",
                    **values,
                }
            )
        )

    @classmethod
    def exception(cls, age_minutes=5, **values):
        """One open exception of that age."""
        return (
            cls.env["integration.exception"]
            .sudo()
            .create(
                {
                    "name": "Booking failed",
                    "error_class": "connect",
                    "opened_at": cls.now - timedelta(minutes=age_minutes),
                    "system_id": cls.system.id,
                    "flow_id": cls.outbound.id,
                    **values,
                }
            )
        )

    @classmethod
    def message(cls, state, **values):
        """One outbound message in a state."""
        return (
            cls.env["integration.message"]
            .sudo()
            .create(
                {
                    "flow_id": cls.outbound.id,
                    "system_id": cls.system.id,
                    "endpoint_id": cls.endpoint.id,
                    "company_id": cls.env.company.id,
                    "direction": "outbound",
                    "state": state,
                    **values,
                }
            )
        )

    @classmethod
    def metric(cls, minutes_ago, level="minute", **values):
        """One row of the roll-up."""
        moment = (cls.now - timedelta(minutes=minutes_ago)).replace(second=0, microsecond=0)
        counts = {"count_ok": 3, "count_error": 1, "count_refused": 0, **values}
        counts["count_total"] = sum(
            counts[name] for name in ("count_ok", "count_error", "count_refused")
        )
        return (
            cls.env["integration.metric"]
            .sudo()
            .create(
                {
                    "level": level,
                    "bucket": moment if level == "minute" else moment.replace(minute=0),
                    "kind": "http_out",
                    "system_id": cls.system.id,
                    "endpoint_id": cls.endpoint.id,
                    "flow_id": cls.outbound.id,
                    "company_id": cls.env.company.id,
                    **counts,
                }
            )
        )

    @classmethod
    def scene(cls, company=None, warehouse=None, traffic=True):
        """A bit of everything, in one company and warehouse; traffic once a company."""
        company = company or cls.env.company
        common = {"company_id": company.id, "warehouse_id": warehouse and warehouse.id}
        late = cls.transaction(timeliness="missed", cause="message_failed", **common)
        cls.transaction(timeliness="warning", cause="stock", step="picked", **common)
        cls.transaction(step="paid", cause="customer", **common)
        cls.transaction(step=False, cause="unknown", **common)
        cls.transaction(state="completed", step=False, cause="none", completed_at=cls.now, **common)
        for age, owner in ((5, "operator"), (90, "operator"), (300, "support"), (5000, None)):
            cls.exception(
                age,
                user_id=owner and cls.users[owner].id,
                company_id=company.id,
                transaction_id=late.id,
                severity="critical" if age > 1000 else "normal",
            )
        for state in ("dead", "quarantined", "retry", "pending", "done"):
            cls.message(state, company_id=company.id, transaction_id=late.id)
        if not traffic:
            return
        for minutes in (0, 1, 30):
            cls.metric(minutes, company_id=company.id)
        cls.metric(0, level="hour", company_id=company.id)
        cls.metric(120, level="hour", company_id=company.id, count_refused=2)


def figures(data):
    """Yield every figure of an answer of the dashboard, however deep."""
    if isinstance(data, dict):
        if {"count", "model", "domain"} <= set(data):
            yield data
        for value in data.values():
            yield from figures(value)
    elif isinstance(data, (list, tuple)):
        for value in data:
            yield from figures(value)
