"""Exact money: decimals rounded to cents, and amounts split so that the parts add up."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


def cents(amount: Decimal, rounding: str = ROUND_HALF_UP) -> Decimal:
    """Return `amount` rounded to two decimals."""
    return amount.quantize(CENT, rounding=rounding)


def text(amount: Decimal) -> str:
    """Return `amount` as platforms write it: `"12.50"`."""
    return f"{cents(amount):.2f}"


def tax_of(base: Decimal, rate: Decimal, included: bool, rounding: str = ROUND_HALF_UP) -> Decimal:
    """Return the tax on `base`, rounded to cents; `included` when `base` contains it.

    `rate` is a fraction: 0.06 is 6 %.
    """
    if included:
        return cents(base * rate / (1 + rate), rounding)
    return cents(base * rate, rounding)


def allocate(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split `amount` in proportion to `weights` into cents that add up to it exactly.

    The cents left by rounding down go to the largest fractions. No part exceeds its weight if
    `amount` is at most their sum. Amounts and weights are whole cents, not negative.
    """
    total = sum(weights, ZERO)
    if not total:
        return [ZERO for _ in weights]
    shares = [amount * weight / total for weight in weights]
    parts = [cents(share, ROUND_DOWN) for share in shares]
    left = int((amount - sum(parts, ZERO)) / CENT)
    by_fraction = sorted(range(len(parts)), key=lambda i: (parts[i] - shares[i], i))
    for index in by_fraction[:left]:
        parts[index] += CENT
    return parts


def spread_percentage(percent: Decimal, rows: Sequence[Decimal]) -> list[Decimal]:
    """Return a WooCommerce percentage coupon per line.

    Each line's discount is rounded down; the cents missing to the rounded total (a half cent
    down) are given to the lines in order, one by one.
    """
    parts = [cents(row * percent / 100, ROUND_DOWN) for row in rows]
    total = cents(sum(rows, ZERO) * percent / 100, ROUND_HALF_DOWN)
    return _hand_out(total - sum(parts, ZERO), parts, rows)


def spread_fixed(
    amount: Decimal, rows: Sequence[Decimal], quantities: Sequence[int]
) -> list[Decimal]:
    """Return a WooCommerce fixed cart coupon per line.

    Each piece gets the same cents, no line more than it costs; what a cheap line cannot take is
    spread again over the others, and the last cents go to the lines in order.
    """
    left = min(amount, sum(rows, ZERO))
    parts = [ZERO for _ in rows]
    while left:
        room = [i for i, row in enumerate(rows) if row > parts[i]]
        each = cents(left / sum(quantities[i] for i in room), ROUND_DOWN)
        if not each:
            return _hand_out(left, parts, rows)
        for i in room:
            part = min(each * quantities[i], rows[i] - parts[i])
            parts[i] += part
            left -= part
    return parts


def _hand_out(left: Decimal, parts: list[Decimal], rows: Sequence[Decimal]) -> list[Decimal]:
    while left > 0:
        for i, row in enumerate(rows):
            if left > 0 and parts[i] < row:
                parts[i] += CENT
                left -= CENT
    return parts
