"""Control totals of batches."""

import pytest

from integration_monitor.tools.control_totals import mismatch


@pytest.mark.parametrize(
    "totals", [(None, None, None), (5, 5, 5), (5, None, 5), (5, None, None), (None, 3, 3)]
)
def test_totals_that_agree_or_say_nothing(totals):
    """A complete batch is reported as broken."""
    assert mismatch(*totals) is None


@pytest.mark.parametrize(
    ("totals", "words"),
    [
        ((100, 90, 90), "90 of 100 announced records came"),
        ((100, 100, 97), "97 of 100 records were applied"),
        ((100, None, 0), "0 of 100 records were applied"),
        ((None, 7, 6), "6 of 7 records were applied"),
        ((5, 6, 6), "announced 5 only"),
        ((5, None, 6), "the batch has 5 only"),
        ((0, 1, 1), "announced 0 only"),
    ],
)
def test_totals_that_differ(totals, words):
    """Half a price list is booked, and nobody hears of it."""
    assert words in mismatch(*totals)
