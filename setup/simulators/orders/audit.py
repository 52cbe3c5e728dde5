"""Independent sums of a payload: what must hold, checked from the outside.

For tests and for comparing an Odoo order with its payload. The published samples are as they
are: the Shopify ones do not pass.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any


def _sum(values: Iterable[str | int | None]) -> Decimal:
    return sum((Decimal(value or 0) for value in values), Decimal(0))


def audit(style: str, order: dict[str, Any]) -> list[str]:
    """Return the sums that do not hold, each in words; empty when the payload adds up."""
    checks = _shopify(order) if style == "shopify" else _woocommerce(order)
    return [
        f"{name}: stated {stated}, computed {computed}"
        for name, stated, computed in checks
        if Decimal(stated or 0) != computed
    ]


def _shopify(order: dict[str, Any]) -> list[tuple[str, str, Decimal]]:
    lines, shipping = order["line_items"], order["shipping_lines"]
    gross = sum((Decimal(line["price"]) * line["quantity"] for line in lines), Decimal(0))
    discount = _sum(a["amount"] for line in lines for a in line["discount_allocations"])
    tax = _sum(t["price"] for row in [*lines, *shipping] for t in row["tax_lines"])
    freight = _sum(row["price"] for row in shipping)
    top_up = Decimal(0) if order["taxes_included"] else tax
    return [
        ("total_line_items_price", order["total_line_items_price"], gross),
        ("total_discounts", order["total_discounts"], discount),
        (
            "discount codes",
            order["total_discounts"],
            _sum(c["amount"] for c in order["discount_codes"]),
        ),
        ("subtotal_price", order["subtotal_price"], gross - discount),
        ("total_tax", order["total_tax"], tax),
        ("tax_lines", order["total_tax"], _sum(t["price"] for t in order["tax_lines"])),
        ("total_price", order["total_price"], gross - discount + freight + top_up),
    ]


def _woocommerce(order: dict[str, Any]) -> list[tuple[str, str, Decimal]]:
    lines, shipping = order["line_items"], order["shipping_lines"]
    net = _sum(line["total"] for line in lines)
    cart_tax = _sum(line["total_tax"] for line in lines)
    freight = _sum(row["total"] for row in shipping)
    freight_tax = _sum(row["total_tax"] for row in shipping)
    coupons = order["coupon_lines"]
    return [
        ("cart_tax", order["cart_tax"], cart_tax),
        ("line taxes", order["cart_tax"], _sum(t["total"] for row in lines for t in row["taxes"])),
        ("tax_lines", order["cart_tax"], _sum(t["tax_total"] for t in order["tax_lines"])),
        ("shipping_total", order["shipping_total"], freight),
        ("shipping_tax", order["shipping_tax"], freight_tax),
        ("total_tax", order["total_tax"], cart_tax + freight_tax),
        ("discount_total", order["discount_total"], _sum(line["subtotal"] for line in lines) - net),
        ("coupons", order["discount_total"], _sum(c["discount"] for c in coupons)),
        (
            "discount_tax",
            order["discount_tax"],
            _sum(line["subtotal_tax"] for line in lines) - cart_tax,
        ),
        ("total", order["total"], net + freight + cart_tax + freight_tax),
    ]
