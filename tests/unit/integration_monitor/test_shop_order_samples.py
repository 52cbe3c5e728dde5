"""The published orders, read without Odoo."""

import copy
import json
from decimal import Decimal
from pathlib import Path

import pytest

from integration_monitor.tools.errors import BusinessError, ContractError
from integration_monitor.tools.shop_order import parse_shopify, parse_woocommerce
from integration_monitor.tools.shop_order.rates import shortest_rate

DATA = Path(__file__).resolve().parents[3] / "integration_monitor" / "tests" / "data"


def load(name):
    return json.loads((DATA / name).read_text(encoding="utf-8"))


def test_shopify_sample_is_explained():
    """Lines of 597.00 that the shop counts as 398.00 become two explicit adjustments."""
    order = parse_shopify(load("shopify/order_created.json"))
    assert (order.total, order.total_tax) == (Decimal("409.94"), Decimal("11.94"))
    assert [line.unit_price for line in order.lines] == [Decimal("199.00")] * 3
    assert [(a.amount, len(a.taxes)) for a in order.adjustments] == [
        (Decimal("-398.00"), 1),
        (Decimal("199.00"), 0),
    ]
    assert any("TENOFF" in warning for warning in order.warnings)


def test_wrapper_and_webhook_body_are_the_same():
    """A REST answer and a webhook of one order give one order."""
    wrapped = load("shopify/order_created.json")
    assert parse_shopify(wrapped) == parse_shopify(wrapped["order"])


def test_cancelled_sample():
    """A cancelled order is recognised, with a discount that leaves only the shipping."""
    order = parse_shopify(load("shopify/order_cancelled.json"))
    assert order.cancelled and order.cancel_reason == "customer"
    assert (order.goods, order.charged, order.total) == (0, Decimal("10.00"), Decimal("10.00"))
    assert not order.adjustments


def test_woocommerce_sample():
    """The rate that the sample does not send is found: 7.5 %."""
    order = parse_woocommerce(load("woocommerce/order_created.json"))
    assert not order.adjustments
    assert {key.label: amount for key, amount in order.tax_totals.items()} == {
        "State Tax 7.5%": Decimal("1.35")
    }
    assert order.lines[0].sku == "" and order.lines[0].product_id == "93"
    assert order.lines[1].name.startswith("Ship Your Idea – Color")


def test_update_has_the_same_content():
    """The shop's status change alone is no change of the order."""
    created = parse_woocommerce(load("woocommerce/order_created.json"))
    updated = parse_woocommerce(load("woocommerce/order_updated.json"))
    assert created.digest() == updated.digest()
    assert created.updated_at < updated.updated_at


@pytest.mark.parametrize(
    ("samples", "percent"),
    [
        ([("6.00", "0.45"), ("12.00", "0.90")], "7.5"),
        ([("199.00", "11.94")], "6"),
        ([("8.26", "1.73")], "21"),
        ([("1.00", "0.00")], "0"),
        ([], "0"),
        ([("10.00", "1.00"), ("10.00", "2.00")], "15"),
    ],
)
def test_shortest_rate(samples, percent):
    """A rate is the shortest percentage that explains every rounded amount."""
    pairs = [(Decimal(base), Decimal(tax)) for base, tax in samples]
    assert shortest_rate(pairs) * 100 == Decimal(percent)


def test_rate_from_a_rounded_base():
    """A price of 10.00 with 21 % inside is 8.26 and 1.74: still 21 %."""
    pairs = [(Decimal("8.26"), Decimal("1.74"))]
    assert shortest_rate(pairs, rounded_bases=True) == Decimal("0.21")


@pytest.mark.parametrize("payload", [None, [], "x", 1, {"order": []}, {"order": None}, {}])
@pytest.mark.parametrize("parse", [parse_shopify, parse_woocommerce])
def test_something_else_is_refused(parse, payload):
    """JSON that is no order is a contract error, never a crash."""
    with pytest.raises(ContractError):
        parse(payload)


@pytest.mark.parametrize(
    "junk",
    [None, [], {}, "x", "NaN", "1e999999", "Infinity", -1, 0, True, 10**40, [1], {"a": 1}],
)
def test_junk_in_any_field_never_crashes(junk):
    """Whatever a shop puts into a field, the answer is an order or a readable refusal."""
    for name, parse in (
        ("shopify/order_created.json", parse_shopify),
        ("woocommerce/order_created.json", parse_woocommerce),
    ):
        original = load(name)
        original = original.get("order", original)
        for key, value in original.items():
            variants = [{**original, key: junk}]
            if isinstance(value, list) and value and isinstance(value[0], dict):
                for inner in value[0]:
                    changed = copy.deepcopy(original)
                    changed[key][0][inner] = junk
                    variants.append(changed)
            if isinstance(value, dict):
                for inner in value:
                    changed = copy.deepcopy(original)
                    changed[key][inner] = junk
                    variants.append(changed)
            for variant in variants:
                try:
                    parse(variant)
                except (ContractError, BusinessError) as error:
                    assert str(error)


@pytest.mark.parametrize("parse", [parse_shopify, parse_woocommerce])
def test_stated_tax_without_name(parse):
    """A tax that nobody names is taken for one rate on all goods, with a warning."""
    if parse is parse_shopify:
        payload = load("shopify/order_created.json")["order"]
        payload.update(tax_lines=[], subtotal_price="597.00", total_tax="59.70")
        payload["total_price"] = "656.70"
    else:
        payload = load("woocommerce/order_created.json")
        payload["tax_lines"] = []
        for line in payload["line_items"]:
            line["taxes"] = []
        payload.update(total_tax="1.80", total="29.80")
    order = parse(payload)
    (key,) = order.tax_totals
    assert key.percent == 10
    assert order.warnings


@pytest.mark.parametrize("rate", ["1E-25", "0.0000000001"])
def test_a_rate_of_next_to_nothing_is_learned(rate):
    """The base that such a rate would need is larger than any number, and the order is lost."""
    payload = load("shopify/order_created.json")["order"]
    stated = parse_shopify(copy.deepcopy(payload))
    payload["tax_lines"][0]["rate"] = rate
    order = parse_shopify(payload)
    assert order.total == stated.total
    assert all(key.rate > Decimal("0.001") for key in order.tax_totals)
