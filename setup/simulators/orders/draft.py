"""What was bought, apart from the way a platform writes it."""

import random
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from .money import ZERO, cents
from .people import EU_PLACES, US_PLACES, Customer, new_customer, regular_customer

VARIANTS = (
    "plain",
    "discount",
    "shipping",
    "tax_included",
    "foreign_currency",
    "guest",
    "repeat_customer",
)
#: currency → what one US dollar costs in it; fixed, only to give believable prices
CURRENCIES = {
    "EUR": Decimal("0.92"),
    "GBP": Decimal("0.79"),
    "CHF": Decimal("0.88"),
    "CAD": Decimal("1.37"),
}


@dataclass(frozen=True)
class Product:
    """An article of the shop; `price` in US dollars, as displayed to the customer."""

    sku: str
    title: str
    price: Decimal
    grams: int = 200
    product_id: int = 0
    variant_id: int = 0


@dataclass(frozen=True)
class Line:
    """One order line; `price` is that of one piece, with tax if the order includes taxes."""

    product: Product
    quantity: int
    price: Decimal

    @property
    def gross(self) -> Decimal:
        """Return price × quantity."""
        return self.price * self.quantity


@dataclass(frozen=True)
class Discount:
    """A discount code on all lines: `value` percent, or an amount in the order's currency."""

    code: str
    percentage: bool
    value: Decimal


@dataclass
class Draft:
    """One order. Amounts are decimals in `currency`; `tax_rate` is a fraction."""

    number: int
    at: datetime
    rng: random.Random = field(repr=False)
    lines: list[Line]
    customer: Customer
    currency: str = "USD"
    taxes_included: bool = False
    tax_title: str = "State Tax"
    tax_rate: Decimal = Decimal("0.06")
    shipping: Decimal = ZERO
    shipping_taxed: bool = False
    discount: Discount | None = None
    guest: bool = False


SAMPLE_PRODUCTS = (
    Product(
        "IPOD2008GREEN", "IPod Nano - 8gb - green", Decimal("199.00"), 200, 632910392, 39072856
    ),
    Product("IPOD2008RED", "IPod Nano - 8gb - red", Decimal("199.00"), 200, 632910392, 49148385),
    Product(
        "IPOD2008BLACK", "IPod Nano - 8gb - black", Decimal("199.00"), 200, 632910392, 457924702
    ),
    Product("Bar3", "Ship Your Idea - Color: Black, Size: M Test", Decimal("12.00"), 150, 22, 23),
)


def parse_variant(variant: str) -> set[str]:
    """Return the parts of `discount+guest`. Raises ValueError for an unknown part."""
    parts = set(variant.split("+"))
    unknown = sorted(parts - set(VARIANTS))
    if unknown:
        raise ValueError(f"variant {unknown} is not one of {list(VARIANTS)}")
    return parts


def make_draft(
    variant: str, number: int, seed: object, products: list[Product], at: datetime
) -> Draft:
    """Return an order of `variant`, drawn at random but the same for the same arguments.

    Plain: US dollars, 6 % tax on top, free shipping, a new customer with an account.
    """
    parts = parse_variant(variant)
    rng = random.Random(f"{seed}:{number}:{variant}")
    foreign = "foreign_currency" in parts
    included = "tax_included" in parts
    places = EU_PLACES if foreign or included else US_PLACES
    currency = rng.choice(sorted(CURRENCIES)) if foreign else "USD"
    factor = CURRENCIES[currency] if foreign else Decimal(1)
    chosen = rng.sample(products, k=min(len(products), rng.randint(1, 4)))
    lines = [Line(p, rng.choice((1, 1, 1, 2, 3)), cents(p.price * factor)) for p in chosen]
    if "repeat_customer" in parts:
        customer = regular_customer(rng, places)
    else:
        customer = new_customer(rng, number, places)
    draft = Draft(number, at, rng, lines, customer, currency=currency, guest="guest" in parts)
    if included:
        draft.taxes_included = True
        draft.tax_title, draft.tax_rate = rng.choice(
            (
                ("VAT 19%", Decimal("0.19")),
                ("VAT 21%", Decimal("0.21")),
                ("VAT 7%", Decimal("0.07")),
            )
        )
        draft.shipping_taxed = True
    if "shipping" in parts:
        draft.shipping = Decimal(rng.randint(390, 1990)) / 100
        draft.shipping_taxed = included or rng.random() < 0.5
    if "discount" in parts:
        draft.discount = _draw_discount(rng)
    return draft


def _draw_discount(rng: random.Random) -> Discount:
    if rng.random() < 0.5:
        percent = rng.choice((5, 10, 15, 33))
        return Discount(f"SAVE{percent}", True, Decimal(percent))
    amount = Decimal(rng.choice((500, 750, 999, 1000)))
    return Discount("TENOFF" if amount == 1000 else "OFF", False, amount / 100)
