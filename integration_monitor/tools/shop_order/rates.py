"""Finding the rate of a tax from amounts, where a shop does not send it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from .allocate import ZERO, total

HALF_CENT = Decimal("0.005")
PERCENT_DIGITS = 4
#: A hundred-thousandth of a percent.
SMALLEST_RATE = Decimal("0.0000001")


def usable_rate(rate: Decimal) -> Decimal:
    """Return a rate as it was stated; zero for one of next to nothing.

    The base that such a rate would need for an amount of tax is larger than any number.
    """
    return ZERO if ZERO < rate < SMALLEST_RATE else rate


def shortest_rate(
    samples: Sequence[tuple[Decimal, Decimal]], *, rounded_bases: bool = False
) -> Decimal:
    """Return the rate with the fewest digits that explains every tax amount.

    Each amount was rounded to the cent, so base and tax allow an interval of rates; the true
    one lies where the intervals meet. Of those the percentage with the fewest decimals is the
    likeliest (nobody charges 7.4821 %).

    :param samples: pairs (base without tax, tax amount)
    :param rounded_bases: the bases were rounded too, being prices less the tax inside
    :return: fraction, zero when there is nothing to learn from; the plain ratio when no rate
        explains all amounts
    """
    slack = HALF_CENT if rounded_bases else ZERO
    usable = [(base, tax) for base, tax in samples if base > slack and tax > 0]
    if not usable:
        return ZERO
    low = max((tax - HALF_CENT) / (base + slack) for base, tax in usable) * 100
    high = min((tax + HALF_CENT) / (base - slack) for base, tax in usable) * 100
    ratio = total(tax for _base, tax in usable) / total(base for base, _tax in usable) * 100
    for digits in range(PERCENT_DIGITS + 1):
        step = Decimal(1).scaleb(-digits)
        first = (low / step).to_integral_value(ROUND_CEILING) * step
        last = (high / step).to_integral_value(ROUND_FLOOR) * step
        if first <= last:
            # Several fit (small amounts): the one nearest to the ratio.
            nearest = (ratio / step).to_integral_value() * step
            return min(max(nearest, first), last) / 100
    return ratio.quantize(Decimal(1).scaleb(-PERCENT_DIGITS)) / 100
