"""Orders as Shopify's Admin API and webhooks ``orders/*`` send them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..errors import BusinessError, ContractError
from .allocate import ZERO, allocate, rounded, total
from .model import (
    ShopAddress,
    ShopCharge,
    ShopCustomer,
    ShopLine,
    ShopOrder,
    ShopTax,
    TaxKey,
)
from .rates import usable_rate
from .reading import Reader, currency_of, quantity_of
from .reconcile import reconcile

# An authorised amount is captured by the shop when the goods leave.
COLLECTED = frozenset({"paid", "authorized"})
REFUNDED = frozenset({"refunded", "voided"})


def parse_shopify(payload: Any) -> ShopOrder:
    """Return the order of a webhook body, or of a REST answer wrapped in ``{"order": …}``.

    The order-level amounts are what the customer pays and therefore decide; where the lines do
    not lead to them, the difference is in `adjustments`.

    :raise ContractError: not such an order: no id, currency or lines, a quantity not above zero
    :raise BusinessError: its totals contradict each other
    """
    if isinstance(payload, dict) and set(payload) == {"order"}:
        payload = payload["order"]
    body = Reader(payload, "order")
    external_id = body.identifier("id")
    if not external_id:
        raise ContractError("The order has no “id”.")
    name = body.text("name", "order_number") or external_id
    body.where = f"order {name}"
    included = body.flag("taxes_included")
    order = ShopOrder(
        external_id=external_id,
        name=name,
        number=body.text("order_number", "number"),
        currency=currency_of(body, "currency"),
        taxes_included=included,
        total=body.number("total_price"),
        total_tax=body.amount("total_tax"),
        lines=[_line(item) for item in body.children("line_items", "line")],
        charges=[_shipping(item) for item in body.children("shipping_lines", "shipping")],
        customer=_customer(body),
        billing=_address(body.child("billing_address")),
        shipping=_address(body.child("shipping_address")),
        created_at=body.moment("processed_at", "created_at"),
        updated_at=body.moment("updated_at"),
        cancelled=bool(body.text("cancelled_at")),
        cancel_reason=body.text("cancel_reason"),
        payment_state=body.text("financial_status"),
        collected=body.text("financial_status") in COLLECTED,
        refunded=body.text("financial_status") in REFUNDED,
        payment_method=_payment_method(body),
        note=body.text("note"),
        discount_codes=tuple(c.text("code") for c in body.children("discount_codes", "code")),
    )
    if not order.lines:
        raise ContractError(f"The {body.where} has no lines.")
    stated = body.amount("subtotal_price") if "subtotal_price" in body else None
    _allocate_order_discount(order, body, stated)
    _add_tip(order, body, stated)
    order.stated_subtotal = order.goods if stated is None else stated
    _check_totals(order)
    return reconcile(order, [_tax(item) for item in body.children("tax_lines", "tax")])


def _line(item: Reader) -> ShopLine:
    allocations = item.children("discount_allocations", "discount")
    discount = total(allocation.amount("amount") for allocation in allocations)
    quantity = quantity_of(item)
    price = item.number("price")
    if price < 0:
        raise ContractError(f"The {item.where} has the negative price {price}.")
    return ShopLine(
        external_id=item.identifier("id"),
        sku=item.text("sku"),
        name=item.text("name", "title"),
        product_id=item.identifier("product_id"),
        variant_id=item.identifier("variant_id"),
        quantity=quantity,
        unit_price=price,
        # Newer versions allocate every discount to lines; older ones only fill the total.
        discount=discount or item.amount("total_discount"),
        taxes=tuple(_tax(tax) for tax in item.children("tax_lines", "tax")),
        taxable=item.data.get("taxable") is not False,
    )


def _tax(item: Reader) -> ShopTax:
    rate = usable_rate(item.number("rate", ZERO))
    if not ZERO <= rate < 10:
        raise ContractError(f"The {item.where} has the rate {rate}, not a fraction such as 0.06.")
    title = item.text("title") or "Tax"
    return ShopTax(TaxKey(title, rate), item.amount("price"))


def _shipping(item: Reader) -> ShopCharge:
    allocations = item.children("discount_allocations", "discount")
    price = item.amount("price")
    discounted = price - total(allocation.amount("amount") for allocation in allocations)
    if not allocations:
        discounted = item.number("discounted_price", price)
    return ShopCharge(
        kind="shipping",
        external_id=item.identifier("id"),
        code=item.text("code"),
        name=item.text("title", "code") or "Shipping",
        amount=discounted,
        taxes=tuple(_tax(tax) for tax in item.children("tax_lines", "tax")),
    )


def _allocate_order_discount(order: ShopOrder, body: Reader, stated: Decimal | None) -> None:
    """Spread the part of the total discount that no line names, when the subtotal holds it."""
    shipping_discount = total(
        charge.amount("price") for charge in body.children("shipping_lines", "shipping")
    ) - total(charge.amount for charge in order.charges)
    named = total(line.discount for line in order.lines) + shipping_discount
    rest = rounded(body.amount("total_discounts") - named, order.unit)
    codes = [
        f"{code.text('code')} ({code.text('amount')})"
        for code in body.children("discount_codes", "code")
    ]
    if rest <= 0:
        if codes and not body.amount("total_discounts") and not named:
            order.warnings.append(
                f"The discount code {', '.join(codes)} is named, but the order's total discount "
                "is zero: no discount was applied."
            )
        return
    if stated is not None and abs(stated - order.goods) < abs(stated - (order.goods - rest)):
        order.warnings.append(
            f"The order names a discount of {rest} that its subtotal {stated} does not contain: "
            "it was not applied."
        )
        return
    if rest > order.goods:
        raise BusinessError(
            f"The {body.where} has a discount of {rest}, more than its lines are worth "
            f"({order.goods}). Correct it in the shop, then press Retry."
        )
    parts = allocate(rest, [line.net(order.unit) for line in order.lines], order.unit)
    for line, part in zip(order.lines, parts, strict=True):
        line.discount += part


def _add_tip(order: ShopOrder, body: Reader, stated: Decimal | None) -> None:
    """A tip is in the total only when the sum needs it (some versions list it as a line)."""
    tip = body.amount("total_tip_received")
    if tip <= 0:
        return
    subtotal = order.goods if stated is None else stated
    tax = ZERO if order.taxes_included else order.total_tax
    if abs(subtotal + order.charged + tax + tip - order.total) <= order.unit:
        order.charges.append(ShopCharge("fee", "tip", "tip", "Tip", tip))


def _check_totals(order: ShopOrder) -> None:
    subtotal = order.stated_subtotal or ZERO
    tax = ZERO if order.taxes_included else order.total_tax
    expected = subtotal + order.charged + tax
    if abs(expected - order.total) > order.unit:
        tax_text = "" if order.taxes_included else f" + tax {tax}"
        raise BusinessError(
            f"Order {order.name} does not add up: goods {subtotal} + shipping and fees "
            f"{order.charged}{tax_text} = {expected}, but its total says {order.total}. "
            "Correct it in the shop or in the payload, then press Retry."
        )


def _customer(body: Reader) -> ShopCustomer:
    customer = body.child("customer")
    billing = body.child("billing_address")
    name = f"{customer.text('first_name')} {customer.text('last_name')}".strip()
    return ShopCustomer(
        external_id=customer.identifier("id"),
        email=(customer.text("email") or body.text("email", "contact_email")).lower(),
        name=name or billing.text("name") or body.child("shipping_address").text("name"),
        company=billing.text("company") or customer.child("default_address").text("company"),
        phone=billing.text("phone") or body.text("phone") or customer.text("phone"),
    )


def _address(item: Reader) -> ShopAddress:
    name = f"{item.text('first_name')} {item.text('last_name')}".strip()
    return ShopAddress(
        name=item.text("name") or name,
        company=item.text("company"),
        street=item.text("address1"),
        street2=item.text("address2"),
        city=item.text("city"),
        zip=item.text("zip"),
        state_code=item.text("province_code"),
        state_name=item.text("province"),
        country_code=item.text("country_code").upper(),
        country_name=item.text("country"),
        phone=item.text("phone"),
    )


def _payment_method(body: Reader) -> str:
    names = body.data.get("payment_gateway_names")
    if isinstance(names, list) and names:
        return ", ".join(str(name) for name in names)[:100]
    return body.text("gateway")
