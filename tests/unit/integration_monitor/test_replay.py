import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.replay import share, slice_of


@given(st.integers(1, 100_000))
def test_never_faster_than_the_rate(rate):
    """A replay of an afternoon knocks the partner over."""
    size, seconds = slice_of(rate)
    assert size >= 1
    assert size * 60 <= rate * seconds


@given(st.integers(6, 100_000))
def test_not_much_slower_either(rate):
    """A replay of 1,000 messages takes a day because a slice is rounded away."""
    size, seconds = slice_of(rate)
    assert size * 60 / seconds >= rate * 0.5


@pytest.mark.parametrize("rate", [0, -1])
def test_no_rate(rate):
    """A rate of nothing never ends."""
    with pytest.raises(ValueError, match="at least one"):
        slice_of(rate)


def test_share():
    """A replay without messages divides by zero."""
    assert share(0, 0) == 100.0
    assert share(1, 4) == 25.0
