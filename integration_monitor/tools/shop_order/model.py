"""The order of a web shop, independent of the shop's format."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from .allocate import ZERO, rounded, total, unit_of


class TaxKey(NamedTuple):
    """What makes two tax amounts the same tax.

    :param title: name that the shop shows, for example ``State Tax``
    :param rate: fraction, ``Decimal("0.06")`` for 6 %
    :param external_id: the shop's identifier of the rate, or an empty text
    """

    title: str
    rate: Decimal
    external_id: str = ""

    @property
    def percent(self) -> Decimal:
        """The rate in percent without trailing zeros."""
        return Decimal(format((self.rate * 100).normalize(), "f"))

    @property
    def label(self) -> str:
        """Title and rate as a person reads them: ``State Tax 6%``."""
        number = f"{self.percent}%"
        return self.title if number in self.title.replace(" %", "%") else f"{self.title} {number}"


@dataclass(frozen=True)
class ShopTax:
    """One tax amount on a line or charge, in the currency of the order."""

    key: TaxKey
    amount: Decimal


@dataclass(frozen=True)
class ShopAddress:
    """A postal address; texts are empty when the shop sends none."""

    name: str = ""
    company: str = ""
    street: str = ""
    street2: str = ""
    city: str = ""
    zip: str = ""
    state_code: str = ""
    state_name: str = ""
    country_code: str = ""
    country_name: str = ""
    phone: str = ""

    def __bool__(self) -> bool:
        return any((self.name, self.street, self.city, self.zip, self.country_code))


@dataclass(frozen=True)
class ShopCustomer:
    """Who buys. `external_id` is empty for a guest."""

    external_id: str = ""
    email: str = ""
    name: str = ""
    company: str = ""
    phone: str = ""


@dataclass
class ShopLine:
    """One ordered product.

    `unit_price` and `discount` (amount for the whole line, not negative) contain tax when the
    order's `taxes_included` is set. `taxes` are those of the line after the discount.
    """

    external_id: str
    sku: str
    name: str
    product_id: str
    variant_id: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal = ZERO
    discount_names: tuple[str, ...] = ()
    taxes: tuple[ShopTax, ...] = ()
    taxable: bool = True

    def net(self, unit: Decimal) -> Decimal:
        """What the line adds to the order, in the order's tax mode, rounded to the currency."""
        return rounded(self.quantity * self.unit_price, unit) - self.discount


@dataclass
class ShopCharge:
    """Shipping or a fee: `amount` after its own discount, in the order's tax mode."""

    kind: str
    external_id: str
    code: str
    name: str
    amount: Decimal
    taxes: tuple[ShopTax, ...] = ()

    @property
    def title(self) -> str:
        """The name that the customer saw."""
        return self.name

    def net(self, unit: Decimal) -> Decimal:
        """What the charge adds to the order."""
        return rounded(self.amount, unit)


@dataclass(frozen=True)
class ShopAdjustment:
    """An amount that makes the lines agree with what the shop states.

    `amount` is in the order's tax mode; `taxes` are the keys of the taxes that apply to it.
    """

    amount: Decimal
    taxes: tuple[TaxKey, ...]
    reason: str


@dataclass
class ShopOrder:
    """An order as the shop states it. All amounts are exact and in `currency`.

    `tax_totals` says how much of every tax the customer pays; its sum is `total_tax`.
    `collected`: the shop has the money, or the right to take it. `refunded`: it gave all of it
    back, or lost that right. `ready`: may be confirmed.
    `warnings` are sentences for a person about oddities that did not stop the order.
    """

    external_id: str
    name: str
    number: str
    currency: str
    taxes_included: bool
    total: Decimal
    total_tax: Decimal
    lines: list[ShopLine]
    charges: list[ShopCharge]
    customer: ShopCustomer
    billing: ShopAddress
    shipping: ShopAddress
    created_at: datetime | None = None
    updated_at: datetime | None = None
    cancelled: bool = False
    cancel_reason: str = ""
    ready: bool = True
    payment_state: str = ""
    collected: bool = False
    refunded: bool = False
    payment_method: str = ""
    note: str = ""
    discount_codes: tuple[str, ...] = ()
    stated_subtotal: Decimal | None = None
    tax_totals: dict[TaxKey, Decimal] = field(default_factory=dict)
    adjustments: list[ShopAdjustment] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def unit(self) -> Decimal:
        """The smallest amount of the order's currency."""
        return unit_of(self.currency)

    @property
    def goods(self) -> Decimal:
        """Sum of the lines after discount, in the order's tax mode."""
        return total(line.net(self.unit) for line in self.lines)

    @property
    def charged(self) -> Decimal:
        """Sum of shipping and fees, in the order's tax mode."""
        return total(charge.net(self.unit) for charge in self.charges)

    @property
    def shipping_lines(self) -> list[ShopCharge]:
        """The charges for shipping."""
        return [charge for charge in self.charges if charge.kind == "shipping"]

    def taxed_items(self) -> list[ShopLine | ShopCharge]:
        """Lines and charges: everything that may carry a tax."""
        return [*self.lines, *self.charges]

    def digest(self) -> str:
        """Fingerprint of what a change of the order would change: goods, money, addresses."""
        content = {
            "lines": [asdict(line) for line in self.lines],
            "charges": [asdict(charge) for charge in self.charges],
            "money": (self.currency, self.total, self.total_tax, self.taxes_included),
            "shipping": asdict(self.shipping),
            "billing": asdict(self.billing),
        }
        if self.refunded:
            content["refunded"] = True
        return hashlib.sha256(repr(content).encode()).hexdigest()
