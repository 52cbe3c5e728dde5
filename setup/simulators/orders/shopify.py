"""Orders as Shopify's `orders/create` webhook writes them.

How the amounts hang together (all decimals of two places, in `currency`):

    line gross             = price × quantity, tax included if `taxes_included`
    discount allocations   = the discount, split over the lines in proportion to their gross
    total_line_items_price = Σ line gross
    total_discounts        = Σ discount allocations
    subtotal_price         = total_line_items_price − total_discounts
    line tax               = (gross − allocations) × rate, or × rate / (1 + rate) if included,
                             rounded half up per line
    total_tax              = Σ line tax + shipping tax
    total_price            = subtotal_price + shipping + (0 if taxes_included, else total_tax)
"""

from decimal import Decimal
from typing import Any

from ..core.samples import load_sample, shopify_body
from .draft import Draft, Line
from .money import ZERO, allocate, cents, tax_of, text
from .people import Customer

ID_BASE = 5_450_000_000_000


def discount_amounts(draft: Draft) -> list[Decimal]:
    """Return the discount of each line."""
    gross = [line.gross for line in draft.lines]
    if draft.discount is None:
        return [ZERO for _ in gross]
    total = sum(gross, ZERO)
    value = draft.discount.value
    amount = cents(total * value / 100) if draft.discount.percentage else min(value, total)
    return allocate(amount, gross)


def render(draft: Draft) -> dict[str, Any]:
    """Return the webhook body: the inner object of the sample, filled with `draft`."""
    order = shopify_body(load_sample("shopify/order_created.json"))
    discounts = discount_amounts(draft)
    lines = [
        _line(draft, index, line, discount, order["line_items"][0])
        for index, (line, discount) in enumerate(zip(draft.lines, discounts, strict=True))
    ]
    shipping_tax = ZERO
    if draft.shipping_taxed:
        shipping_tax = tax_of(draft.shipping, draft.tax_rate, draft.taxes_included)
    taxes = [Decimal(tax["price"]) for line in lines for tax in line["tax_lines"]]
    total_tax = sum(taxes, shipping_tax)
    gross = sum((line.gross for line in draft.lines), ZERO)
    discount = sum(discounts, ZERO)
    subtotal = gross - discount
    total = subtotal + draft.shipping + (ZERO if draft.taxes_included else total_tax)
    order.update(_identity(draft))
    order.update(
        line_items=lines,
        shipping_lines=[_shipping(draft, shipping_tax, order["shipping_lines"][0])],
        tax_lines=[_tax_line(draft, total_tax)],
        taxes_included=draft.taxes_included,
        currency=draft.currency,
        presentment_currency=draft.currency,
        total_line_items_price=text(gross),
        total_discounts=text(discount),
        subtotal_price=text(subtotal),
        total_tax=text(total_tax),
        total_price=text(total),
        total_price_usd=text(total) if draft.currency == "USD" else None,
        total_weight=sum(line.product.grams * line.quantity for line in draft.lines),
        total_line_items_price_set=_set(draft, gross),
        total_discounts_set=_set(draft, discount),
        subtotal_price_set=_set(draft, subtotal),
        total_shipping_price_set=_set(draft, draft.shipping),
        total_tax_set=_set(draft, total_tax),
        total_price_set=_set(draft, total),
        **_discounts(draft, discount),
        **_people(draft, order),
    )
    return order


def _identity(draft: Draft) -> dict[str, Any]:
    moment = draft.at.replace(microsecond=0).isoformat()
    token = f"{draft.rng.getrandbits(128):032x}"
    return {
        "id": ID_BASE + draft.number,
        "name": f"#{draft.number}",
        "number": draft.number - 1000,
        "order_number": draft.number,
        "token": token,
        "cart_token": token[::-1],
        "checkout_id": ID_BASE + draft.number,
        "reference": None,
        "created_at": moment,
        "updated_at": moment,
        "processed_at": moment,
        "confirmed": True,
        "financial_status": "paid",
        "fulfillments": [],
        "note_attributes": [],
    }


def _line(
    draft: Draft, index: int, line: Line, discount: Decimal, sample: dict[str, Any]
) -> dict[str, Any]:
    tax = tax_of(line.gross - discount, draft.tax_rate, draft.taxes_included)
    allocations = []
    if discount:
        allocations.append(
            {
                "amount": text(discount),
                "amount_set": _set(draft, discount),
                "discount_application_index": 0,
            }
        )
    product = line.product
    return {
        **sample,
        "id": ID_BASE * 2 + draft.number * 100 + index,
        "sku": product.sku,
        "title": product.title,
        "name": product.title,
        "variant_title": None,
        "product_id": product.product_id or None,
        "variant_id": product.variant_id or None,
        "grams": product.grams,
        "price": text(line.price),
        "price_set": _set(draft, line.price),
        "quantity": line.quantity,
        "fulfillable_quantity": line.quantity,
        "properties": [],
        "taxable": True,
        "gift_card": False,
        "total_discount": "0.00",
        "discount_allocations": allocations,
        "tax_lines": [_tax_line(draft, tax)],
    }


def _shipping(draft: Draft, tax: Decimal, sample: dict[str, Any]) -> dict[str, Any]:
    title = "Standard" if draft.shipping else sample["title"]
    return {
        **sample,
        "id": ID_BASE * 3 + draft.number,
        "code": title,
        "title": title,
        "price": text(draft.shipping),
        "price_set": _set(draft, draft.shipping),
        "discounted_price": text(draft.shipping),
        "carrier_identifier": None,
        "discount_allocations": [],
        "tax_lines": [_tax_line(draft, tax)] if draft.shipping_taxed and draft.shipping else [],
    }


def _discounts(draft: Draft, amount: Decimal) -> dict[str, Any]:
    if draft.discount is None:
        return {"discount_codes": [], "discount_applications": []}
    kind = "percentage" if draft.discount.percentage else "fixed_amount"
    code = {"code": draft.discount.code, "amount": text(amount), "type": kind}
    application = {
        "type": "discount_code",
        "code": draft.discount.code,
        "value": f"{draft.discount.value:.1f}" if draft.discount.percentage else text(amount),
        "value_type": kind,
        "allocation_method": "across",
        "target_selection": "all",
        "target_type": "line_item",
    }
    return {"discount_codes": [code], "discount_applications": [application]}


def _tax_line(draft: Draft, tax: Decimal) -> dict[str, Any]:
    return {
        "price": text(tax),
        "rate": float(draft.tax_rate),
        "title": draft.tax_title,
        "price_set": _set(draft, tax),
    }


def _set(draft: Draft, amount: Decimal) -> dict[str, Any]:
    money = {"amount": text(amount), "currency_code": draft.currency}
    return {"shop_money": money, "presentment_money": dict(money)}


def _people(draft: Draft, order: dict[str, Any]) -> dict[str, Any]:
    person = draft.customer
    address = {**order["billing_address"], **_address(person)}
    account = {
        **order["customer"],
        "id": person.id,
        "email": person.email,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "orders_count": person.orders_count,
        "default_address": {
            **order["customer"]["default_address"],
            **_address(person),
            "id": person.id,
            "country_name": person.place.country,
        },
    }
    return {
        "email": person.email,
        "contact_email": person.email,
        "customer": None if draft.guest else account,
        "billing_address": address,
        "shipping_address": dict(address),
    }


def _address(person: Customer) -> dict[str, Any]:
    return {
        "address1": person.street,
        "address2": "",
        "city": person.place.city,
        "zip": person.place.postcode,
        "country": person.place.country,
        "country_code": person.place.country_code,
        "province": person.place.region or None,
        "province_code": person.place.region_code or None,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "name": person.name,
        "phone": person.phone,
    }
