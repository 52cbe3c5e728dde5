"""Systems, endpoints and flows of the demonstration, as an administrator would set them up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .references import seed_carrier, seed_mappings

TOKEN = "demonstration-token"
# Replaced by the simulators' real addresses when they have started.
PLACEHOLDER_URL = "http://127.0.0.1:9"
LOOPBACK = "127.0.0.0/8"


@dataclass(frozen=True)
class FlowSpec:
    """One flow: code, name, handler, and the values that differ from the defaults."""

    code: str
    name: str
    handler: str
    message_type: str
    event: str = ""
    criticality: str = "high"
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SystemSpec:
    """One partner system, its endpoint and its flows."""

    code: str
    name: str
    kind: str
    company: str
    team: str
    flows: tuple[FlowSpec, ...]


def _wms_flows(code: str, name: str, warehouse: str) -> tuple[FlowSpec, ...]:
    return (
        FlowSpec(
            f"{code}.release",
            f"{name}: order release",
            "integration.handler.wms.release",
            "wms.release",
            "picking.first.ready",
            "critical",
            {"warehouse_ids": warehouse},
        ),
        FlowSpec(
            f"{code}.shipment",
            f"{name}: shipment confirmation",
            "integration.handler.wms.shipment",
            "wms.shipment",
            values={"warehouse_id": warehouse},
        ),
    )


SYSTEMS = (
    SystemSpec(
        "shop-us",
        "Harbor Shop",
        "ecommerce",
        "us",
        "E-commerce",
        (
            FlowSpec(
                "shop-us.orders",
                "Harbor Shop: orders",
                "integration.handler.shop.order.shopify",
                "shop.order",
                criticality="critical",
                values={"warehouse_id": "MAIN"},
            ),
            FlowSpec(
                "shop-us.orders-east",
                "Harbor Shop East: orders",
                "integration.handler.shop.order.shopify",
                "shop.order",
                criticality="critical",
                values={"warehouse_id": "PTL"},
            ),
            FlowSpec(
                "shop-us.stock",
                "Harbor Shop: stock levels",
                "integration.handler.shop.stock",
                "shop.stock",
                "stock.changed",
                "normal",
                {"warehouse_ids": "MAIN", "coalesce": True},
            ),
        ),
    ),
    SystemSpec(
        "wms-main",
        "Main WMS",
        "wms",
        "us",
        "Warehouse IT",
        _wms_flows("wms-main", "Main WMS", "MAIN"),
    ),
    SystemSpec(
        "wms-3pl",
        "Peachtree WMS",
        "wms",
        "us",
        "Peachtree Logistics",
        _wms_flows("wms-3pl", "Peachtree WMS", "PTL"),
    ),
    SystemSpec(
        "carrier",
        "Coastal Parcel",
        "carrier",
        "us",
        "Transport",
        (
            FlowSpec(
                "carrier.booking",
                "Coastal Parcel: booking",
                "integration.handler.carrier.booking",
                "carrier.booking",
                "picking.out.done",
            ),
            FlowSpec(
                "carrier.tracking",
                "Coastal Parcel: tracking",
                "integration.handler.carrier.tracking",
                "carrier.tracking",
                values={"invoice_on_delivery": True},
            ),
        ),
    ),
    SystemSpec(
        "shop-eu",
        "Harbor Shop Europe",
        "ecommerce",
        "eu",
        "E-commerce",
        (
            FlowSpec(
                "shop-eu.orders",
                "Harbor Shop Europe: orders",
                "integration.handler.shop.order.woocommerce",
                "shop.order",
                criticality="critical",
                values={"warehouse_id": "RTM"},
            ),
            FlowSpec(
                "shop-eu.stock",
                "Harbor Shop Europe: stock levels",
                "integration.handler.shop.stock",
                "shop.stock",
                "stock.changed",
                "normal",
                {"warehouse_ids": "RTM", "coalesce": True},
            ),
        ),
    ),
)


def seed_integrations(env: Any, companies: dict[str, Any], owner: Any) -> dict[str, str]:
    """Create systems, endpoints, flows and secrets.

    :param companies: ``{"us": res.company, "eu": res.company}``
    :param owner: ``res.users`` that owns the exceptions
    :return: webhook secret by flow code, for the inbound flows
    """
    secrets: dict[str, str] = {}
    for spec in SYSTEMS:
        company = companies[spec.company]
        scoped = env(context={**env.context, "allowed_company_ids": [company.id]})
        system = scoped["integration.system"].create(
            {
                "name": spec.name,
                "code": spec.code,
                "kind": spec.kind,
                "team": spec.team,
                "company_id": company.id,
                "user_id": owner.id,
                "environment": "test",
                "region": "US" if spec.company == "us" else "EU",
            }
        )
        endpoint = seed_endpoint(scoped, system, spec.code, f"{spec.name} API", "/account")
        for flow_spec in spec.flows:
            flow = seed_flow(scoped, flow_spec, system, endpoint)
            if flow.direction == "inbound":
                secrets[flow.code] = scoped["integration.credential"]._issue_webhook_secret(flow)[1]
    seed_mappings(env)
    seed_carrier(env, companies["us"])
    return secrets


def seed_endpoint(env: Any, system: Any, code: str, name: str, health_path: str = "") -> Any:
    """Create an endpoint of a system, with its sign-in."""
    endpoint = env["integration.endpoint"].create(
        {
            "name": name,
            "code": code,
            "system_id": system.id,
            "base_url": PLACEHOLDER_URL,
            "auth_type": "bearer",
            "allowed_networks": LOOPBACK,
            "health_path": health_path,
            "connect_timeout": 2.0,
            "read_timeout": 5.0,
            "deadline_seconds": 8.0,
            # The scenario lets messages die while the carrier is down: that is their exception.
            "breaker_enabled": False,
        }
    )
    env["integration.credential"].create(
        {"endpoint_id": endpoint.id, "kind": "bearer", "secret": TOKEN}
    )
    return endpoint


def seed_flow(env: Any, spec: FlowSpec, system: Any, endpoint: Any) -> Any:
    """Create a flow of a system, with its service account."""
    outbound = bool(spec.event)
    values = {
        "name": spec.name,
        "code": spec.code,
        "system_id": system.id,
        "endpoint_id": endpoint.id if outbound else False,
        "direction": "outbound" if outbound else "inbound",
        "style": "sync" if outbound else "webhook",
        "message_type": spec.message_type,
        "handler": spec.handler,
        "criticality": spec.criticality,
        # The scenario shows the retry of what failed; critical flows would ask a person by default.
        "fallback": "hold",
        "trigger_event": spec.event or False,
        "retry_policy_id": _demo_policy(env).id,
        "service_user_id": system._ensure_service_user().id,
        **spec.values,
    }
    for name in ("warehouse_id", "warehouse_ids"):
        if name in values:
            warehouse = env["stock.warehouse"].search(
                [("code", "=", values[name]), ("company_id", "=", system.company_id.id)]
            )
            values[name] = warehouse.id if name == "warehouse_id" else [(6, 0, warehouse.ids)]
    if spec.values.get("invoice_on_delivery"):
        values["payment_journal_id"] = (
            env["account.journal"]
            .search([("type", "=", "bank"), ("company_id", "=", system.company_id.id)], limit=1)
            .id
        )
    return env["integration.flow"].create(values)


def _demo_policy(env: Any) -> Any:
    """One policy for all flows: four quick attempts, so that a watcher sees the end of them."""
    policies = env["integration.retry.policy"]
    return policies.search([("code", "=", "demonstration")]) or policies.create(
        {
            "name": "Demonstration: four quick attempts",
            "code": "demonstration",
            "max_attempts": 4,
            "base_seconds": 2,
            "factor": 2.0,
            "cap_seconds": 5,
            "deadline_minutes": 60,
        }
    )
