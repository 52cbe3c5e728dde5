"""Orders as WooCommerce's `order.created` webhook writes them (REST API v3).

How the amounts hang together (all texts of two decimals, in `currency`). Whatever
`prices_include_tax` says, every amount of a line is without tax:

    gross          = displayed price × quantity; coupon = its share per line, on the gross
    subtotal_tax   = tax on gross; total_tax = tax on gross − coupon; rounded per line, half up,
                     and half down if prices include tax
    subtotal       = gross − (subtotal_tax if prices include tax), before the coupon
    total          = gross − coupon − (total_tax if prices include tax), after the coupon
    price          = total / quantity, a number that is not rounded to cents
    discount_total = Σ subtotal − Σ total; discount_tax = Σ subtotal_tax − Σ total_tax
    cart_tax       = Σ line total_tax; order total_tax = cart_tax + shipping_tax
    order total    = Σ line total + shipping_total + order total_tax
"""

from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from ..core.samples import load_sample
from .draft import Draft, Line
from .money import ZERO, spread_fixed, spread_percentage, tax_of, text
from .people import Customer

ID_BASE = 0
RATE_ID = 75


@dataclass(frozen=True)
class _Priced:
    subtotal: Decimal
    subtotal_tax: Decimal
    total: Decimal
    total_tax: Decimal


def discount_amounts(draft: Draft) -> list[Decimal]:
    """Return the coupon's share of each line, in displayed prices."""
    gross = [line.gross for line in draft.lines]
    if draft.discount is None:
        return [ZERO for _ in gross]
    if draft.discount.percentage:
        return spread_percentage(draft.discount.value, gross)
    return spread_fixed(draft.discount.value, gross, [line.quantity for line in draft.lines])


def render(draft: Draft) -> dict[str, Any]:
    """Return the webhook body: the whole object of the sample, filled with `draft`."""
    order = load_sample("woocommerce/order_created.json")
    coupons = discount_amounts(draft)
    priced = [
        _price(draft, line.gross, coupon) for line, coupon in zip(draft.lines, coupons, strict=True)
    ]
    shipping = _price(draft, draft.shipping, ZERO, draft.shipping_taxed)
    cart_tax = sum((row.total_tax for row in priced), ZERO)
    discount_total = sum((row.subtotal - row.total for row in priced), ZERO)
    discount_tax = sum((row.subtotal_tax - row.total_tax for row in priced), ZERO)
    total_tax = cart_tax + shipping.total_tax
    total = sum((row.total for row in priced), ZERO) + shipping.total + total_tax
    lines = [
        _line(draft, index, line, row, order["line_items"][0])
        for index, (line, row) in enumerate(zip(draft.lines, priced, strict=True))
    ]
    order.update(_identity(draft))
    order.update(
        currency=draft.currency,
        prices_include_tax=draft.taxes_included,
        discount_total=text(discount_total),
        discount_tax=text(discount_tax),
        shipping_total=text(shipping.total),
        shipping_tax=text(shipping.total_tax),
        cart_tax=text(cart_tax),
        total_tax=text(total_tax),
        total=text(total),
        customer_id=0 if draft.guest else draft.customer.id,
        billing={**order["billing"], **_address(draft.customer, billing=True)},
        shipping={**order["shipping"], **_address(draft.customer)},
        line_items=lines,
        tax_lines=[_tax_line(draft, cart_tax, shipping.total_tax, order["tax_lines"][0])],
        shipping_lines=[_shipping(draft, shipping, order["shipping_lines"][0])],
        coupon_lines=_coupons(draft, discount_total, discount_tax),
        meta_data=[],
        _links=_links(order["_links"], ID_BASE + draft.number),
    )
    return order


def _price(draft: Draft, gross: Decimal, coupon: Decimal, taxed: bool = True) -> _Priced:
    included = draft.taxes_included
    rounding = ROUND_HALF_DOWN if included else ROUND_HALF_UP
    rate = draft.tax_rate if taxed else Decimal(0)
    before = tax_of(gross, rate, included, rounding)
    after = tax_of(gross - coupon, rate, included, rounding)
    return _Priced(
        subtotal=gross - before if included else gross,
        subtotal_tax=before,
        total=gross - coupon - after if included else gross - coupon,
        total_tax=after,
    )


def _identity(draft: Draft) -> dict[str, Any]:
    moment = _local(draft.at)
    moment_gmt = _local(draft.at.astimezone(timezone.utc))
    dates = {
        f"date_{name}{suffix}": value
        for name in ("created", "modified", "paid")
        for suffix, value in (("", moment), ("_gmt", moment_gmt))
    }
    return {
        "id": ID_BASE + draft.number,
        "number": str(draft.number),
        "order_key": f"wc_order_{draft.rng.getrandbits(44):011x}",
        "created_via": "checkout",
        "status": "processing",
        "payment_method": "stripe",
        "payment_method_title": "Credit card",
        "transaction_id": f"ch_{draft.rng.getrandbits(64):016x}",
        **dates,
    }


def _local(moment: datetime) -> str:
    return moment.replace(tzinfo=None, microsecond=0).isoformat()


def _line(
    draft: Draft, index: int, line: Line, row: _Priced, sample: dict[str, Any]
) -> dict[str, Any]:
    price = row.total / line.quantity
    return {
        **sample,
        "id": draft.number * 100 + index,
        "name": line.product.title,
        "sku": line.product.sku,
        "product_id": line.product.product_id,
        "variation_id": line.product.variant_id,
        "quantity": line.quantity,
        "subtotal": text(row.subtotal),
        "subtotal_tax": text(row.subtotal_tax),
        "total": text(row.total),
        "total_tax": text(row.total_tax),
        "taxes": [
            {"id": RATE_ID, "total": text(row.total_tax), "subtotal": text(row.subtotal_tax)}
        ],
        "price": int(price) if price == int(price) else float(price),
    }


def _shipping(draft: Draft, row: _Priced, sample: dict[str, Any]) -> dict[str, Any]:
    taxes = [{"id": RATE_ID, "total": text(row.total_tax), "subtotal": ""}]
    free = {"method_title": "Free shipping", "method_id": "free_shipping"}
    return {
        **sample,
        **({} if draft.shipping else free),
        "id": draft.number * 100 + 90,
        "total": text(row.total),
        "total_tax": text(row.total_tax),
        "taxes": taxes if row.total_tax else [],
    }


def _tax_line(
    draft: Draft, cart_tax: Decimal, shipping_tax: Decimal, sample: dict[str, Any]
) -> dict[str, Any]:
    place = draft.customer.place
    return {
        **sample,
        "id": draft.number * 100 + 91,
        "rate_code": f"{place.country_code}-{place.region_code}-{draft.tax_title.upper()}-1",
        "rate_id": RATE_ID,
        "label": draft.tax_title,
        "tax_total": text(cart_tax),
        "shipping_tax_total": text(shipping_tax),
        "rate_percent": float(draft.tax_rate * 100),
    }


def _coupons(draft: Draft, discount: Decimal, tax: Decimal) -> list[dict[str, Any]]:
    if draft.discount is None:
        return []
    return [
        {
            "id": draft.number * 100 + 92,
            "code": draft.discount.code.lower(),
            "discount": text(discount),
            "discount_tax": text(tax),
            "discount_type": "percent" if draft.discount.percentage else "fixed_cart",
            "nominal_amount": float(draft.discount.value),
            "free_shipping": False,
            "meta_data": [],
        }
    ]


def _address(person: Customer, billing: bool = False) -> dict[str, Any]:
    address = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "address_1": person.street,
        "address_2": "",
        "city": person.place.city,
        "state": person.place.region_code,
        "postcode": person.place.postcode,
        "country": person.place.country_code,
    }
    return {**address, "email": person.email, "phone": person.phone} if billing else address


def _links(links: dict[str, Any], number: int) -> dict[str, Any]:
    base = links["collection"][0]["href"]
    return {"self": [{"href": f"{base}/{number}"}], "collection": links["collection"]}
