"""The duration histogram."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools import histogram as h

durations = st.floats(0.001, 1e8)
samples = st.lists(durations, min_size=1, max_size=200)


@given(samples, st.floats(0, 1))
def test_quantiles_are_off_by_less_than_three_percent(values, q):
    """The 95th percentile on the dashboard is far from the truth."""
    exact = sorted(values)[max(math.ceil(q * len(values)), 1) - 1]
    assert h.Histogram.of(values).quantile(q) == pytest.approx(exact, rel=0.0225)


@given(samples, samples)
def test_merging_equals_counting_together(left, right):
    """Two servers' figures do not add up."""
    merged = h.Histogram.of(left).merge(h.Histogram.of(right))
    together = h.Histogram.of(left + right)
    assert merged == together
    assert merged.count == len(left) + len(right)
    assert (
        h.merge_flat([h.Histogram.of(left).to_flat(), None, h.Histogram.of(right).to_flat()])
        == together
    )


@given(durations)
def test_a_value_lies_in_its_bucket(value):
    """Values are counted in a neighbour's bucket."""
    low, high = h.bucket_bounds(h.bucket_index(value))
    assert low * (1 - 1e-8) <= value <= high * (1 + 1e-8)


@pytest.mark.parametrize("exponent", range(-9, 27))
def test_powers_of_two_close_their_bucket(exponent):
    """Rounding puts borders into different buckets in Python and in SQL."""
    assert h.bucket_index(2.0**exponent) == exponent * 16 - 1


@given(samples)
def test_both_written_forms_are_read_back(values):
    """Stored figures change when they are read."""
    one = h.Histogram.of(values + [0.0])
    assert h.Histogram.from_dict(one.to_dict()) == one
    assert h.Histogram.from_flat(one.to_flat()) == one
    assert h.Histogram.from_dict(None).count == 0
    assert h.Histogram.from_flat(None).quantile(0.5) is None


def test_zero_and_extremes():
    """A clock that stands still or jumps breaks the figures."""
    one = h.Histogram.of([0, 0, 0, 5, 1e300])
    assert one.zero == 3
    assert one.quantile(0.5) == 0.0
    assert one.quantile(1) == pytest.approx(1e9, rel=0.03)
    with pytest.raises(ValueError):
        one.add(math.nan)
    with pytest.raises(ValueError):
        one.quantile(1.1)


@given(samples)
def test_a_coarser_scale_keeps_the_count(values):
    """Merging figures of an older release loses calls."""
    fine = h.Histogram.of(values)
    coarse = fine.downscaled(2)
    assert coarse.count == fine.count
    assert fine.merge(coarse).scale == 2
    assert coarse.quantile(0.5) == pytest.approx(fine.quantile(0.5), rel=0.2)
    with pytest.raises(ValueError):
        coarse.downscaled(4)


@given(samples)
def test_cumulative_counts_grow_and_never_exceed_the_truth(values):
    """Prometheus shows more fast calls than there were."""
    bounds = [1, 10, 100, 1000, 10000]
    counts = h.Histogram.of(values).cumulative(bounds)
    assert counts == sorted(counts)
    for bound, count in zip(bounds, counts, strict=True):
        assert count <= sum(value <= bound * (1 + 1e-8) for value in values)


def test_cumulative_is_exact_on_bucket_borders():
    """Prometheus buckets at powers of two miss the calls on the border."""
    values = [1, 2, 2, 4, 8, 9]
    assert h.Histogram.of(values).cumulative([1, 2, 4, 8, 16]) == [1, 3, 4, 5, 6]
