"""Outcomes of 200,000 transactions, as the roll-up leaves them, and what their screens ask for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from .database import environment
from .process_deadlines import vacuum

#: Over so many days they are spread.
_DAYS = 90
_ORDERS = """
INSERT INTO integration_outcome (
    subject, res_id, transaction_id, name, at, day, settled, company_id, warehouse_id, partner_id,
    order_count, cycle_seconds, touchless_count, amount_company, delivery_count,
    ship_promised_count, ship_on_time_count, invoice_due_count, invoice_in_time_count)
SELECT subject, t.id, t.id, t.name, t.started_at, current_date - (t.id %% %(days)s)::int, true,
       t.company_id, t.warehouse_id, t.partner_id, (subject = 'order')::int,
       3600 + t.id %% 500000, (t.id %% 4 > 0)::int, t.amount_company, (subject = 'delivery')::int,
       1, (t.id %% 9 > 0)::int, 1, (t.id %% 7 > 0)::int
  FROM integration_transaction t, unnest(ARRAY['order', 'delivery']) subject
"""
_STEPS = """
INSERT INTO integration_outcome_step (
    transaction_id, step_id, day, company_id, warehouse_id, partner_id, reached_count, seconds)
SELECT t.id, m.step_id, current_date - (t.id %% %(days)s)::int, t.company_id, t.warehouse_id,
       t.partner_id, 1, 60 + (m.id * 7) %% 90000
  FROM integration_milestone m JOIN integration_transaction t ON t.id = m.transaction_id
 WHERE m.sequence <= %(sequence)s
"""


def fill(registry: Any) -> None:
    """Write the outcomes; ten steps of each order."""
    with registry.cursor() as cursor:
        cursor.execute("SELECT DISTINCT sequence FROM integration_milestone ORDER BY 1 LIMIT 10")
        values = {"days": _DAYS, "sequence": cursor.fetchall()[-1][0]}
        for statement in (_ORDERS, _STEPS):
            cursor.execute(statement, values)
        # As the roll-up leaves them.
        environment(cursor)["integration.outcome.step.sum"]._join_rows()
    for table in (
        "integration_outcome",
        "integration_outcome_step",
        "integration_outcome_step_sum",
    ):
        vacuum(registry, table)


def screens() -> dict[str, Callable[[Any], Any]]:
    """What the web client asks of the server: graphs, pivots and lists, by the screen's name."""
    recent = ("day", ">=", (datetime.now(timezone.utc).date() - timedelta(days=30)).isoformat())
    figures = ["order_count:sum", "cycle_hours:avg", "touchless_rate:avg", "amount_company:sum"]
    columns = ("day", "name", "warehouse_id", "system_id", "cycle_hours", "touchless_count")
    step_columns = ("day", "transaction_id", "step_id", "warehouse_id", "system_id", "hours")
    result = {}
    for period, days in (("30 days", [recent]), ("all days", [])):
        order = [("subject", "=", "order"), *days]
        delivery = [("subject", "=", "delivery"), *days]
        steps = ["reached_count:sum", "hours:avg"]
        result |= {
            f"outcomes of orders, graph, {period}": _grouped(
                "integration.outcome", order, ["day:day"], figures[1:2]
            ),
            f"outcomes of orders, pivot, {period}": _pivot(
                "integration.outcome", order, "warehouse_id", figures
            ),
            f"outcomes of orders, list, {period}": _listed("integration.outcome", order, columns),
            f"outcomes of deliveries, graph, {period}": _grouped(
                "integration.outcome", delivery, ["day:day"], ["ship_rate:avg"]
            ),
            f"cycle time by step, graph, {period}": _grouped(
                "integration.outcome.step", days, ["step_id"], steps[1:]
            ),
            f"cycle time by step, pivot, {period}": _pivot(
                "integration.outcome.step", days, "step_id", steps
            ),
            f"cycle time by warehouse, pivot, {period}": _pivot(
                "integration.outcome.step", days, "warehouse_id", steps
            ),
            f"cycle time by step, list, {period}": _listed(
                "integration.outcome.step", days, step_columns
            ),
        }
    return result


def _grouped(model: str, domain: list, by: list[str], figures: list[str]) -> Callable[[Any], Any]:
    return lambda env: env[model].formatted_read_group(domain, by, [*figures, "__count"])


def _pivot(model: str, domain: list, row: str, figures: list[str]) -> Callable[[Any], Any]:
    return lambda env: env[model].formatted_read_grouping_sets(
        domain, [[], [row]], [*figures, "__count"]
    )


def _listed(model: str, domain: list, columns: tuple[str, ...]) -> Callable[[Any], Any]:
    def read(env: Any) -> Any:
        fields = env[model]._fields
        names = {
            name: {"fields": {"display_name": {}}} if fields[name].type == "many2one" else {}
            for name in columns
        }
        return env[model].web_search_read(domain, names, limit=80, count_limit=10001)

    return read
