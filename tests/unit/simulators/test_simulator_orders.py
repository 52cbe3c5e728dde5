"""The order generator: every payload adds up to the cent, as its platform computes."""

from datetime import datetime, timezone
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.core.samples import load_sample
from simulators.orders import FORMATS, VARIANTS, Product, make_draft, make_order
from simulators.orders.audit import audit
from simulators.orders.draft import SAMPLE_PRODUCTS, Discount
from simulators.orders.money import allocate, spread_fixed, spread_percentage, tax_of

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone.utc)
MIXES = [*VARIANTS, *("+".join(pair) for pair in combinations(VARIANTS[1:], 2))]
MIXES.append("discount+shipping+tax_included+foreign_currency+repeat_customer")
money = st.decimals("0.01", "9999.99", places=2)
products = st.lists(money, min_size=1, max_size=6).map(
    lambda prices: [Product(f"SKU{i}", f"Article {i}", price) for i, price in enumerate(prices)]
)


@given(
    style=st.sampled_from(sorted(FORMATS)),
    variant=st.sampled_from(MIXES),
    seed=st.integers(),
    number=st.integers(1, 10**6),
    offered=products,
)
def test_every_order_adds_up(style, variant, seed, number, offered):
    order = make_order(style, variant, number, seed, offered, AT)
    assert audit(style, order) == []
    assert order == make_order(style, variant, number, seed, offered, AT)


@given(
    style=st.sampled_from(sorted(FORMATS)),
    discount=st.builds(Discount, st.just("C"), st.booleans(), st.decimals("0.01", "100", places=2)),
    included=st.booleans(),
    rate=st.sampled_from(["0", "0.025", "0.06", "0.0825", "0.19", "0.25"]),
    shipping=st.decimals("0", "99.99", places=2),
    offered=products,
)
def test_any_discount_tax_and_shipping_add_up(style, discount, included, rate, shipping, offered):
    draft = make_draft("plain", 1, 0, offered, AT)
    draft.discount, draft.taxes_included = discount, included
    draft.tax_rate, draft.shipping, draft.shipping_taxed = Decimal(rate), shipping, True
    order = FORMATS[style](draft)
    assert audit(style, order) == []
    lines = order["line_items"]
    if style == "woocommerce":
        amounts = [Decimal(line[name]) for line in lines for name in ("total", "total_tax")]
        assert min(amounts) >= 0


@given(st.lists(money, min_size=1, max_size=8), st.integers(0, 100))
def test_allocation_is_exact_and_bounded(weights, percent):
    amount = (sum(weights) * percent / 100).quantize(Decimal("0.01"))
    parts = allocate(amount, weights)
    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


@given(st.lists(st.tuples(money, st.integers(1, 9)), min_size=1, max_size=8), money)
def test_fixed_coupons_are_exact_and_bounded(pairs, amount):
    rows, quantities = [price * n for price, n in pairs], [n for _price, n in pairs]
    parts = spread_fixed(amount, rows, quantities)
    assert sum(parts) == min(amount, sum(rows))
    assert all(0 <= part <= row for part, row in zip(parts, rows, strict=True))


def test_percentage_coupon_hands_out_the_missing_cents_in_order():
    rows = [Decimal("0.99"), Decimal("0.99"), Decimal("0.99")]
    parts = spread_percentage(Decimal(33), rows)
    assert parts == [Decimal("0.33"), Decimal("0.33"), Decimal("0.32")]


def test_tax_rounding():
    assert tax_of(Decimal("0.25"), Decimal("0.06"), False) == Decimal("0.02")
    assert tax_of(Decimal("119.00"), Decimal("0.19"), True) == Decimal("19.00")


def test_the_woocommerce_sample_is_reproduced_to_the_cent():
    sample = load_sample("woocommerce/order_created.json")
    assert audit("woocommerce", sample) == []
    offered = [
        Product("", "Woo Single #1", Decimal("3.00")),
        Product("Bar3", "Ship Your Idea", Decimal("12.00")),
    ]
    draft = make_draft("plain", 727, 0, offered, AT)
    draft.lines = [
        type(draft.lines[0])(offered[0], 2, Decimal("3.00")),
        type(draft.lines[0])(offered[1], 1, Decimal("12.00")),
    ]
    draft.tax_rate, draft.shipping = Decimal("0.075"), Decimal("10.00")
    order = FORMATS["woocommerce"](draft)
    for name in ("total", "total_tax", "cart_tax", "shipping_total", "discount_total"):
        assert order[name] == sample[name]
    for made, given_line in zip(order["line_items"], sample["line_items"], strict=True):
        for name in ("subtotal", "subtotal_tax", "total", "total_tax", "price", "quantity"):
            assert made[name] == given_line[name]


@pytest.mark.parametrize("style", sorted(FORMATS))
def test_the_members_of_the_sample_are_kept(style):
    sample = load_sample(f"{style}/order_created.json")
    sample = sample.get("order", sample)
    order = make_order(style, "plain", 1, 0, list(SAMPLE_PRODUCTS), AT)
    assert sample.keys() <= order.keys()
    assert sample["line_items"][0].keys() <= order["line_items"][0].keys()


@pytest.mark.parametrize("style", sorted(FORMATS))
def test_variants_are_what_they_say(style):
    def one(variant, number=1):
        return make_order(style, variant, number, 3, list(SAMPLE_PRODUCTS), AT)

    plain = one("plain")
    assert plain["currency"] == "USD" and one("foreign_currency")["currency"] != "USD"
    guest = one("guest")
    regulars = [one("repeat_customer", number) for number in range(9)]
    if style == "shopify":
        assert guest["customer"] is None and guest["email"]
        assert len({o["customer"]["id"] for o in regulars}) <= 3
        assert one("tax_included")["taxes_included"] and not plain["taxes_included"]
        assert Decimal(one("discount")["total_discounts"]) > 0
        assert Decimal(one("shipping")["shipping_lines"][0]["price"]) > 0
    else:
        assert guest["customer_id"] == 0 != plain["customer_id"]
        assert len({o["customer_id"] for o in regulars}) <= 3
        assert one("tax_included")["prices_include_tax"] and not plain["prices_include_tax"]
        assert one("discount")["coupon_lines"] and not plain["coupon_lines"]
        assert Decimal(one("shipping")["shipping_total"]) > 0


def test_the_audit_finds_a_wrong_cent():
    for style, name in (("shopify", "total_price"), ("woocommerce", "total")):
        order = make_order(style, "discount", 1, 0, list(SAMPLE_PRODUCTS), AT)
        order[name] = str(Decimal(order[name]) + Decimal("0.01"))
        assert len(audit(style, order)) == 1


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="nonsense"):
        make_order("shopify", "plain+nonsense", 1, 0, list(SAMPLE_PRODUCTS), AT)
    with pytest.raises(ValueError, match="magento"):
        make_order("magento", "plain", 1, 0, list(SAMPLE_PRODUCTS), AT)
