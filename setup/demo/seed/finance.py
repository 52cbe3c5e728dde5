"""The finance system: it checks the credit of orders and books invoices.

Archived until the scenario begins, as the subscribers are.
"""

from __future__ import annotations

from typing import Any

from .integrations import FlowSpec, seed_endpoint, seed_flow

LEDGER = "ledger"
FLOWS = (
    FlowSpec(
        f"{LEDGER}.orders",
        "General Ledger: orders to check",
        "integration.handler.event",
        "finance.order",
        "sale.confirmed",
        "normal",
    ),
    FlowSpec(
        f"{LEDGER}.credit",
        "General Ledger: credit checks",
        "integration.handler.noop",
        "finance.credit",
        criticality="normal",
    ),
    FlowSpec(
        f"{LEDGER}.invoices",
        "General Ledger: invoices",
        "integration.handler.event",
        "finance.invoice",
        "invoice.posted",
    ),
)


def seed_finance(env: Any, company: Any, owner: Any) -> dict[str, str]:
    """Create the finance system of a company.

    :return: webhook secret by flow code
    """
    scoped = env(context={**env.context, "allowed_company_ids": company.ids})
    system = scoped["integration.system"].create(
        {
            "name": "General Ledger",
            "code": LEDGER,
            "kind": "finance",
            "team": "Accounting",
            "company_id": company.id,
            "user_id": owner.id,
            "environment": "test",
            "region": "US",
        }
    )
    endpoint = seed_endpoint(scoped, system, f"{LEDGER}.events", "General Ledger events")
    secrets = {}
    for spec in FLOWS:
        flow = seed_flow(scoped, spec, system, endpoint)
        if flow.direction == "inbound":
            secrets[flow.code] = scoped["integration.credential"]._issue_webhook_secret(flow)[1]
        flow.active = False
    return secrets
