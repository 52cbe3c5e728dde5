"""Properties that hold for any order."""

from datetime import datetime, timezone
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from integration_monitor.tools.errors import BusinessError
from integration_monitor.tools.shop_order import allocate, parse_shopify, parse_woocommerce
from integration_monitor.tools.shop_order.allocate import rounded, total
from integration_monitor.tools.shop_order.reconcile import nominal_tax
from simulators.orders import VARIANTS, make_order
from simulators.orders.draft import SAMPLE_PRODUCTS

CENT = Decimal("0.01")
AT = datetime(2026, 1, 1, tzinfo=timezone.utc)
PARSERS = {"shopify": parse_shopify, "woocommerce": parse_woocommerce}
amounts = st.decimals(0, 100000, places=2, allow_nan=False)


@given(
    st.decimals(-100000, 100000, places=2, allow_nan=False),
    st.lists(amounts, min_size=1, max_size=30),
)
def test_allocation_is_exact(amount, weights):
    """The parts add up to the whole, none is more than a cent from its share."""
    parts = allocate(amount, weights, CENT)
    assert sum(parts) == amount
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        share = amount * weight / whole if whole else amount / len(weights)
        assert abs(part - share) < CENT


@given(
    st.sampled_from(sorted(PARSERS)),
    st.lists(st.sampled_from(VARIANTS), min_size=1, max_size=4, unique=True),
    st.integers(1, 10**6),
    st.integers(0, 1000),
)
@settings(max_examples=400, deadline=None)
def test_generated_orders_need_no_adjustment(style, parts, number, seed):
    """An order that adds up is taken as it is: lines, shipping and taxes lead to its total."""
    payload = make_order(style, "+".join(parts), number, seed, list(SAMPLE_PRODUCTS), AT)
    order = PARSERS[style](payload)
    assert not order.adjustments
    assert sum(order.tax_totals.values(), Decimal(0)) == order.total_tax
    top_up = 0 if order.taxes_included else order.total_tax
    assert order.goods + order.charged + top_up == order.total


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.decimals(Decimal("0.01"), 500, places=2)),
        min_size=1,
        max_size=5,
    ),
    st.decimals(0, 3000, places=2),
    st.decimals(0, 300, places=2),
    st.sampled_from(["0.06", "0.075", "0.19", "0.21"]),
    st.booleans(),
)
@settings(max_examples=300, deadline=None)
def test_adjustments_lead_to_the_stated_totals(rows, subtotal, tax, rate, included):
    """Whatever a shop states, lines and adjustments give its net amount and its tax."""
    payload = {
        "id": 1,
        "currency": "EUR",
        "taxes_included": included,
        "line_items": [
            {"id": i, "sku": str(i), "quantity": q, "price": str(p)}
            for i, (q, p) in enumerate(rows, 1)
        ],
        "tax_lines": [{"title": "Tax", "rate": rate, "price": str(tax)}],
        "subtotal_price": str(subtotal),
        "total_tax": str(tax),
        "total_price": str(subtotal if included else subtotal + tax),
    }
    try:
        order = parse_shopify(payload)
    except BusinessError as error:
        assert "add up" in str(error) or "rate" in str(error)
        return
    adjusted = total(adjustment.amount for adjustment in order.adjustments)
    slack = CENT * len(order.taxed_items())
    assert abs(order.goods + adjusted - subtotal) <= slack
    for key, stated in order.tax_totals.items():
        bases = [
            item.net(CENT)
            for item in order.taxed_items()
            if key in {line_tax.key for line_tax in item.taxes}
        ]
        bases += [a.amount for a in order.adjustments if key in a.taxes]
        reached = total(nominal_tax(base, key, (key,), order) for base in bases)
        assert abs(reached - stated) <= slack
    assert all(adjustment.reason for adjustment in order.adjustments)
    assert rounded(order.total, CENT) == order.total
