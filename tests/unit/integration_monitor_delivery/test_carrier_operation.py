"""What came of a provider's operation."""

import pytest

from integration_monitor_delivery.tools.carrier_operation import error_class_of, price_of


@pytest.mark.parametrize(
    ("told", "behind", "known"),
    [
        ("business", "timeout", "timeout"),
        ("business", "server", "server"),
        ("unknown", "connect", "connect"),
        ("business", "client", "business"),
        ("business", None, "business"),
        ("business", "unknown", "business"),
        ("auth", "server", "auth"),
        (None, None, "unknown"),
    ],
)
def test_class(told, behind, known):
    """A carrier that is down is called wrong data, or wrong data an outage."""
    assert error_class_of(told, behind) == known


@pytest.mark.parametrize(
    ("value", "price"),
    [(7.5, 7.5), (0, 0.0), ("7.50", 7.5), ("free", None), (None, None), (True, None), ([], None)],
)
def test_price(value, price):
    """A price that cannot be read breaks the booking's line."""
    assert price_of(value) == price
