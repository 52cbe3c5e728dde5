"""Orders of web shops as typed values: parse, check, reconcile. Pure Python, exact decimals."""

from .allocate import allocate
from .model import (
    ShopAddress,
    ShopAdjustment,
    ShopCharge,
    ShopCustomer,
    ShopLine,
    ShopOrder,
    ShopTax,
    TaxKey,
)
from .shopify import parse_shopify
from .woocommerce import parse_woocommerce

__all__ = [
    "ShopAddress",
    "ShopAdjustment",
    "ShopCharge",
    "ShopCustomer",
    "ShopLine",
    "ShopOrder",
    "ShopTax",
    "TaxKey",
    "allocate",
    "parse_shopify",
    "parse_woocommerce",
]
