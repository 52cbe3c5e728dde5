"""Products that the sample orders ask for, and stock for them."""

from __future__ import annotations

from typing import Any

# SKU -> (name, sales price, weight in kg)
PRODUCTS = {
    "IPOD2008GREEN": ("Pocket player 8 GB, green", 199.0, 0.2),
    "IPOD2008RED": ("Pocket player 8 GB, red", 199.0, 0.2),
    "IPOD2008BLACK": ("Pocket player 8 GB, black", 199.0, 0.2),
    "WOO-SINGLE-1": ("Poster, single", 3.0, 0.1),
    "Bar3": ("T-shirt Ship Your Idea, black, M", 12.0, 0.25),
}
# What people take orders for: an article that is out of stock, and work at the customer's.
OUT_OF_STOCK = {"DOCK2008": ("Docking station for pocket players", 79.0, 0.6)}
SERVICE = "FITTING"
# What a vendor ships straight to the customer, and who he is.
DROPSHIPPED = {"STAND-OAK": ("Sales stand, oak", 349.0, 24.0)}
SHIPPER = "Oak & Iron Fixtures"
QUANTITY = 5000.0


def article(sku: str) -> dict[str, Any]:
    """Return an article as a shop is told to offer it; of its usual ones it knows the rest."""
    if sku not in DROPSHIPPED:
        return {"sku": sku}
    title, price, weight = DROPSHIPPED[sku]
    return {"sku": sku, "title": title, "price": price, "grams": int(weight * 1000)}


def seed_products(env: Any, skus: dict[str, tuple[str, float, float]] | None = None) -> Any:
    """Create the storable products, shared by the companies, and return them."""
    catalogue = {**PRODUCTS, **(skus or {})}
    known = set(
        env["product.product"]
        .search([("default_code", "in", list(catalogue))])
        .mapped("default_code")
    )
    return env["product.product"].create(
        [
            {
                "name": name,
                "default_code": sku,
                "type": "consu",
                "is_storable": True,
                "list_price": price,
                "standard_price": round(price * 0.6, 2),
                "weight": weight,
                "invoice_policy": "delivery",
                "taxes_id": [(5,)],
            }
            for sku, (name, price, weight) in catalogue.items()
            if sku not in known
        ]
    )


def seed_dropshipped(env: Any) -> Any:
    """Create what the vendor ships himself, and return it."""
    vendor = env["res.partner"].create({"name": SHIPPER, "is_company": True})
    products = seed_products(env, DROPSHIPPED)
    for product in products:
        product.write(
            {
                # What customers are told, and so what the vendor is asked for.
                "sale_delay": 6,
                "route_ids": [(6, 0, env.ref("stock_dropshipping.route_drop_shipping").ids)],
                "seller_ids": [
                    (0, 0, {"partner_id": vendor.id, "price": product.standard_price, "delay": 5})
                ],
            }
        )
    return products


def seed_service(env: Any) -> Any:
    """Create the service that is sold by hand, and return it."""
    return env["product.product"].create(
        {
            "name": "Fitting of a sales stand",
            "default_code": SERVICE,
            "type": "service",
            "list_price": 420.0,
            "taxes_id": [(5,)],
        }
    )


def seed_stock(env: Any, products: Any, warehouses: Any, quantity: float = QUANTITY) -> None:
    """Count the same quantity of each product into the stock of each warehouse."""
    quants = env["stock.quant"].with_context(inventory_mode=True)
    for warehouse in warehouses:
        quants.with_company(warehouse.company_id).create(
            [
                {
                    "product_id": product.id,
                    "location_id": warehouse.lot_stock_id.id,
                    "inventory_quantity": quantity,
                }
                for product in products
            ]
        ).action_apply_inventory()
