"""Partners that are told of business events, and a gate that keeps documents back.

Both are archived until the scenario begins, so that tests on the same seed see what they cause.
"""

from __future__ import annotations

from typing import Any

from .integrations import FlowSpec, seed_endpoint, seed_flow

#: System -> what it is told of, and of which warehouse.
SUBSCRIBERS = {
    "shop-us": (
        "Harbor Shop: news of its orders",
        ("sale.confirmed", "picking.out.done", "invoice.posted", "invoice.paid"),
        "",
    ),
    "wms-3pl": ("Peachtree: what is ordered and paid", ("sale.confirmed", "invoice.paid"), "PTL"),
}
#: What follows a subscriber's system in the code of his endpoint and flow; the path he listens at.
EVENTS = "events"
GATE = "Invoice what was delivered"


def seed_subscribers(env: Any) -> None:
    """Let two partners subscribe to business events."""
    for code, (name, events, warehouse) in SUBSCRIBERS.items():
        system = env["integration.system"].search([("code", "=", code)])
        scoped = env(context={**env.context, "allowed_company_ids": system.company_id.ids})
        endpoint = seed_endpoint(scoped, system, f"{code}.{EVENTS}", f"{system.name} events")
        spec = FlowSpec(
            f"{code}.{EVENTS}",
            name,
            "integration.handler.event",
            "event",
            criticality="normal",
            values={"direction": "outbound", "style": "sync", "endpoint_id": endpoint.id},
        )
        scoped["integration.subscription"].create(
            {
                "name": name,
                "active": False,
                "flow_id": seed_flow(scoped, spec, system, endpoint).id,
                "event_type_ids": [
                    (6, 0, env["integration.event.type"].search([("code", "in", events)]).ids)
                ],
                "warehouse_ids": [
                    (6, 0, env["stock.warehouse"].search([("code", "=", warehouse)]).ids)
                ],
            }
        )


def seed_gate(env: Any, company: Any) -> None:
    """Let nobody invoice an order of the American company that is not delivered."""
    env["integration.gate"].create(
        {
            "name": GATE,
            "active": False,
            "company_id": company.id,
            "document_step": "invoice",
            "step_id": env["integration.process.step"]
            .search(
                [
                    ("code", "=", "delivered"),
                    ("process_id.state", "=", "active"),
                    ("process_id.root_model", "=", "sale.order"),
                ],
                limit=1,
            )
            .id,
            "message": "Deposits need the word of the sales manager.",
        }
    )
