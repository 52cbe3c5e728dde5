"""Texts with placeholders: values where there are some, and nothing of the objects behind them."""

from integration_monitor.tools import placeholders


def test_names_in_order_once():
    assert placeholders.names("{b} and {a}, {b}; {not this} {c.d}") == ["b", "a"]


def test_values_and_what_is_missing():
    text = placeholders.filled("{a} / {b} / {c} / {d}", {"a": "x", "b": 0, "c": ""})
    assert text == "x / 0 / – / –"


def test_numbers_without_needless_digits():
    values = {"whole": 3.0, "part": 2.5, "long": 1 / 3, "tiny": 0.00001, "hundred": 100.0}
    text = placeholders.filled("{whole} {part} {long} {tiny} {hundred}", values)
    assert text == "3 2.5 0.3333 0 100"


def test_no_way_into_objects():
    assert placeholders.filled("{a.__class__} {a[0]} {a!r}", {"a": "x"}) == (
        "{a.__class__} {a[0]} {a!r}"
    )


def test_a_value_is_not_filled_again():
    assert placeholders.filled("{a}", {"a": "{b}", "b": "secret"}) == "{b}"
