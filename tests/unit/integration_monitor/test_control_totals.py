"""Control totals of batches."""

from decimal import Decimal

import pytest

from integration_monitor.tools.control_totals import count_of, mismatch


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


class Index:
    """A whole number of some library."""

    def __index__(self) -> int:
        """Return it."""
        return 5


@pytest.mark.parametrize(
    "value", [5, 5.0, Decimal(5), Decimal("5.00"), "5", " 5\n", b"5", "5.0", "5e0", Index()]
)
def test_numbers_as_files_and_libraries_give_them(value):
    """The trailer of a file is text, and its announcement is not counted."""
    assert count_of(value) == 5


@pytest.mark.parametrize(
    "value",
    [
        *(-1, "-1", 2.5, "2.5", float("inf"), float("nan"), 1e30, 2**63, 10**5000),
        *(Decimal("Infinity"), Decimal("sNaN"), Decimal("1e999999999"), Decimal("1e-999999999")),
        *("", "many", "5 records", "1,000", b"\xff", [1], object(), None, "9" * 10_000),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_number_of_records(value):
    """Infinity in a trailer stops the import, or nonsense is counted as nothing."""
    with pytest.raises(ValueError, match="not a number of records"):
        count_of(value)
