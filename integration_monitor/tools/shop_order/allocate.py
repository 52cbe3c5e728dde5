"""Exact splitting and rounding of money."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
ONE = Decimal(1)
# ISO 4217: currencies whose smallest unit is not 1/100.
NO_DECIMALS = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()
)
THREE_DECIMALS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


def unit_of(currency: str) -> Decimal:
    """Return the smallest amount of a currency, for example ``Decimal("0.01")`` for EUR."""
    if currency in NO_DECIMALS:
        return ONE
    return Decimal("0.001") if currency in THREE_DECIMALS else Decimal("0.01")


def rounded(amount: Decimal, unit: Decimal) -> Decimal:
    """Round to a multiple of `unit`, halves away from zero, as Odoo and the shops do."""
    return (amount / unit).quantize(ONE, rounding=ROUND_HALF_UP) * unit


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum, a Decimal also when there is nothing to add."""
    return sum(amounts, ZERO)


def allocate(amount: Decimal, weights: Sequence[Decimal], unit: Decimal) -> list[Decimal]:
    """Split `amount` in proportion to `weights` so that the parts add up to it exactly.

    Largest remainder method (Hamilton): every part is cut to the unit, the units that are left
    go to the largest remainders, the earlier part first when equal.

    :param amount: what to split; a multiple of `unit`, of either sign
    :param weights: not negative; when all are zero, every part weighs the same
    :param unit: smallest amount of the currency
    :return: one part for each weight, in their order
    :raise ValueError: no weights while there is something to split, or a negative weight
    """
    if not weights:
        if amount:
            raise ValueError("nothing to allocate the amount to")
        return []
    if any(weight < 0 for weight in weights):
        raise ValueError("a weight is negative")
    whole = total(weights)
    shares = weights if whole else [ONE] * len(weights)
    whole = whole or Decimal(len(weights))
    sign = -1 if amount < 0 else 1
    units = rounded(abs(amount), unit) / unit
    exact = [units * share / whole for share in shares]
    parts = [value.quantize(ONE, rounding=ROUND_DOWN) for value in exact]
    left = int(units - total(parts))
    by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for position in by_remainder[:left]:
        parts[position] += ONE
    return [sign * part * unit for part in parts]
