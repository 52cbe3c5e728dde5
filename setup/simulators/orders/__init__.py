"""Realistic orders of a web shop, made from the published samples by pure functions."""

from datetime import datetime

from . import shopify, woocommerce
from .draft import VARIANTS, Draft, Product, make_draft

FORMATS = {"shopify": shopify.render, "woocommerce": woocommerce.render}

__all__ = ["FORMATS", "VARIANTS", "Draft", "Product", "make_draft", "make_order"]


def make_order(
    style: str,
    variant: str,
    number: int,
    seed: object,
    products: list[Product],
    at: datetime,
) -> dict[str, object]:
    """Return the webhook body of one order, the same for the same arguments.

    `style` is a key of FORMATS, `variant` one of VARIANTS or several joined by `+`. Raises
    ValueError for another style or variant.
    """
    if style not in FORMATS:
        raise ValueError(f"format {style!r} is not one of {sorted(FORMATS)}")
    return FORMATS[style](make_draft(variant, number, seed, products, at))
