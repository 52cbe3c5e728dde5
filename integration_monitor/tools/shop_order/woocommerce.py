"""Orders as WooCommerce's REST API v3 and its webhooks ``order.*`` send them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ..errors import BusinessError, ContractError
from .allocate import ZERO, rounded, total, unit_of
from .model import (
    ShopAddress,
    ShopCharge,
    ShopCustomer,
    ShopLine,
    ShopOrder,
    ShopTax,
    TaxKey,
)
from .rates import shortest_rate, usable_rate
from .reading import Reader, currency_of, quantity_of
from .reconcile import reconcile

CANCELLED = frozenset({"cancelled", "trash"})
# The customer has not finished paying: a quotation, confirmed by a later status. A payment that
# failed may be tried again for as long as the order is not cancelled.
REFUNDED = "refunded"
UNPAID = frozenset({"pending", "failed", "checkout-draft", "auto-draft"})


def parse_woocommerce(payload: Any) -> ShopOrder:
    """Return the order of a webhook body.

    WooCommerce sends amounts without tax, also when its prices contain tax
    (`prices_include_tax`); then the prices a customer saw are restored by adding the tax.

    :raise ContractError: not such an order: no id, currency or lines, a quantity not above zero
    :raise BusinessError: its totals contradict each other
    """
    body = Reader(payload, "order")
    external_id = body.identifier("id")
    if not external_id:
        raise ContractError("The order has no “id”.")
    number = body.text("number") or external_id
    body.where = f"order #{number}"
    included = body.flag("prices_include_tax")
    currency = currency_of(body, "currency")
    unit = unit_of(currency)
    keys = _tax_keys(body, included)
    status = body.text("status")
    order = ShopOrder(
        external_id=external_id,
        name=f"#{number}",
        number=number,
        currency=currency,
        taxes_included=included,
        total=body.number("total"),
        total_tax=body.amount("total_tax"),
        lines=[_line(item, keys, included, unit) for item in body.children("line_items", "line")],
        charges=[
            *(
                _charge("shipping", item, keys, included)
                for item in body.children("shipping_lines", "shipping")
            ),
            *(_charge("fee", item, keys, included) for item in body.children("fee_lines", "fee")),
        ],
        customer=_customer(body),
        billing=_address(body.child("billing")),
        shipping=_address(body.child("shipping")) or _address(body.child("billing")),
        created_at=body.moment("date_created_gmt", "date_created"),
        updated_at=body.moment("date_modified_gmt", "date_modified"),
        cancelled=status in CANCELLED,
        cancel_reason=status if status in CANCELLED else "",
        ready=status not in UNPAID,
        payment_state=status,
        # The date is set for cash on delivery, too, as soon as the order is worked on.
        collected=bool(body.text("date_paid_gmt", "date_paid"))
        and status != REFUNDED
        and body.text("payment_method") != "cod",
        refunded=status == REFUNDED,
        payment_method=body.text("payment_method_title", "payment_method"),
        note=body.text("customer_note"),
        discount_codes=tuple(c.text("code") for c in body.children("coupon_lines", "coupon")),
    )
    if not order.lines:
        raise ContractError(f"The {body.where} has no lines.")
    order.stated_subtotal = order.goods
    for line in order.lines:
        line.discount_names = order.discount_codes if line.discount else ()
    _check_totals(order)
    return reconcile(order, _order_taxes(body, keys))


def _tax_keys(body: Reader, included: bool) -> dict[str, TaxKey]:
    """Return the taxes of the order by their rate id.

    Versions before 3.7 send no rate: it is the shortest number that explains every amount.
    """
    samples: dict[str, list[tuple[Decimal, Decimal]]] = {}
    for group in ("line_items", "shipping_lines", "fee_lines"):
        for item in body.children(group, "line"):
            for tax in item.children("taxes", "tax"):
                pair = (item.amount("total"), tax.amount("total"))
                samples.setdefault(tax.identifier("id"), []).append(pair)
    keys = {}
    for item in body.children("tax_lines", "tax"):
        rate_id = item.identifier("rate_id")
        if "rate_percent" in item:
            rate = usable_rate(item.number("rate_percent") / 100)
        else:
            rate = shortest_rate(samples.get(rate_id, []), rounded_bases=included)
        title = item.text("label", "rate_code") or "Tax"
        keys[rate_id] = TaxKey(title, rate, rate_id)
    return keys


def _taxes(item: Reader, keys: dict[str, TaxKey]) -> tuple[ShopTax, ...]:
    taxes = []
    for tax in item.children("taxes", "tax"):
        amount = tax.amount("total")
        rate_id = tax.identifier("id")
        if not amount:
            continue
        if rate_id not in keys:
            base = item.amount("total")
            rate = shortest_rate([(base, amount)])
            keys[rate_id] = TaxKey("Tax", rate, rate_id)
        taxes.append(ShopTax(keys[rate_id], amount))
    return tuple(taxes)


def _line(item: Reader, keys: dict[str, TaxKey], included: bool, unit: Decimal) -> ShopLine:
    quantity = quantity_of(item)
    after = item.number("total")
    before = item.number("subtotal", after)
    if included:
        after += item.amount("total_tax")
        before += item.number("subtotal_tax", item.amount("total_tax"))
    if before < 0 or after < 0:
        raise ContractError(f"The {item.where} has a negative amount; a refund is no order line.")
    # A line may cost more than its list price (set by hand): that is a price, not a discount.
    after = rounded(after, unit)
    before = max(rounded(before, unit), after)
    return ShopLine(
        external_id=item.identifier("id"),
        sku=item.text("sku"),
        name=item.text("name"),
        product_id=item.identifier("product_id"),
        variant_id=item.identifier("variation_id"),
        quantity=quantity,
        unit_price=before / quantity,
        discount=before - after,
        taxes=_taxes(item, keys),
    )


def _charge(kind: str, item: Reader, keys: dict[str, TaxKey], included: bool) -> ShopCharge:
    amount = item.amount("total") + (item.amount("total_tax") if included else ZERO)
    return ShopCharge(
        kind=kind,
        external_id=item.identifier("id"),
        code=item.text("method_id", "name"),
        name=item.text("method_title", "name") or kind.capitalize(),
        amount=amount,
        taxes=_taxes(item, keys),
    )


def _order_taxes(body: Reader, keys: dict[str, TaxKey]) -> list[ShopTax]:
    return [
        ShopTax(
            keys[item.identifier("rate_id")],
            item.amount("tax_total") + item.amount("shipping_tax_total"),
        )
        for item in body.children("tax_lines", "tax")
    ]


def _check_totals(order: ShopOrder) -> None:
    goods, charged = order.goods, order.charged
    tax = ZERO if order.taxes_included else order.total_tax
    expected = total((goods, charged, tax))
    if abs(expected - order.total) > order.unit * max(1, len(order.taxed_items())):
        tax_text = "" if order.taxes_included else f" + tax {tax}"
        raise BusinessError(
            f"Order {order.name} does not add up: goods {goods} + shipping and fees "
            f"{charged}{tax_text} = {expected}, but its total says {order.total}. "
            "Correct it in the shop or in the payload, then press Retry."
        )


def _customer(body: Reader) -> ShopCustomer:
    billing = body.child("billing")
    name = f"{billing.text('first_name')} {billing.text('last_name')}".strip()
    return ShopCustomer(
        external_id=body.identifier("customer_id"),
        email=billing.text("email").lower(),
        name=name,
        company=billing.text("company"),
        phone=billing.text("phone"),
    )


def _address(item: Reader) -> ShopAddress:
    return ShopAddress(
        name=f"{item.text('first_name')} {item.text('last_name')}".strip(),
        company=item.text("company"),
        street=item.text("address_1"),
        street2=item.text("address_2"),
        city=item.text("city"),
        zip=item.text("postcode"),
        state_code=item.text("state"),
        country_code=item.text("country").upper(),
        phone=item.text("phone"),
    )
