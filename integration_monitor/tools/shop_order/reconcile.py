"""Making the lines of an order lead to the totals that the customer pays.

A shop's totals decide: they are what the customer agreed to. Prices and quantities of lines are
never bent to reach them. What is left over becomes an explicit adjustment with its reason, taxed
so that every tax amount is its rate applied to a base, as an accountant needs it.
"""

from __future__ import annotations

from decimal import Decimal

from ..errors import BusinessError
from .allocate import ZERO, rounded, total
from .model import ShopAdjustment, ShopOrder, ShopTax, TaxKey
from .rates import shortest_rate


def reconcile(order: ShopOrder, order_taxes: list[ShopTax]) -> ShopOrder:
    """Fill `tax_totals`, `adjustments` and missing line taxes of a parsed order.

    :param order_taxes: the taxes as stated for the whole order
    :raise BusinessError: tax amounts that contradict the order's total tax
    """
    order_taxes = [tax for tax in order_taxes if tax.amount]
    if order.total_tax and not any(item.taxes for item in order.taxed_items()):
        order_taxes = _spread_order_taxes(order, order_taxes)
    order.tax_totals = _tax_totals(order, order_taxes)
    _adjust(order)
    return order


def nominal_tax(
    amount: Decimal, key: TaxKey, keys: tuple[TaxKey, ...], order: ShopOrder
) -> Decimal:
    """Return what a rate gives on an amount, rounded to the currency.

    :param amount: in the order's tax mode
    :param keys: all taxes on that amount; taxes contained in a price share it
    """
    if order.taxes_included:
        amount = amount / (1 + total(other.rate for other in keys))
    return rounded(amount * key.rate, order.unit)


def _spread_order_taxes(order: ShopOrder, order_taxes: list[ShopTax]) -> list[ShopTax]:
    """Put taxes that are stated for the whole order only on its lines; return those taxes.

    Lines first; shipping and fees as well when that explains the amount better.
    """
    if not order_taxes:
        base = order.goods - (order.total_tax if order.taxes_included else ZERO)
        key = TaxKey("Tax", shortest_rate([(base, order.total_tax)]))
        order_taxes = [ShopTax(key, order.total_tax)]
        order.warnings.append(
            f"The order states a tax of {order.total_tax} without naming it; it is taken for "
            f"{key.percent}% on all goods."
        )
    order_taxes = [
        tax if tax.key.rate else ShopTax(_learned(tax, order), tax.amount) for tax in order_taxes
    ]
    keys = tuple(tax.key for tax in order_taxes)
    stated = total(tax.amount for tax in order_taxes)
    lines = [line for line in order.lines if line.taxable] or order.lines
    best = min(
        ([*lines], [*lines, *order.charges]),
        key=lambda items: abs(
            stated
            - total(nominal_tax(i.net(order.unit), key, keys, order) for i in items for key in keys)
        ),
    )
    for item in best:
        net = item.net(order.unit)
        item.taxes = tuple(ShopTax(key, nominal_tax(net, key, keys, order)) for key in keys)
    return order_taxes


def _learned(tax: ShopTax, order: ShopOrder) -> TaxKey:
    base = order.goods - (order.total_tax if order.taxes_included else ZERO)
    return tax.key._replace(rate=shortest_rate([(base, tax.amount)]))


def _tax_totals(order: ShopOrder, order_taxes: list[ShopTax]) -> dict[TaxKey, Decimal]:
    """Return how much of each tax the order states; their sum is the total tax exactly."""
    by_line: dict[TaxKey, Decimal] = {}
    for item in order.taxed_items():
        for tax in item.taxes:
            by_line[tax.key] = by_line.get(tax.key, ZERO) + tax.amount
    by_order: dict[TaxKey, Decimal] = {}
    for tax in order_taxes:
        by_order[tax.key] = by_order.get(tax.key, ZERO) + tax.amount
    slack = order.unit * max(1, len(order.taxed_items()))
    for candidate in (by_order, by_line):
        complete = set(candidate) >= {key for key, amount in by_line.items() if amount}
        if complete and abs(total(candidate.values()) - order.total_tax) <= slack:
            chosen = {key: rounded(amount, order.unit) for key, amount in candidate.items()}
            break
    else:
        raise BusinessError(
            f"Order {order.name} does not add up: its tax lines come to "
            f"{total(by_order.values()) or total(by_line.values())}, but its total tax says "
            f"{order.total_tax}. Correct it in the shop or in the payload, then press Retry."
        )
    rest = order.total_tax - total(chosen.values())
    if rest:
        largest = max(chosen, key=lambda key: abs(chosen[key]))
        chosen[largest] += rest
    return chosen


def _adjust(order: ShopOrder) -> None:
    """Add the adjustments that lead from the lines to the totals, beyond mere rounding."""
    tax = ZERO if order.taxes_included else order.total_tax
    difference = order.total - tax - order.goods - order.charged
    missing = _missing_taxes(order)
    slack = order.unit * max(1, len(order.taxed_items()))
    if abs(difference) <= slack and not missing:
        return
    subject = f"The lines of the order come to {order.goods}, the shop states {_stated(order)}"
    common = _common_keys(order)
    if missing and common and _explains(order, difference, common, missing):
        order.adjustments.append(ShopAdjustment(difference, common, f"{subject}."))
        return
    for key, amount in missing.items():
        if not key.rate:
            raise BusinessError(
                f"Order {order.name} states {order.tax_totals[key]} of “{key.title}” without a "
                "rate that explains it. Map the tax, or correct the payload, then press Retry."
            )
        factor = 1 + key.rate if order.taxes_included else 1
        base = rounded(amount / key.rate * factor, order.unit)
        stated = order.tax_totals[key]
        reason = (
            f"The shop charges {stated} of {key.label}; its lines would give {stated - amount}."
        )
        order.adjustments.append(ShopAdjustment(base, (key,), reason))
        difference -= base
    if difference:
        reason = f"{subject}." if order.goods != _stated(order) else "Not taxed by the shop."
        order.adjustments.append(ShopAdjustment(difference, (), reason))


def _missing_taxes(order: ShopOrder) -> dict[TaxKey, Decimal]:
    """Return stated minus nominal amount of each tax where more than rounding differs."""
    missing = {}
    for key, stated in order.tax_totals.items():
        taxed = [item for item in order.taxed_items() if key in {tax.key for tax in item.taxes}]
        nominal = total(
            nominal_tax(item.net(order.unit), key, tuple(tax.key for tax in item.taxes), order)
            for item in taxed
        )
        if abs(stated - nominal) > order.unit * max(1, len(taxed)):
            missing[key] = stated - nominal
    return missing


def _common_keys(order: ShopOrder) -> tuple[TaxKey, ...]:
    """Return the taxes that every line carries."""
    first = [tax.key for tax in order.lines[0].taxes]
    others = [{tax.key for tax in line.taxes} for line in order.lines]
    return tuple(key for key in first if all(key in keys for keys in others))


def _explains(
    order: ShopOrder,
    difference: Decimal,
    keys: tuple[TaxKey, ...],
    missing: dict[TaxKey, Decimal],
) -> bool:
    """Tell whether taxing the difference like the lines gives exactly the missing taxes."""
    slack = order.unit * max(1, len(order.taxed_items()))
    return set(missing) == set(keys) and all(
        abs(amount - nominal_tax(difference, key, keys, order)) <= slack
        for key, amount in missing.items()
    )


def _stated(order: ShopOrder) -> Decimal:
    return order.goods if order.stated_subtotal is None else order.stated_subtotal
