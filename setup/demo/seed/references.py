"""What the demonstration's integrations refer to: mappings and the carrier's delivery method."""

from __future__ import annotations

from typing import Any


def seed_mappings(env: Any) -> None:
    """Map what the sample orders name without a SKU."""
    product = env["product.product"].search([("default_code", "=", "WOO-SINGLE-1")], limit=1)
    env["integration.mapping"].create(
        {
            "system_id": env["integration.system"].search([("code", "=", "shop-eu")]).id,
            "kind": "product",
            "external_value": "93",
            "res_model": "product.product",
            "res_id": product.id,
        }
    )


def seed_carrier(env: Any, company: Any) -> None:
    """Ship the American shop's orders with the carrier's booking flow."""
    flow = env["integration.flow"].search([("code", "=", "carrier.booking")])
    carrier = env["delivery.carrier"].create(
        {
            "name": "Coastal Parcel Ground",
            "company_id": company.id,
            "delivery_type": "fixed",
            "fixed_price": 0.0,
            "integration_flow_id": flow.id,
            "integration_service": "standard",
            "product_id": env["product.product"]
            .create({"name": "Coastal Parcel Ground", "type": "service", "list_price": 0.0})
            .id,
        }
    )
    env["integration.flow"].search(
        [("system_id.code", "=", "shop-us"), ("direction", "=", "inbound")]
    ).write({"default_carrier_id": carrier.id})
