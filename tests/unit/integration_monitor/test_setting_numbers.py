"""Whole numbers of the settings, as they are found behind the form."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.setting_numbers import RANGES


@pytest.mark.parametrize("text", ["", None, False, "ten", "-3", "²", "٣", "1.5", "0"])
def test_what_cannot_be_used_is_the_default(text):
    """A slip of the pen empties the log."""
    assert RANGES["message_retention_days"].number_of(text) == 365


@pytest.mark.parametrize("text", ["36501", "2000000000", "9" * 16, "9" * 5000])
def test_too_much_is_the_most(text):
    """“Never”, as people write it, is a date that cannot be reckoned."""
    assert RANGES["issue_auto_resolve_days"].number_of(text) == 36500


def test_zero_says_something_where_it_may():
    """“Never by themselves” is read as the default."""
    assert RANGES["issue_auto_resolve_days"].number_of("0") == 0
    assert RANGES["message_retention_days"].number_of("12") == 12


@given(st.text(max_size=20) | st.integers().map(str))
def test_nothing_that_is_stored_is_an_error(text):
    """One parameter stops the roll-up for ever."""
    assert all(numbers.number_of(text) in numbers for numbers in RANGES.values())
